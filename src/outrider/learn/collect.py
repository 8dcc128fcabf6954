"""A rollout: the agent acts in all copies of a world and what happens is written down."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from outrider.agents.agent import Agent
from outrider.ops.keys import apart
from outrider.types import Key, Number, Obs, Trajectory
from outrider.worlds.batch import Batch, Copies
from outrider.worlds.experts import Expert

T = TypeVar("T")


class Sight(NamedTuple):
    """What an agent has before it and behind it, `[B, ...]`."""

    memory: Any  # from before `obs`
    obs: Obs
    restart: Bool[Array, "B"]  # `obs` begins an episode: the memory is another episode's


class Adviser(NamedTuple):
    """An expert that sees the worlds beside an agent, and the share of actions that it takes in its place."""

    expert: Expert
    share: Number


class Marks(NamedTuple):
    """What a host's rollout knows of its rows and a device's need not say, `[T, B]`."""

    valid: Bool[Array, "T B"] | None  # an action was taken, not an episode begun; None where it always is
    restart: Bool[Array, "T B"]  # the row's sight begins an episode
    next_value: Float[Array, "T B"]  # of the sight that the step led to, before any reset


class Rollout(NamedTuple):
    """The worlds after a rollout, and what the learner needs of it."""

    copies: Copies
    begin: Sight  # before the first step
    end: Sight  # what the next rollout starts from
    cut: Sight  # for each copy, what its truncated episode ended in; a copy is cut at most once a rollout
    trajectory: Trajectory
    marks: Marks | None = None  # of host worlds only


def collect(
    batch: Batch,
    network: Agent,
    copies: Copies,
    sight: Sight,
    key: Key,
    length: int,
    adviser: Adviser | None = None,
    keep: bool = False,
) -> Rollout:
    """`length` steps of all copies under the network's policy; `length` is at most the world's horizon.

    An `adviser` says at each step what its expert would do, and takes some steps itself. With `keep`, the trajectory
    holds the agent's memory after each action.
    """

    def step(carry: tuple[Copies, Sight, Sight], key: Key) -> tuple[tuple, Trajectory]:
        copies, (memory, obs, restart), cut = carry
        act_key, world_key = jax.random.split(key)
        outputs, value, memory = network.act(memory, obs, restart)
        action = network.space.sample(act_key, outputs)
        advice = None
        if adviser:
            advice = jax.vmap(adviser.expert)(copies.world)
            takes = jax.random.bernoulli(apart(act_key), adviser.share, advice.shape)
            action = jnp.where(takes, advice, action)
        log_prob, _ = network.space.log_prob_and_entropy(outputs, action)
        after = batch.step(world_key, copies, action)
        line = Trajectory(
            obs=obs,
            action=action,
            log_prob=log_prob,
            value=value,
            reward=after.reward,
            terminated=after.terminated,
            truncated=after.truncated,
            events=after.events,
            first=after.first,
            episode_return=after.episode_return,
            episode_length=after.episode_length,
            situation=after.situation,
            advice=advice,
            left=after.left,
            held=memory if keep else None,
        )
        done = after.terminated | after.truncated
        cut = choose(after.truncated, Sight(memory, after.final, jnp.zeros_like(done)), cut)
        return (after.copies, Sight(memory, after.obs, done), cut), line

    (copies, end, cut), trajectory = jax.lax.scan(step, (copies, sight, sight), jax.random.split(key, length))
    trajectory = trajectory._replace(reached=_reached(trajectory, end.obs, cut.obs))
    return Rollout(copies, sight, end, cut, trajectory)


def next_value(network: Agent, rollout: Rollout) -> Float[Array, "T B"]:
    """The value of what each step led to: the next row's, but for truncated steps that of their own last sight."""
    if rollout.marks:
        return rollout.marks.next_value
    last, cut = network.act(*rollout.end)[1], network.act(*rollout.cut)[1]
    following = jnp.concatenate([rollout.trajectory.value[1:], last[None]])
    return jnp.where(rollout.trajectory.truncated, cut, following)


def _reached(trajectory: Trajectory, end: Obs, cut: Obs) -> Obs:
    """What each step led to, `[T, B, ...]`: as `next_value`, and likewise without meaning after a terminated step."""
    truncated = trajectory.truncated

    def of(obs: Array, end: Array, cut: Array) -> Array:
        following = jnp.concatenate([obs[1:], end[None]])
        return jnp.where(truncated.reshape(*truncated.shape, *[1] * (obs.ndim - 2)), cut, following)

    return jax.tree.map(of, trajectory.obs, end, cut)


def choose(where: Bool[Array, "B"], one: T, other: T) -> T:
    """Row by row, the one or the other: two trees of the same form, of arrays `[B, ...]`."""
    return jax.tree.map(lambda a, b: jnp.where(where.reshape(-1, *[1] * (a.ndim - 1)), a, b), one, other)
