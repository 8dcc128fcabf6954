"""A game of craftax under our contract: Craftax-Classic or the full Craftax, which `classic` and `full` describe."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, UInt32

from outrider.ops.distribution import Discrete, Space
from outrider.types import Key, Obs, Step
from outrider.worlds.craftax.captions import in_turn
from outrider.worlds.craftax.family import CraftaxFacts
from outrider.worlds.craftax.game import Game
from outrider.worlds.craftax.words import CODES

NO_KEY = 0  # in the place of a key that craftax keeps in its state for its pixel renderer's night


@dataclass(frozen=True)
class Craftax:
    """A device world: `reset` and `step` are pure functions of one world, batched by others with `vmap`.

    The observation is craftax's symbolic one, 1345 numbers or in the full game 8268, and nothing else: scores stay
    comparable, so there are no flags. With an achievement to be rewarded alone, its first time is worth 1 and ends the
    episode.
    """

    id: str
    facts: CraftaxFacts
    game: Game
    params: Any  # craftax's
    view: tuple[int, int] = (0, 0)
    flags: int = 0
    codes: int = CODES

    @property
    def horizon(self) -> int:
        """Steps after which an episode is truncated."""
        return self.facts.horizon

    @property
    def space(self) -> Space:
        """Craftax's actions."""
        return Discrete(self.game.actions)

    @property
    def vector(self) -> int:
        """Numbers of the observation."""
        return self.game.vector

    def reset(self, key: Key) -> tuple[Any, Obs]:
        """A fresh world by craftax's generator."""
        state = self.game.generate(key, self.params).replace(state_rng=NO_KEY)
        state = jax.tree.map(lambda x: jnp.asarray(x, jnp.asarray(x).dtype), state)
        return state, self._observe(state)

    def step(self, key: Key, state: Any, action: Int[Array, ""]) -> Step:
        """One action. Reward: an achievement's first time, 1 each and in the full game 1 to 8, and 0.1 a point of
        health gained; or as `only` says."""
        place = self.game.ahead(state)
        before = self.game.glance(state, place)
        action = in_turn(action, before)  # the maps are written in their place, and not in copies of them
        after, reward = self.game.advance(key, state, action, self.params)
        after = jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), after, state)
        now = self.game.glance(after, place)
        after = after.replace(
            timestep=in_turn(after.timestep, now)
        )  # and so are those of the worlds that end
        terminated = self.game.over(after)
        if self.facts.only >= 0:
            reached = after.achievements[self.facts.only] & ~state.achievements[self.facts.only]
            reward, terminated = reached.astype(jnp.float32), terminated | reached
        return Step(
            state=after,
            obs=self._observe(after),
            reward=jnp.asarray(reward, jnp.float32),
            terminated=terminated,
            truncated=~terminated & (after.timestep >= self.horizon),
            events=self.game.events(state, before, action, after, now),
        )

    def stagger(self, key: Key, state: Any) -> tuple[Any, Obs]:
        """The world as it is: the clock is also the hour of the day, and few episodes see the horizon."""
        return state, self._observe(state)

    def flag_bits(self, codes: Int[Array, "..."]) -> UInt32[Array, "..."]:
        """There are no flags."""
        return jnp.zeros(codes.shape, jnp.uint32)

    def situation(self, state: Any) -> Int[Array, "K"]:
        """What holds now, as `situation_text` of `classic_words` or `full_words` says it."""
        return self.game.situation(state)

    def _observe(self, state: Any) -> Obs:
        return Obs(jnp.zeros(self.view, jnp.uint8), self.game.observe(state))


def build(world_id: str, facts: CraftaxFacts, options: frozenset[str]) -> Craftax:
    """The world of checked facts, with craftax's own parameters.

    A game is the module of its name, imported when it is asked for: the full one's constants take seconds to make.
    """
    game: Game = import_module(f"outrider.worlds.craftax.{facts.name.partition('/')[2]}").GAME
    return Craftax(world_id, facts, game, game.parameters(max_timesteps=facts.horizon))
