"""The full Craftax's `spawn_mobs`, looking only where something can spawn: as `spawn` does for Craftax-Classic.

Distances are straight here, and what spawns where hangs on the floor. The state's maps are those of one floor.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from craftax.craftax.constants import (
    FLOOR_MOB_MAPPING,
    FLOOR_MOB_SPAWN_CHANCE,
    MOB_TYPE_HEALTH_MAPPING,
    MONSTERS_KILLED_TO_CLEAR_LEVEL,
    BlockType,
)
from craftax.craftax.craftax_state import EnvParams, StaticEnvParams
from craftax.craftax.util.game_logic_utils import is_boss_spawn_wave, is_fighting_boss
from jaxtyping import Array, Bool

from outrider.types import Key
from outrider.worlds.craftax.spawn import REACH, drawn, square

_BESIDE = np.arange(-REACH, REACH + 1, dtype=np.float32)
DISTANCE = np.sqrt(_BESIDE[:, None] ** 2 + _BESIDE[None, :] ** 2)
PASSIVE, MELEE, RANGED = range(3)
DEEP_THING = 5  # a ranged mob that lives in water


def spawn_mobs(state: Any, rng: Key, params: EnvParams, sizes: StaticEnvParams) -> Any:
    """At most one animal, one monster that strikes and one that shoots more, as craftax's function of that name."""
    level, boss = state.player_level, is_fighting_boss(state, sizes)
    corner, inside, cells = square(state.map.cells.shape, state.player_position)
    blocks, taken = state.map.cells[cells], state.mob_map.cells[cells]
    grounds = _among(blocks, "GRASS", "PATH", "FIRE_GRASS", "ICE_GRASS")
    graves = _among(blocks, "GRAVE", "GRAVE2", "GRAVE3")
    near = inside & jnp.asarray(params.mob_despawn_distance > DISTANCE)
    far = jnp.where(boss, jnp.asarray(DISTANCE <= 6), jnp.asarray(DISTANCE > 9))

    haste = 1 + 2 * (state.monsters_killed[level] < MONSTERS_KILLED_TO_CLEAR_LEVEL)
    haste = haste * jnp.where(boss, is_boss_spawn_wave(state, sizes) * 1000, 1)
    chances = FLOOR_MOB_SPAWN_CHANCE[level]
    at_night = chances[1] + chances[3] * jnp.square(1 - state.light_level)
    types = FLOOR_MOB_MAPPING[level]
    raised = jnp.where(boss, FLOOR_MOB_MAPPING[state.boss_progress], types)
    wet = jnp.where(raised[RANGED] == DEEP_THING, blocks == BlockType.WATER.value, grounds)

    mob_map = state.mob_map.cells
    spawned = {}
    for name, kind, type_, where, chance in (
        ("passive_mobs", PASSIVE, types[PASSIVE], grounds & (DISTANCE > 3), jnp.where(boss, 0.0, chances[0])),
        ("melee_mobs", MELEE, raised[MELEE], jnp.where(boss, graves, grounds) & far, at_night * haste),
        ("ranged_mobs", RANGED, raised[RANGED], jnp.where(boss, graves, wet) & far, chances[2] * haste),
    ):
        mobs = getattr(state, name)
        rng, chance_key = jax.random.split(rng)
        rng, cell_key = jax.random.split(rng)
        free = where & near & ~taken
        by_row = free.sum(axis=1, dtype=jnp.float32)
        lives = mobs.mask[level]
        spawns = ~lives.all() & (jax.random.uniform(chance_key) < chance) & (by_row.sum() > 0)
        place = jnp.argmax(~lives)
        position = jnp.where(spawns, corner + drawn(cell_key, free, by_row), mobs.position[level, place])
        health = MOB_TYPE_HEALTH_MAPPING[type_, kind]
        alive = spawns | lives[place]
        spawned[name] = mobs.replace(
            position=mobs.position.at[level, place].set(position),
            health=mobs.health.at[level, place].set(jnp.where(spawns, health, mobs.health[level, place])),
            mask=mobs.mask.at[level, place].set(alive),
            type_id=mobs.type_id.at[level, place].set(type_),
        )
        x, y = position
        mob_map = mob_map.at[x, y].set(mob_map[x, y] | alive)
        taken = taken | ((cells[0] == x) & (cells[1] == y) & inside & alive)
    return state.replace(mob_map=state.mob_map.at[level].set(mob_map), **spawned)


def _among(blocks: Array, *names: str) -> Bool[Array, "side side"]:
    return jnp.stack([blocks == BlockType[name].value for name in names]).any(0)
