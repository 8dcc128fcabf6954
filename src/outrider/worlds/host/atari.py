"""Atari's games through ale-py's own vector environment: stepped by C++ threads, four stacked 84 x 84 frames of bytes.

As Machado et al. (2018, section 5.3) recommend, the action before is repeated with probability 0.25 in each frame, and
that is the only chance: a game begins as its cartridge does, without idle actions, and nobody presses fire for the
agent. That an action lasts four frames, that there are the game's own actions and not all eighteen, and that a whole
game is cut at 108,000 frames (30 minutes) is as in Dopamine (Castro et al. 2018), whose scores have the same chance.
Rewards are the game's own points, with `+clipped` their signs. The vector environment starts anew in an extra step
(NEXT_STEP), and that step is idle.
"""

from __future__ import annotations

import difflib
import os
from typing import Any

import numpy as np

from outrider.errors import OutriderError
from outrider.worlds.host.captions import HostCaptioner, Sight
from outrider.worlds.host.face import guarded, package
from outrider.worlds.host.gymnasium import GymnasiumWorlds
from outrider.worlds.host.table import Lookup, Table

STICKY = 0.25
CLIPPED = "+clipped"


class LifeCaptioner:
    """As `HostCaptioner` says, for the one thing that every game tells beside its picture: lives."""

    def __init__(self) -> None:
        self.events, self.situations = Table(), Table()
        self._event, self._situation = Lookup(self.events, _lost), Lookup(self.situations, _left)

    def read(self, obs: Any, info: Any, copies: int) -> Sight:
        """Lives left `[n]`."""
        return (np.array(info["lives"], np.int64).reshape(copies),)

    def event(self, before: np.ndarray, action: np.ndarray, after: np.ndarray) -> np.ndarray:
        """A life lost or won."""
        return self._event(np.sign(after - before))

    def situation(self, now: Sight) -> np.ndarray:
        """How many lives are left."""
        return self._situation(now[0])

    def missions(self, now: Sight) -> list[str]:
        """The games do not say."""
        return [""] * len(now[0])


def _lost(change: int) -> str:
    return {-1: "You lost a life.", 1: "You won a life."}.get(change, "")


def _left(lives: int) -> str:
    return f"You have {lives} {'life' if lives == 1 else 'lives'} left."


def names() -> list[str]:
    """The games whose cartridges ale-py brings."""
    return package("ale_py.roms", "atari/GAME", "atari").get_all_rom_ids()


def build(
    world_id: str, name: str, copies: int, groups: int, captioner: HostCaptioner | None
) -> GymnasiumWorlds:
    """`atari/GAME`, such as `atari/montezuma_revenge`, `atari/pitfall` or `atari/private_eye`.

    Errors: unknown game, near ones suggested; the extra `atari` missing.
    """
    roms = package("ale_py.roms", world_id, "atari")
    vector = package("ale_py.vector_env", world_id, "atari")
    game, known = name.removesuffix(CLIPPED), roms.get_all_rom_ids()
    if game not in known:
        near = difflib.get_close_matches(game.lower(), known, n=3, cutoff=0.4) or known[:4]
        raise OutriderError(f"Atari has no game {game!r}; did you mean {' or '.join(near)}?")
    env = guarded(
        world_id,
        lambda: vector.AtariVectorEnv(
            game,
            copies,
            num_threads=min(copies, max(1, (os.cpu_count() or 1) // groups)),
            repeat_action_probability=STICKY,
            noop_max=0,
            use_fire_reset=False,
            reward_clipping=name.endswith(CLIPPED),
        ),
    )
    halves = env.send, env.recv
    return GymnasiumWorlds(
        env, world_id, captioner or LifeCaptioner(), halves=halves, picture=_newest, own=True
    )


def _newest(row: np.ndarray) -> np.ndarray:
    """The newest of a row's four frames, twice as large: the vector environment draws none itself."""
    frame = row.reshape(4, 84, 84)[-1].repeat(2, axis=0).repeat(2, axis=1)
    return np.repeat(frame[:, :, None], 3, axis=2)
