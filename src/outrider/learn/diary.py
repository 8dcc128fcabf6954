"""What a learner writes down: a line an update, and which events it met when."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from outrider.types import Trajectory


class Diary(NamedTuple):
    """Events of the whole run so far. `met` and `first_met` are by event code; -1 where never met."""

    steps: Int[Array, ""]  # environment steps
    met: Int[Array, "E"]
    first_met: Int[Array, "E"]  # environment step


class Line(NamedTuple):
    """One update in numbers; sums over the episodes that ended in it, so that lines can be added."""

    steps: Int[Array, ""]
    episodes: Int[Array, ""]
    successes: Int[Array, ""]
    returns: Float[Array, ""]
    lengths: Int[Array, ""]
    bonus: Float[Array, ""]  # mean a step
    entropy: Float[Array, ""]  # nats
    loss: Float[Array, ""]
    fault: Int[
        Array, ""
    ]  # the first number that is not finite, as `finite.first` writes it; 0 where there is none


def start(codes: int) -> Diary:
    """An empty diary."""
    return Diary(jnp.int32(0), jnp.zeros(codes, jnp.int32), jnp.full(codes, -1, jnp.int32))


def write(
    diary: Diary,
    trajectory: Trajectory,
    bonus: Float[Array, "T B"],
    entropy: Float[Array, ""],
    loss: Float[Array, ""],
    fault: Int[Array, ""],
    solved_above: float = 0.0,
) -> tuple[Diary, Line]:
    """The diary after a rollout, and the line of it. A success is an episode whose return is above `solved_above`."""
    length, copies = trajectory.reward.shape
    met = diary.met.at[trajectory.events].add(1)
    steps = diary.steps + length * copies
    # The step of the rollout in which each code first appears, by one scatter-min over the rollout.
    never = jnp.iinfo(jnp.int32).max
    clock = diary.steps + copies * jnp.arange(1, length + 1, dtype=jnp.int32)
    when = jnp.broadcast_to(clock[:, None, None], trajectory.events.shape)
    appeared = jnp.full_like(met, never).at[trajectory.events].min(when)
    first_met = jnp.where((diary.first_met < 0) & (appeared < never), appeared, diary.first_met)
    done = trajectory.terminated | trajectory.truncated
    line = Line(
        steps=steps,
        episodes=jnp.sum(done),
        successes=jnp.sum(done & (trajectory.episode_return > solved_above)),
        returns=trajectory.episode_return.sum(),
        lengths=trajectory.episode_length.sum(),
        bonus=bonus.mean(),
        entropy=entropy,
        loss=loss,
        fault=fault,
    )
    return Diary(steps, met, first_met), line
