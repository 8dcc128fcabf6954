"""From a host world's rows to the network's inputs: numbers scaled, choices one-hot."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from outrider.types import Obs
from outrider.worlds.spaces import Row


@dataclass(frozen=True)
class RowFeatures:
    """As `Features`, of a world without a grid whose vector is a `Row`."""

    row: Row

    @property
    def view(self) -> tuple[int, int]:
        """No grid."""
        return (0, 0)

    @property
    def vector(self) -> int:
        """Numbers of a row as the world gives it."""
        return self.row.width

    @property
    def size(self) -> int:
        """Numbers that the network sees."""
        return sum(part.size * max(part.choices, 1) for part in self.row.parts)

    @property
    def picture(self) -> tuple[int, int, int]:
        """No view."""
        return (0, 0, 0)

    def __call__(self, obs: Obs) -> Float[Array, "n size"]:
        made, at = [], 0
        for part in self.row.parts:
            piece = obs.vector[:, at : at + part.size]
            at += part.size
            if part.choices:
                hot = jax.nn.one_hot(piece.astype(jnp.int32), part.choices)
                made.append(hot.reshape(len(piece), -1))
            else:
                made.append(piece.astype(jnp.float32) * part.scale)
        return jnp.concatenate(made, axis=-1)
