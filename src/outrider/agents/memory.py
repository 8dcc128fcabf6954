"""What an agent remembers from step to step: a gated recurrent unit, or a gated transformer over its last steps.

A memory has three functions. `start` is that of a fresh episode; `step` goes on by one step, and `unroll` by many at
once, for learning: both clear the memory before a step that begins an episode (`restart`), and agree to rounding.
"""

from __future__ import annotations

from typing import Protocol

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from outrider.types import Key


class Memory(Protocol):
    """What the memories of this room and others keep."""

    def start(self, copies: int) -> Array | tuple: ...
    def step(self, held, x: Array, restart: Array) -> tuple[Array | tuple, Array]: ...
    def unroll(self, held, x: Array, restart: Array) -> Array: ...


class GRU(eqx.Module):
    """A gated recurrent unit (Cho et al. 2014) by Equinox's cell; what it holds is `[n, width]`."""

    cell: eqx.nn.GRUCell

    def __init__(self, key: Key, width: int):
        made = eqx.nn.GRUCell(width, width, key=key)
        keys, orthogonal = jax.random.split(key), jax.nn.initializers.orthogonal()
        self.cell = eqx.tree_at(
            lambda cell: (cell.weight_ih, cell.weight_hh),
            made,
            tuple(
                orthogonal(k, w.shape) for k, w in zip(keys, (made.weight_ih, made.weight_hh), strict=True)
            ),
        )

    def start(self, copies: int) -> Float[Array, "n width"]:
        """Nothing is held."""
        return jnp.zeros((copies, self.cell.hidden_size))

    def step(
        self, held: Float[Array, "n width"], x: Float[Array, "n width"], restart: Bool[Array, "n"]
    ) -> tuple[Float[Array, "n width"], Float[Array, "n width"]]:
        """What is held after one more step, twice: it is also what the heads see."""
        held = jax.vmap(self.cell)(x, jnp.where(restart[:, None], 0.0, held))
        return held, held

    def unroll(
        self, held: Float[Array, "n width"], x: Float[Array, "n T width"], restart: Bool[Array, "n T"]
    ) -> Float[Array, "n T width"]:
        """As `T` steps."""
        _, out = jax.lax.scan(lambda h, now: self.step(h, *now), held, (x.swapaxes(0, 1), restart.T))
        return out.swapaxes(0, 1)
