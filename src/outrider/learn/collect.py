"""A rollout: the agent acts in all copies of a world and what happens is written down."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool

from outrider.agents.actor_critic import ActorCritic
from outrider.ops.distribution import log_prob_and_entropy, sample
from outrider.types import Key, Obs, Trajectory
from outrider.worlds.batch import Batch, Copies


class Rollout(NamedTuple):
    """The worlds after a rollout, and what the learner needs of it."""

    copies: Copies
    obs: Obs  # what the next rollout starts from
    cut: Obs  # for each copy, what its truncated episode ended in; a copy is cut at most once a rollout
    trajectory: Trajectory


def collect(batch: Batch, network: ActorCritic, copies: Copies, obs: Obs, key: Key, length: int) -> Rollout:
    """`length` steps of all copies under the network's policy; `length` is at most the world's horizon."""

    def step(carry: tuple[Copies, Obs, Obs], key: Key) -> tuple[tuple[Copies, Obs, Obs], Trajectory]:
        copies, obs, cut = carry
        act_key, world_key = jax.random.split(key)
        logits, value = network(obs)
        action = sample(act_key, logits)
        log_prob, _ = log_prob_and_entropy(logits, action)
        after = batch.step(world_key, copies, action)
        line = Trajectory(
            obs=obs,
            action=action.astype(jnp.int32),
            log_prob=log_prob,
            value=value,
            reward=after.reward,
            terminated=after.terminated,
            truncated=after.truncated,
            events=after.events,
            first=after.first,
            episode_return=after.episode_return,
            episode_length=after.episode_length,
        )
        return (after.copies, after.obs, choose(after.truncated, after.final, cut)), line

    (copies, next_obs, cut), trajectory = jax.lax.scan(
        step, (copies, obs, obs), jax.random.split(key, length)
    )
    return Rollout(copies, next_obs, cut, trajectory)


def choose(where: Bool[Array, "B"], one: Obs, other: Obs) -> Obs:
    """Row by row, one observation or the other."""
    return jax.tree.map(lambda a, b: jnp.where(where.reshape(-1, *[1] * (a.ndim - 1)), a, b), one, other)
