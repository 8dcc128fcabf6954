"""How many steps from each place and direction of a grid: one wave over all of them, inside `jit`.

A *pose* is a direction and a cell `[4, h, w]`. Numbers are 16 bits wide, of which a sweep reads twice as many at once.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int16, Shaped

from outrider.worlds.minigrid import tiles as t

FAR = 10_000  # no way: more than any way takes, and twice that still fits
DOWN, ALONG = np.array(t.DIRECTIONS).T

Poses = Int16[Array, "4 h w"]


def ahead(x: Shaped[Array, "*d h w"]) -> Shaped[Array, "4 h w"]:
    """What lies ahead of each pose, of cells `[h, w]` or of poses in the same direction. Borders are walls."""
    x = jnp.broadcast_to(x, (4, *x.shape[-2:]))
    return jnp.stack([jnp.roll(x[d], (-DOWN[d], -ALONG[d]), (0, 1)) for d in range(4)])


def entering(cells: Array, cleared: Bool[Array, "h w"]) -> Int16[Array, "h w"]:
    """Steps that it takes to enter a cell from the one before it: a closed door is opened first, `FAR` for never.

    Doors and things that are `cleared` count as gone.
    """
    tile = cells // t.COLOURS
    free = cleared | (tile == t.FLOOR) | (tile == t.GOAL) | (tile == t.DOOR_OPEN)
    return jnp.where(free, 1, jnp.where(tile == t.DOOR_CLOSED, 2, FAR)).astype(jnp.int16)


def ends(where: Bool[Array, "4 h w"], after: Poses | int = 0) -> Poses:
    """Of the poses in which one action more ends a stage: that step and those `after` it; `FAR` elsewhere."""
    return jnp.where(where, jnp.minimum(1 + after, FAR), FAR).astype(jnp.int16)


def ways(enter: Int16[Array, "h w"], end: Poses) -> Poses:
    """The fewest steps from each pose to the end of a stage and on, by turning and walking (breadth-first search).

    `end` is what it takes from the poses in which the stage can end.
    """
    step = ahead(enter)

    def sweep(far: Poses) -> Poses:
        turned = jnp.minimum(jnp.roll(far, 1, axis=0), jnp.roll(far, -1, axis=0)) + jnp.int16(1)
        return jnp.minimum(far, jnp.minimum(turned, step + ahead(far)))

    def spread(waves: tuple[Poses, Poses]) -> tuple[Poses, Poses]:
        return waves[1], sweep(sweep(waves[1]))

    return jax.lax.while_loop(lambda waves: (waves[0] != waves[1]).any(), spread, (end, sweep(end)))[1]
