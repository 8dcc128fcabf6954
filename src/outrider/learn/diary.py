"""What a learner writes down: a line an update, and which events it met when."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from outrider.explore.visits import hashed
from outrider.types import Trajectory

PLACES = 1 << 16  # buckets that situations are counted in
MOST_POINTS = 500  # of a curve that evidence keeps


class Diary(NamedTuple):
    """Events of the whole run so far. `met` and `first_met` are by event code; -1 where never met."""

    steps: Int[Array, ""]  # environment steps
    met: Int[Array, "E"]
    first_met: Int[Array, "E"]  # environment step
    places: Bool[Array, "P"]  # buckets of situations in which the learner has been


class Line(NamedTuple):
    """One update in numbers; sums over the episodes that ended in it, so that lines can be added."""

    steps: Int[Array, ""]
    episodes: Int[Array, ""]
    successes: Int[Array, ""]
    returns: Float[Array, ""]
    lengths: Int[Array, ""]
    bonus: Float[Array, ""]  # mean a step
    entropy: Float[Array, ""]  # nats
    places: Int[Array, ""]  # buckets of situations in the whole run so far, of `PLACES`
    loss: Float[Array, ""]
    fault: Int[
        Array, ""
    ]  # the first number that is not finite, as `finite.first` writes it; 0 where there is none


def start(codes: int) -> Diary:
    """An empty diary."""
    return Diary(
        jnp.int32(0), jnp.zeros(codes, jnp.int32), jnp.full(codes, -1, jnp.int32), jnp.zeros(PLACES, bool)
    )


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
    places = diary.places
    if trajectory.situation is not None:
        places = places.at[hashed(trajectory.situation, PLACES.bit_length() - 1)].set(True)
    done = trajectory.terminated | trajectory.truncated
    line = Line(
        steps=steps,
        episodes=jnp.sum(done),
        successes=jnp.sum(done & (trajectory.episode_return > solved_above)),
        returns=trajectory.episode_return.sum(),
        lengths=trajectory.episode_length.sum(),
        bonus=bonus.mean(),
        entropy=entropy,
        places=places.sum(),
        loss=loss,
        fault=fault,
    )
    return Diary(steps, met, first_met, places), line


def shortened(line: Line, most: int = MOST_POINTS) -> Any:
    """A learner's `Line` of NumPy arrays `[updates]`, as many in a row joined as leave `most` or fewer.

    Sums are added, means are averaged, and what counts up is as it was at the end.
    """
    updates = len(line.steps)
    together = -(-updates // most)
    if together == 1:
        return line
    begins = np.arange(0, updates, together)
    ends = np.minimum(begins + together, updates) - 1

    def joined(name: str, values: Any) -> Any:
        if name in ("steps", "places"):
            return values[ends]
        if name == "fault":
            return np.maximum.reduceat(values, begins)
        added = np.add.reduceat(values, begins)
        return added / (ends - begins + 1) if name in ("bonus", "entropy", "loss") else added

    return Line(**{name: joined(name, values) for name, values in line._asdict().items()})


def situations(places: np.ndarray) -> np.ndarray:
    """About how many distinct situations fill so many buckets, by linear counting (Whang et al. 1990, eq. 1).

    Exact to a few in a thousand up to as many situations as buckets; where all are full, what one fewer would mean.
    """
    return np.rint(-PLACES * np.log1p(-np.minimum(places, PLACES - 1) / PLACES)).astype(int)
