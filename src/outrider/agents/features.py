"""From an observation to a row of numbers of about unit size."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from outrider.types import Obs
from outrider.worlds.minigrid import tiles as t

THINGS = tuple(o for o in t.OBJECTS if o != t.KEY)
# Tiles that mean the same to an agent share a plane; unseen cells and floor are zero in all.
PLANES = ((t.WALL,), THINGS, (t.KEY,), (t.DOOR_LOCKED,), (t.DOOR_CLOSED,), (t.DOOR_OPEN,), (t.GOAL,))


@dataclass(frozen=True)
class Features:
    """Flattens a view of `height * width` cells and a vector of `vector` numbers; `kind` as in `Settings.cells`.

    A row holds the view plane by plane, then the vector. A world without a view has 0 cells.
    """

    kind: str
    view: tuple[int, int]
    vector: int

    @property
    def picture(self) -> tuple[int, int, int]:
        """Planes, height and width of the view in a row."""
        return (len(PLANES) if self.kind == "planes" else 2, *self.view)

    @property
    def size(self) -> int:
        """Length of a row."""
        planes, height, width = self.picture
        return planes * height * width + self.vector

    def inputs(self, obs: Obs) -> Float[Array, "n size"] | Int[Array, "n"]:
        """What a first layer takes: the row, or of a row that is zeros but for a one only where it stands."""
        if obs.vector.dtype == jnp.int32:
            return obs.vector[..., 0]
        return self(obs)

    def __call__(self, obs: Obs) -> Float[Array, "n size"]:
        if obs.vector.dtype == jnp.int32:
            obs = obs._replace(vector=jax.nn.one_hot(obs.vector[..., 0], self.vector))
        cells = obs.grid.reshape(obs.grid.shape[0], -1)
        tile, colour = cells // t.COLOURS, cells % t.COLOURS
        if self.kind == "planes":
            parts = [_any_of(tile, plane) for plane in PLANES]
        else:
            parts = [tile / t.TILES, colour / t.COLOURS]
        return jnp.concatenate([p.astype(jnp.float32) for p in (*parts, obs.vector)], axis=-1)


def _any_of(tile: Int[Array, "n cells"], plane: tuple[int, ...]) -> Bool[Array, "n cells"]:
    hit = tile == plane[0]
    for other in plane[1:]:
        hit = hit | (tile == other)
    return hit
