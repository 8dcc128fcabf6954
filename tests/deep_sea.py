"""bsuite's DeepSea as a device world (Osband et al. 2020): a grid that rewards only whoever goes right all the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from outrider.ops.distribution import Discrete
from outrider.types import Obs, Step


class State(NamedTuple):
    """Where the diver is."""

    row: jax.Array
    column: jax.Array


@dataclass(frozen=True)
class DeepSea:
    """`size` steps down; a move right costs 0.01 / `size`, and in the last corner it is worth 1.

    Which of two actions is right is drawn for each cell, with a fixed seed. Every episode terminates.
    """

    size: int
    horizon: int = 100
    space: Discrete = Discrete(2)  # noqa: RUF009
    view: tuple[int, int] = (0, 0)
    flags: int = 0
    codes: int = 1

    @property
    def id(self) -> str:
        return f"deepsea-{self.size}"

    @property
    def vector(self) -> int:
        return self.size**2

    @property
    def right(self) -> np.ndarray:
        """The action that goes right, cell by cell."""
        return np.random.default_rng(42).integers(0, 2, (self.size, self.size))

    def reset(self, key):
        state = State(jnp.int32(0), jnp.int32(0))
        return state, self._observe(state)

    def step(self, key, state, action):
        right = action == jnp.asarray(self.right)[state.row, state.column]
        found = right & (state.row == self.size - 1) & (state.column == self.size - 1)
        column = jnp.clip(state.column + jnp.where(right, 1, -1), 0, self.size - 1)
        after = State(state.row + 1, column)
        reward = jnp.where(right, -0.01 / self.size, 0.0) + found
        over = after.row == self.size
        return Step(after, self._observe(after), reward, over, jnp.array(False), jnp.zeros(1, jnp.int32))

    def stagger(self, key, state):
        return state, self._observe(state)

    def situation(self, state):
        return jnp.stack([state.row, state.column])

    def flag_bits(self, codes):
        return jnp.zeros(codes.shape, jnp.uint32)

    def _observe(self, state):
        cell = jax.nn.one_hot(state.row * self.size + state.column, self.size**2, dtype=jnp.uint8)
        return Obs(jnp.zeros((0, 0), jnp.uint8), cell)
