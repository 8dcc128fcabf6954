"""The full Craftax under our contract, by craftax's pure functions on one floor, but for two that are faster here."""

from __future__ import annotations

from dataclasses import dataclass
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
from jaxtyping import Array, Float, Int, UInt32

from outrider.ops.distribution import Discrete, Space
from outrider.types import Key, Obs, Step
from outrider.worlds.craftax import floor, full_captions
from outrider.worlds.craftax.family import CraftaxFacts
from outrider.worlds.craftax.full_spawn import spawn_mobs
from outrider.worlds.craftax.words import CODES

SIZES = StaticEnvParams()
NO_KEY = 0  # in the place of a key that craftax keeps in its state for its pixel renderer's night


@dataclass(frozen=True)
class Full:
    """A device world: `reset` and `step` are pure functions of one world, batched by others with `vmap`.

    The observation is craftax's symbolic one, 8268 numbers, and nothing else: scores stay comparable, so there are
    no flags. With an achievement to be rewarded alone, its first time is worth 1 and ends the episode.
    """

    id: str
    facts: CraftaxFacts
    params: EnvParams
    space: Space = Discrete(len(Action))  # noqa: RUF009
    view: tuple[int, int] = (0, 0)
    vector: int = 8268
    flags: int = 0
    codes: int = CODES

    @property
    def horizon(self) -> int:
        """Steps after which an episode is truncated."""
        return self.facts.horizon

    def reset(self, key: Key) -> tuple[Any, Obs]:
        """A fresh world by craftax's generator."""
        made: Any = generate_world(key, self.params, SIZES)
        state = made.replace(state_rng=NO_KEY)
        state = jax.tree.map(lambda x: jnp.asarray(x, jnp.asarray(x).dtype), state)
        return state, self._observe(state)

    def step(self, key: Key, state: Any, action: Int[Array, ""]) -> Step:
        """One action. Reward: 1 to 8 an achievement's first time, 0.1 a point of health gained; or as `only` says."""
        state, before = jax.lax.optimization_barrier((state, full_captions.glance(state)))
        after, reward = advance(key, state, action, self.params)
        after = jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), after, state)
        terminated = (after.player_health <= 0) | has_beaten_boss(after, SIZES)
        if self.facts.only >= 0:
            reached = after.achievements[self.facts.only] & ~state.achievements[self.facts.only]
            reward, terminated = reached.astype(jnp.float32), terminated | reached
        return Step(
            state=after,
            obs=self._observe(after),
            reward=jnp.asarray(reward, jnp.float32),
            terminated=terminated,
            truncated=~terminated & (after.timestep >= self.horizon),
            events=full_captions.events(state, before, action, after),
        )

    def stagger(self, key: Key, state: Any) -> tuple[Any, Obs]:
        """The world as it is: the clock is also the hour of the day, and few episodes see the horizon."""
        return state, self._observe(state)

    def flag_bits(self, codes: Int[Array, "..."]) -> UInt32[Array, "..."]:
        """There are no flags."""
        return jnp.zeros(codes.shape, jnp.uint32)

    def situation(self, state: Any) -> Int[Array, "26"]:
        """What holds now, as `full_words.situation_text` says it."""
        return full_captions.situation(state)

    def _observe(self, state: Any) -> Obs:
        return Obs(jnp.zeros(self.view, jnp.uint8), render_craftax_symbolic(state))


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
