"""Craftax-Classic by craftax's pure functions but for one of them, which `spawn` does faster."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from craftax.craftax_classic import game_logic as rules
from craftax.craftax_classic.constants import Action, BlockType
from craftax.craftax_classic.envs.craftax_state import EnvParams, StaticEnvParams
from craftax.craftax_classic.renderer import render_craftax_symbolic
from craftax.craftax_classic.world_gen import generate_world
from jaxtyping import Array, Bool, Float, Int

from outrider.types import Key
from outrider.worlds.craftax import classic_captions
from outrider.worlds.craftax.game import Game
from outrider.worlds.craftax.spawn import spawn_mobs

SIZES = StaticEnvParams()


def advance(rng: Key, state: Any, action: Int[Array, ""], params: EnvParams) -> tuple[Any, Float[Array, ""]]:
    """The state after an action, and the reward: craftax's `craftax_step` in the same order, with our `spawn_mobs`."""
    before, health = state.achievements, state.player_health
    action = jnp.where(state.is_sleeping, Action.NOOP.value, action)
    state = rules.do_crafting(state, action)
    rng, key = jax.random.split(rng)
    state = rules.do_action(key, state, action, SIZES)
    state = rules.place_block(state, action, SIZES)
    state = rules.move_player(state, action)
    rng, key = jax.random.split(rng)
    state = rules.update_mobs(key, state, params, SIZES)
    rng, key = jax.random.split(rng)
    state = spawn_mobs(state, key, params)
    state = rules.update_plants(state, SIZES)
    state = rules.update_player_intrinsics(state, action)
    state = rules.update_health(rules.cap_inventory(state))
    achieved = jnp.sum(state.achievements, dtype=jnp.float32) - jnp.sum(before, dtype=jnp.float32)
    hour = state.timestep + 1
    light = rules.calculate_light_level(hour, params)
    reward = achieved + (state.player_health - health) * 0.1
    return state.replace(timestep=hour, light_level=light), reward


def _generate(key: Key, params: EnvParams) -> Any:
    return generate_world(key, params, SIZES)


def _over(state: Any) -> Bool[Array, ""]:
    x, y = state.player_position
    return (state.map[x, y] == BlockType.LAVA.value) | (state.player_health <= 0)


GAME = Game(
    actions=len(Action),
    vector=1345,
    parameters=EnvParams,
    generate=_generate,
    advance=advance,
    over=_over,
    observe=render_craftax_symbolic,
    ahead=classic_captions.ahead,
    glance=classic_captions.glance,
    events=classic_captions.events,
    situation=classic_captions.situation,
)
