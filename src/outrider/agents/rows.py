"""From a host world's rows to the network's inputs: numbers scaled, choices one-hot."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

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

    def inputs(self, obs: Obs) -> Float[Array, "n size"] | Int[Array, "n"]:
        """What a first layer takes: the row, or of a row that is one choice only which."""
        if self.size > 1 and len(self.row.parts) == self.vector == 1 and self.row.parts[0].choices:
            return obs.vector[:, 0].astype(jnp.int32)
        return self(obs)

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
