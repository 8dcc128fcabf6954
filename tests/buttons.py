"""A corridor with a button at either end: press the left one, then the right one. It compiles at once and has flags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp

from outrider.ops.distribution import Discrete
from outrider.types import Obs, Step

LEFT, RIGHT, BELL = range(3)  # kinds of event: a button pressed, or a bell that nothing rings


class State(NamedTuple):
    place: jax.Array
    left: jax.Array  # pressed in this episode
    clock: jax.Array


@dataclass(frozen=True)
class Buttons:
    """Actions: step left, step right, press. Code k + 1 is an event of kind k."""

    size: int = 3
    id: str = "toy/buttons"
    horizon: int = 20
    space: object = Discrete(3)
    view: tuple[int, int] = (0, 0)
    flags: int = 3
    codes: int = 4

    @property
    def vector(self) -> int:
        return self.size

    def reset(self, key):
        state = State(jnp.int32(self.size // 2), jnp.bool_(False), jnp.int32(0))
        return state, self._observe(state)

    def step(self, key, state, action):
        place = jnp.clip(
            state.place + jnp.where(action == 0, -1, jnp.where(action == 1, 1, 0)), 0, self.size - 1
        )
        left = (action == 2) & (place == 0)
        right = (action == 2) & (place == self.size - 1)
        after = State(place, state.left | left, state.clock + 1)
        won = right & state.left
        event = jnp.where(left, 1 + LEFT, jnp.where(right, 1 + RIGHT, 0))
        late = ~won & (after.clock >= self.horizon)
        return Step(after, self._observe(after), won * 1.0, won, late, event[None])

    def stagger(self, key, state):
        state = state._replace(clock=jax.random.randint(key, (), 0, self.horizon))
        return state, self._observe(state)

    def situation(self, state):
        return jnp.stack([state.place])

    def flag_bits(self, codes):
        return jnp.where(codes > 0, 1 << (codes - 1), 0).astype(jnp.uint32)

    def _observe(self, state):
        return Obs(jnp.zeros((0, 0), jnp.uint8), jax.nn.one_hot(state.place, self.size))
