"""Two policies, one above the other: a manager that chooses what to reach, a worker that is told and goes there.

An option (Sutton, Precup and Singh 1999) is the worker's way to one subgoal, a kind of event that the observation's
flags tell apart. It ends as the flag goes up, after `option_steps` steps, or with the episode; all of that is seen in
the observation and in the agent's own memory, so that a released policy acts as a learner does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt32

from outrider.agents.actor_critic import ActorCritic
from outrider.agents.features import Features
from outrider.ops.distribution import Discrete, Space
from outrider.types import Key, Obs

NEVER = -1e9  # the logit of a subgoal that cannot be chosen: its share is 0, its log-probability finite


class Option(NamedTuple):
    """What each copy is after, `[n]`: the agent's memory, after the action of the step that it tells of."""

    word: UInt32[Array, "n"]  # random bits, from which the next subgoal is drawn
    goal: Int[Array, "n"]  # place in `goals`
    age: Int[Array, "n"]  # actions so far
    begun: Bool[Array, "n"]  # chosen in this step
    log_prob: Float[Array, "n"]  # of the manager's choice; without meaning where nothing was chosen
    value: Float[Array, "n"]  # the manager's, of what was seen


class Hierarchical(eqx.Module):
    """A manager over `goals` and a worker for them all. The manager thinks in every step and is asked where an option
    has ended.

    Only what has not occurred in the episode can be chosen: a flag that is up cannot go up. Where all are up, all can
    be, and each such option is over at once.
    """

    manager: ActorCritic
    worker: ActorCritic
    goals: tuple[int, ...] = eqx.field(static=True)  # places of their flags in the observation's vector
    option_steps: int = eqx.field(static=True)

    def __init__(
        self,
        key: Key,
        features: Features,
        space: Space,
        goals: tuple[int, ...],
        option_steps: int,
        width: int,
        depth: int,
        encoder: str = "flat",
    ):
        manager_key, worker_key = jax.random.split(key)
        told = replace(features, vector=features.vector + len(goals))
        self.manager = ActorCritic(manager_key, features, Discrete(len(goals)), width, depth, encoder)
        self.worker = ActorCritic(worker_key, told, space, width, depth, encoder)
        self.goals, self.option_steps = goals, option_steps

    @property
    def features(self) -> Features:
        """What is seen, before the worker is told its subgoal."""
        features = self.manager.features
        assert isinstance(features, Features)
        return features

    @property
    def space(self) -> Space:
        """The worker's: that of the world."""
        return self.worker.space

    def start(self, copies: int) -> Option:
        """Every copy with a word of its own and an option that is over."""
        none, zero = jnp.zeros(copies, jnp.int32), jnp.zeros(copies)
        word, over = jnp.arange(copies, dtype=jnp.uint32), jnp.full(copies, self.option_steps, jnp.int32)
        return Option(word, none, over, jnp.zeros(copies, bool), zero, zero)

    def act(
        self, held: Option, obs: Obs, restart: Bool[Array, "n"]
    ) -> tuple[Float[Array, "n outputs"], Float[Array, "n"], Option]:
        """The worker's outputs and value for each copy's subgoal, and the option; a new one where the last is over."""
        row = self.features(obs)
        reached = jnp.take_along_axis(self.raised(row), held.goal[:, None], axis=1)[:, 0]
        begun = restart | reached | (held.age >= self.option_steps)
        logits, value = self.choose(row)
        word, choice = jax.vmap(_drawn)(held.word, logits)
        word, goal = jnp.where(begun, word, held.word), jnp.where(begun, choice, held.goal)
        age = jnp.where(begun, 0, held.age) + 1
        log_prob, _ = self.manager.space.log_prob_and_entropy(logits, goal)
        return *self.pursue(row, goal), Option(word, goal, age, begun, log_prob, value)

    def raised(self, row: Float[Array, "*n size"]) -> Bool[Array, "*n G"]:
        """The subgoals that occurred in the episode, from rows of features."""
        first = self.features.size - self.features.vector
        return row[..., first + jnp.asarray(self.goals)] > 0

    def choose(self, row: Float[Array, "n size"]) -> tuple[Float[Array, "n G"], Float[Array, "n"]]:
        """The manager's logits and value."""
        logits, value = self.manager.over((), row, jnp.zeros(len(row), bool))
        up = self.raised(row)
        return jnp.where(up & ~up.all(-1, keepdims=True), NEVER, logits), value

    def pursue(
        self, row: Float[Array, "n size"], goal: Int[Array, "n"]
    ) -> tuple[Float[Array, "n outputs"], Float[Array, "n"]]:
        """The worker's outputs and value, told its subgoals."""
        told = jnp.concatenate([row, jax.nn.one_hot(goal, len(self.goals))], axis=-1)
        return self.worker.over((), told, jnp.zeros(len(row), bool))


def _drawn(word: UInt32[Array, ""], logits: Float[Array, "G"]) -> tuple[UInt32[Array, ""], Int[Array, ""]]:
    """The next word, and a subgoal by the chance of this one."""
    word_key, goal_key = jax.random.split(jax.random.fold_in(jax.random.key(0), word))
    return jax.random.bits(word_key, dtype=jnp.uint32), jax.random.categorical(goal_key, logits)
