"""A host world in the hands of a player: one copy, as `commands/player.py` has it for device worlds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from outrider.commands.player import Scene, check_action
from outrider.errors import OutriderError
from outrider.ops.distribution import Discrete
from outrider.report.blocks import numbers
from outrider.worlds import host
from outrider.worlds.host import Turn
from outrider.worlds.spaces import CODED

MINIGRID = ("turn left", "turn right", "forward", "pick up", "drop", "toggle", "done")


class HostPlayer:
    """One copy of a host world and the episode under way. `restart` begins the next one, from the next seed.

    Errors: unknown world, a package that is missing, actions that are not discrete, a team of agents; then as the
    environment's.
    """

    horizon = 0  # environments do not say

    def __init__(self, world_id: str, seed: int):
        self.id, self._seed = world_id, seed
        self._worlds = host.alone(world_id)
        space = self._worlds.actions.space
        if not isinstance(space, Discrete):
            self.close()
            raise OutriderError(
                f"world {world_id} has actions {space}; only discrete ones can be played by hand"
            )
        named = world_id.partition("/")[2].startswith(CODED) and space.n == len(MINIGRID)
        self.actions = MINIGRID if named else tuple(f"action {number}" for number in range(space.n))
        self.restart()

    @property
    def mission(self) -> str:
        """What the world says is to do; may be nothing."""
        return self._worlds.teller.missions()[0] if self._worlds.teller else ""

    def close(self) -> None:
        """Let go of the environment and of its processes."""
        self._worlds.close()

    def restart(self) -> Scene:
        """A fresh episode."""
        rows = self._worlds.reset(self._seed)
        self._seed += 1
        self.scene = self._seen(Scene(), rows)
        return self.scene

    def act(self, action: int) -> Scene:
        """One step; after an episode's end nothing happens until `restart`."""
        check_action(self.id, action, len(self.actions))
        if self.scene.ended:
            return self.scene
        self._worlds.send(np.array([action], np.int32))
        turn, before = self._worlds.receive(), self.scene
        reward = float(turn.reward[0])
        told = Scene(
            before.steps + 1,
            self.actions[action],
            tuple(filter(None, [self._event(turn)])),
            reward=reward,
            returned=before.returned + reward,
            ended="terminated" if turn.terminated[0] else "out of time" if turn.truncated[0] else "",
        )
        if turn.final is not None and told.ended:  # the world shows the next episode already
            self.scene = replace(told, seen=before.seen and numbers(turn.final[0]), image=before.image)
        else:
            self.scene = self._seen(told, turn.rows)
        return self.scene

    def _event(self, turn: Turn) -> str:
        teller = self._worlds.teller
        return teller.captioner.events.text(int(turn.said.event[0])) if teller and turn.said else ""

    def _seen(self, scene: Scene, rows: np.ndarray) -> Scene:
        teller, situation = self._worlds.teller, ""
        if teller:
            situation = teller.captioner.situations.text(int(teller.situation()[0]))
        try:
            return replace(scene, situation=situation, image=self._worlds.render())
        except OutriderError:  # cannot be drawn
            return replace(scene, situation=situation, seen=numbers(rows[0]))
