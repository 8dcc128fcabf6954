"""A device world in the hands of a player: one copy, stepped action by action, told in words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast

import jax
import numpy as np

from outrider.errors import OutriderError
from outrider.ops.distribution import Discrete
from outrider.report.blocks import numbers
from outrider.worlds.names import check_world, event_sentences, situation_text
from outrider.worlds.registry import make
from outrider.worlds.world import Drawn


@dataclass(frozen=True)
class Scene:
    """What the player sees after a step, or at an episode's beginning."""

    steps: int = 0
    action: str = ""
    events: tuple[str, ...] = ()
    situation: str = ""
    reward: float = 0.0
    returned: float = 0.0
    seen: str = ""  # the numbers of an observation that has no picture
    image: np.ndarray | None = field(default=None, repr=False, compare=False)
    ended: str = ""


class Player:
    """One copy of a world, its compiled programs, and the episode under way.

    `act` and `restart` return what there is to see. Errors: an action outside the space.
    """

    def __init__(self, world_id: str, seed: int):
        self.facts, _ = check_world(world_id)
        self.world, self.id = make(world_id), world_id
        if not isinstance(self.world.space, Discrete):
            raise OutriderError(
                f"world {world_id} has actions {self.world.space}; only discrete ones can be played by hand"
            )
        count = self.world.space.outputs
        self.actions = self.facts.actions or tuple(f"action {number}" for number in range(count))
        self.mission, self.horizon = self.facts.mission, self.facts.horizon
        self._said = event_sentences(world_id)
        quick = {"xla_backend_optimization_level": 0}  # a hand is slower than any program
        self._reset = jax.jit(self.world.reset, compiler_options=quick)
        self._step = jax.jit(self.world.step, compiler_options=quick)
        self._situation = jax.jit(self.world.situation, compiler_options=quick)
        self._key = jax.random.key(seed)
        self.scene = Scene()
        state, _ = self._reset(self._key)  # compiles, so that no key has to wait
        self._step(self._key, state, np.int32(0))
        self.restart()

    def restart(self) -> Scene:
        """A fresh episode."""
        self._state, obs = self._reset(self._next_key())
        self.scene = self._seen(Scene(), obs)
        return self.scene

    def act(self, action: int) -> Scene:
        """One step; after an episode's end nothing happens until `restart`."""
        check_action(self.id, action, len(self.actions))
        if self.scene.ended:
            return self.scene
        step = self._step(self._next_key(), self._state, np.int32(action))
        self._state, reward = step.state, float(step.reward)
        events = tuple(self._said[code] for code in step.events.tolist() if code in self._said)
        returned, steps = self.scene.returned + reward, self.scene.steps + 1
        ended = ""
        if step.terminated or step.truncated:
            solved = returned > self.facts.solved_above
            ended = f"{'solved' if solved else 'not solved'}, {'terminated' if step.terminated else 'out of time'}"
        told = Scene(steps, self.actions[action], events, "", reward, returned, ended=ended)
        self.scene = self._seen(told, step.obs)
        return self.scene

    def _seen(self, scene: Scene, obs: Any) -> Scene:
        code = tuple(int(number) for number in self._situation(self._state))
        image = cast(Drawn, self.world).render(self._state) if self.facts.drawn else None
        seen = "" if self.facts.drawn else numbers(np.asarray(obs.vector))
        return replace(scene, situation=situation_text(self.id, code), image=image, seen=seen)

    def _next_key(self) -> Any:
        self._key, key = jax.random.split(self._key)
        return key


def check_action(world_id: str, action: int, count: int) -> None:
    """Refuse a number that is none of a world's actions."""
    if not 0 <= action < count:
        raise OutriderError(
            f"action {action} is outside the space of world {world_id}: it has {count} actions, 0 to {count - 1}"
        )
