"""Craftax-Classic's `spawn_mobs`, looking only where something can spawn.

craftax draws a cell among all 64 x 64 by a cumulative sum, three times a step, which is most of a step's time on a
CPU. Mobs spawn nearer than 14 steps to the player, so here the square of 27 x 27 cells around the player is read, and
the cell of a drawn rank is found by row and column. Chance is craftax's own, key by key. The cell is the same too,
except where the rounding of craftax's cumulative sum decides between two neighbours.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from craftax.craftax_classic.constants import BlockType
from craftax.craftax_classic.envs.craftax_state import EnvParams
from jaxtyping import Array, Bool, Float, Int

from outrider.types import Key

REACH = 13  # cells from the player to the edge of the square
SIDE = 2 * REACH + 1
_BESIDE = np.abs(np.arange(-REACH, REACH + 1))
DISTANCE = _BESIDE[:, None] + _BESIDE[None, :]
_UP_TO = np.tril(np.ones((SIDE, SIDE), np.float32)).T  # a row of numbers times this is its running sum


def spawn_mobs(state: Any, rng: Key, params: EnvParams) -> Any:
    """At most one cow, one zombie and one skeleton more, as craftax's function of that name."""
    corner, inside, seen = square(state.map.shape, state.player_position)
    rows, columns = (corner[axis] + jnp.arange(SIDE) for axis in (0, 1))
    blocks, taken = state.map[seen], state.mob_map[seen]
    grass, path = blocks == BlockType.GRASS.value, blocks == BlockType.PATH.value
    near = jnp.asarray(params.mob_despawn_distance > DISTANCE)
    mob_map = state.mob_map

    night = params.spawn_zombie_night_chance * jnp.square(1 - state.light_level)
    spawned = {}
    for name, where, closest, chance, health in (
        ("cows", grass, 3, params.spawn_cow_chance, params.cow_health),
        ("zombies", grass | path, 9, params.spawn_zombie_base_chance + night, params.zombie_health),
        ("skeletons", path, 9, params.spawn_skeleton_chance, params.skeleton_health),
    ):
        mobs = getattr(state, name)
        rng, chance_key = jax.random.split(rng)
        rng, cell_key = jax.random.split(rng)
        free = where & inside & ~taken & near & (jnp.asarray(DISTANCE) > closest)
        by_row = free.sum(axis=1, dtype=jnp.float32)
        any_free = by_row.sum() > 0
        spawns = ~mobs.mask.all() & (jax.random.uniform(chance_key) < chance) & any_free
        cell = corner + drawn(cell_key, free, by_row)
        mobs, position, alive = _joined(mobs, spawns, cell, health)
        spawned[name] = mobs
        mob_map = mob_map.at[position[0], position[1]].set(mob_map[position[0], position[1]] | alive)
        here = (rows == position[0])[:, None] & (columns == position[1])[None, :]
        taken = taken | (here & alive)
    return state.replace(mob_map=mob_map, **spawned)


def square(
    shape: tuple[int, ...], centre: Int[Array, "2"]
) -> tuple[Int[Array, "2"], Bool[Array, "side side"], tuple[Int[Array, "side 1"], Int[Array, "1 side"]]]:
    """The square around a place: its corner, which of its cells are on the map, and their rows and columns, those
    beyond the edge moved onto it."""
    corner = centre - REACH
    rows, columns = (corner[axis] + jnp.arange(SIDE) for axis in (0, 1))
    height, width = shape
    inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))[None, :]
    return corner, inside, (jnp.clip(rows, 0, height - 1)[:, None], jnp.clip(columns, 0, width - 1)[None, :])


def drawn(key: Key, free: Bool[Array, "side side"], by_row: Float[Array, "side"]) -> Int[Array, "2"]:
    """One of the free cells, each as likely; `jax.random.choice` with probabilities draws the same number."""
    ends = by_row @ _UP_TO
    total = ends[-1]
    rank = total * (1 - jax.random.uniform(key, (1,))[0])  # in (0, total]: cell number ceil(rank)
    row = jnp.sum(ends < rank)
    before = ends[row] - by_row[row]
    along = free[row].astype(jnp.float32) @ _UP_TO
    column = jnp.sum(before + along < rank)
    return jnp.stack([row, column]).astype(jnp.int32)


def _joined(
    mobs: Any, spawns: Bool[Array, ""], cell: Int[Array, "2"], health: Any
) -> tuple[Any, Int[Array, "2"], Bool[Array, ""]]:
    """The mobs, with a new one in the first empty place if it spawns; that place's position, and whether it lives."""
    place = jnp.argmax(~mobs.mask)
    position = jnp.where(spawns, cell, mobs.position[place])
    alive = spawns | mobs.mask[place]
    joined = mobs.replace(
        position=mobs.position.at[place].set(position),
        health=mobs.health.at[place].set(jnp.where(spawns, health, mobs.health[place])),
        mask=mobs.mask.at[place].set(alive),
    )
    return joined, position, alive
