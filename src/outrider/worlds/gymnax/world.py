"""A world of gymnax 1.x under our contract: the one file that knows gymnax's own.

gymnax's `step` starts ended episodes anew inside the step, so `step_env` is called instead. It says whether the episode
terminated; whether the clock ran out is asked beside it. An episode that ends in its last step terminated. So does one
whose clock runs out where it is the world's own: bsuite's discounting chain, which gymnax truncates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnax
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, UInt32

from outrider.ops.distribution import Continuous, Discrete, Space
from outrider.types import Key, Obs, Step
from outrider.worlds.gymnax.captioner import CAPTIONERS, Captioner
from outrider.worlds.gymnax.family import DEEP_SEA, GymnaxFacts
from outrider.worlds.gymnax.words import CODE, KINDS, kind_name


@dataclass(frozen=True)
class Gymnax:
    """A device world: `reset` and `step` are pure functions of one world, batched by others with `vmap`.

    An observation is gymnax's own as one vector of floats, or where that has a single one its place (`Obs`). There are
    no flags, so that scores stay comparable.
    """

    id: str
    facts: GymnaxFacts
    env: Any
    params: Any
    space: Space
    vector: int
    captioner: Captioner
    view: tuple[int, int] = (0, 0)
    flags: int = 0

    @property
    def horizon(self) -> int:
        """Steps after which an episode is truncated."""
        return self.facts.horizon

    @property
    def codes(self) -> int:
        """Event codes are below this."""
        return 1 + max(CODE[event] for event in KINDS[kind_name(self.facts.name)].events)

    def reset(self, key: Key) -> tuple[Any, Obs]:
        """A fresh episode."""
        obs, state = self.env.reset_env(key, self.params)
        return jax.tree.map(_strong, state), self._observed(state, obs)

    def step(self, key: Key, state: Any, action: Array) -> Step:
        """One action by gymnax's rules, within its bounds where it is numbers; no reset inside."""
        if self.facts.continuous:
            bounds = self.env.action_space(self.params)
            action = jnp.clip(action, bounds.low, bounds.high)
        obs, after, reward, terminated, _ = self.env.step_env(key, state, action, self.params)
        after = jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), after, state)
        reward = jnp.asarray(reward, jnp.float32)
        over = self.env.is_truncated(after, self.params)
        terminated = terminated if self.facts.timed else terminated | over
        return Step(
            state=after,
            obs=self._observed(after, obs),
            reward=reward,
            terminated=terminated,
            truncated=~terminated & over,
            events=self.captioner.event(self.params, state, action, after, reward)[None],
        )

    def stagger(self, key: Key, state: Any) -> tuple[Any, Obs]:
        """The same world at a random hour, where the clock cuts episodes off and means nothing else."""
        if self.facts.timed:
            state = state.replace(time=jax.random.randint(key, (), 0, self.horizon))
        return state, self._observed(state, self.env.get_obs(state, self.params))

    def flag_bits(self, codes: Int[Array, "..."]) -> UInt32[Array, "..."]:
        """There are no flags."""
        return jnp.zeros(codes.shape, jnp.uint32)

    def situation(self, state: Any) -> Int[Array, "K"]:
        """What holds now, as `words` says it for this kind of world."""
        return jnp.stack([jnp.asarray(x, jnp.int32) for x in self.captioner.situation(self.params, state)])

    def _observed(self, state: Any, obs: Array) -> Obs:
        if self.facts.make == DEEP_SEA:
            vector = _place_in_sea(state)[None]
        else:
            vector = jnp.asarray(obs, jnp.float32).reshape(-1)
        return Obs(jnp.zeros(self.view, jnp.uint8), vector)


def _place_in_sea(state: Any) -> Int[Array, ""]:
    """Where gymnax's grid has its one: the diver's cell, row by row; nowhere at the sea floor."""
    size = state.action_mapping.shape[0]
    return jnp.minimum(state.row * size + state.column, size**2).astype(jnp.int32)


def _strong(x: Any) -> Array:
    """The same as an array whose type does not depend on what it meets."""
    return jnp.asarray(x, jnp.asarray(x).dtype)


def build(world_id: str, facts: GymnaxFacts, options: frozenset[str]) -> Gymnax:
    """The world of checked facts: as gymnax makes it, with our horizon.

    A DeepSea has a fixed mapping of actions, drawn from key 0 by gymnax: which action is "right" differs by cell.
    """
    sized = {"size": facts.size} if facts.make == DEEP_SEA else {}
    env, params = gymnax.make(facts.make, **sized)
    if facts.make == "MemoryChain-bsuite":
        params = params.replace(memory_length=facts.size)
    params = params.replace(max_steps_in_episode=facts.horizon)
    obs = jax.eval_shape(lambda: env.reset_env(jax.random.key(0), params)[0])
    space = Continuous(env.num_actions) if facts.continuous else Discrete(env.num_actions)
    return Gymnax(world_id, facts, env, params, space, obs.size, CAPTIONERS[kind_name(facts.name)])
