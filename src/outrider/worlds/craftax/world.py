"""Craftax-Classic under our contract, by craftax's pure functions but for one of them, which `spawn` does faster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from craftax.craftax_classic import game_logic as rules
from craftax.craftax_classic.constants import Action, BlockType
from craftax.craftax_classic.envs.craftax_state import EnvParams, StaticEnvParams
from craftax.craftax_classic.renderer import render_craftax_symbolic
from craftax.craftax_classic.world_gen import generate_world
from jaxtyping import Array, Float, Int, UInt32

from outrider.ops.distribution import Discrete, Space
from outrider.types import Key, Obs, Step
from outrider.worlds.craftax import classic_captions
from outrider.worlds.craftax.family import CraftaxFacts
from outrider.worlds.craftax.spawn import spawn_mobs
from outrider.worlds.craftax.words import CODES

SIZES = StaticEnvParams()
NO_KEY = 0  # in the place of a key that craftax keeps in its state for its pixel renderer's night


@dataclass(frozen=True)
class Craftax:
    """A device world: `reset` and `step` are pure functions of one world, batched by others with `vmap`.

    The observation is craftax's symbolic one, 1345 numbers, and nothing else: scores stay comparable, so there are
    no flags. With an achievement to be rewarded alone, its first time is worth 1 and ends the episode.
    """

    id: str
    facts: CraftaxFacts
    params: EnvParams
    space: Space = Discrete(len(Action))  # noqa: RUF009
    view: tuple[int, int] = (0, 0)
    vector: int = 1345
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
        """One action. Reward: 1 an achievement's first time, 0.1 a point of health gained; or as `only` says."""
        state, before = jax.lax.optimization_barrier((state, classic_captions.glance(state)))
        after, reward = advance(key, state, action, self.params)
        after = jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), after, state)
        x, y = after.player_position
        terminated = (after.map[x, y] == BlockType.LAVA.value) | (after.player_health <= 0)
        if self.facts.only >= 0:
            reached = after.achievements[self.facts.only] & ~state.achievements[self.facts.only]
            reward, terminated = reached.astype(jnp.float32), terminated | reached
        return Step(
            state=after,
            obs=self._observe(after),
            reward=reward,
            terminated=terminated,
            truncated=~terminated & (after.timestep >= self.horizon),
            events=classic_captions.events(state, before, action, after),
        )

    def stagger(self, key: Key, state: Any) -> tuple[Any, Obs]:
        """The world as it is: the clock is also the hour of the day, and few episodes see the horizon."""
        return state, self._observe(state)

    def flag_bits(self, codes: Int[Array, "..."]) -> UInt32[Array, "..."]:
        """There are no flags."""
        return jnp.zeros(codes.shape, jnp.uint32)

    def situation(self, state: Any) -> Int[Array, "15"]:
        """What holds now, as `classic_words.situation_text` says it."""
        return classic_captions.situation(state)

    def _observe(self, state: Any) -> Obs:
        return Obs(jnp.zeros(self.view, jnp.uint8), render_craftax_symbolic(state))


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


def build(world_id: str, facts: CraftaxFacts, options: frozenset[str]) -> Any:
    """The world of checked facts, with craftax's own parameters."""
    if facts.name == "craftax/full":
        from outrider.worlds.craftax.full import EnvParams as FullParams  # its constants take seconds to make
        from outrider.worlds.craftax.full import Full

        return Full(world_id, facts, FullParams(max_timesteps=facts.horizon))
    return Craftax(world_id, facts, EnvParams(max_timesteps=facts.horizon))
