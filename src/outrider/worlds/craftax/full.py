"""The full Craftax by craftax's pure functions on one floor, but for two that are faster here."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from craftax.craftax import game_logic as rules
from craftax.craftax.constants import ACHIEVEMENT_REWARD_MAP, Action, BlockType
from craftax.craftax.craftax_state import EnvParams, StaticEnvParams
from craftax.craftax.renderer import render_craftax_symbolic
from craftax.craftax.util.game_logic_utils import (
    calculate_light_level,
    clip_inventory_and_intrinsics,
    has_beaten_boss,
)
from craftax.craftax.world_gen.world_gen import generate_world
from jaxtyping import Array, Bool, Float, Int

from outrider.types import Key
from outrider.worlds.craftax import floor, full_captions
from outrider.worlds.craftax.full_spawn import spawn_mobs
from outrider.worlds.craftax.game import Game

SIZES = StaticEnvParams()


def advance(rng: Key, state: Any, action: Int[Array, ""], params: EnvParams) -> tuple[Any, Float[Array, ""]]:
    """The state after an action, and the reward: craftax's `craftax_step` in the same order, on the player's floor."""
    before, health = state.achievements, state.player_health
    action = jnp.where(state.is_sleeping | state.is_resting, Action.NOOP.value, action)
    whole = state = rules.change_floor(state, action, params, SIZES)
    level = state.player_level

    state = rules.do_crafting(floor.alone(state), action)
    rng, key = jax.random.split(rng)
    state = rules.do_action(key, state, action, SIZES)
    state = floor.back(rules.place_block(floor.first(state), action, SIZES), level)
    chosen: Any = action  # craftax calls it an int
    state = rules.shoot_projectile(state, chosen, SIZES)
    state = rules.cast_spell(state, action, SIZES)
    state = rules.drink_potion(state, action)
    rng, key = jax.random.split(rng)
    state = rules.read_book(key, state, action)
    rng, key = jax.random.split(rng)
    state = rules.enchant(key, state, action)
    state = rules.boss_logic(state, SIZES)
    state = rules.level_up_attributes(state, action, params)
    state = rules.move_player(state, action, params)
    rng, key = jax.random.split(rng)
    state = rules.update_mobs(key, state, params, SIZES)
    rng, key = jax.random.split(rng)
    state = floor.among(whole, spawn_mobs(state, key, params, SIZES))

    state = _ripened(state)
    state = rules.update_player_intrinsics(state, action, SIZES)
    state = rules.calculate_inventory_achievements(clip_inventory_and_intrinsics(state, params))
    gained = state.achievements.astype(jnp.int32) - before.astype(jnp.int32)
    hour = state.timestep + 1
    light = calculate_light_level(hour, params)
    reward = jnp.sum(gained * ACHIEVEMENT_REWARD_MAP) + (state.player_health - health) * 0.1
    return state.replace(timestep=hour, light_level=light), reward


def _ripened(state: Any) -> Any:
    """craftax's `update_plants`: writes the ripe plants' cells on the surface, and those only."""
    age = (state.growing_plants_age + 1) * state.growing_plants_mask
    rows, columns = state.growing_plants_positions.T
    rows = jnp.where(age >= 600, rows, state.map.shape[1])  # out of the map: not written
    blocks = state.map.at[0, rows, columns].set(BlockType.RIPE_PLANT.value, mode="drop")
    return state.replace(map=blocks, growing_plants_age=age)


def _generate(key: Key, params: EnvParams) -> Any:
    return generate_world(key, params, SIZES)


def _over(state: Any) -> Bool[Array, ""]:
    return (state.player_health <= 0) | has_beaten_boss(state, SIZES)


GAME = Game(
    actions=len(Action),
    vector=8268,
    parameters=EnvParams,
    generate=_generate,
    advance=advance,
    over=_over,
    observe=render_craftax_symbolic,
    ahead=full_captions.ahead,
    glance=full_captions.glance,
    events=full_captions.events,
    situation=full_captions.situation,
)
