"""What happened, kept on the device to be learned from again: a ring of transitions, the oldest overwritten first."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from outrider.learn.collect import Rollout
from outrider.types import Key, Transition

Rows = TypeVar("Rows")  # arrays with a common leading axis


class Replay(NamedTuple, Generic[Rows]):
    """Rows `[capacity, ...]`, of which the first `filled` hold something."""

    rows: Rows
    at: Int[Array, ""]  # where the next row goes
    filled: Int[Array, ""]


def empty(one: Rows, capacity: int) -> Replay[Rows]:
    """A replay without rows; `one` (without a leading axis) says what a row looks like."""
    rows = jax.tree.map(lambda x: jnp.zeros((capacity, *x.shape), x.dtype), one)
    return Replay(rows, jnp.int32(0), jnp.int32(0))


def add(replay: Replay[Rows], rows: Rows) -> Replay[Rows]:
    """The replay with `N` rows more, at most its capacity; in place of the oldest once it is full."""
    capacity, new = (len(jax.tree.leaves(tree)[0]) for tree in (replay.rows, rows))
    places = (replay.at + jnp.arange(new)) % capacity
    return Replay(
        jax.tree.map(lambda ring, x: ring.at[places].set(x, unique_indices=True), replay.rows, rows),
        (replay.at + new) % capacity,
        jnp.minimum(replay.filled + new, capacity),
    )


def draw(replay: Replay[Rows], key: Key, size: int) -> Rows:
    """`size` rows of those filled, uniformly and with replacement; at least one must be."""
    places = jax.random.randint(key, (size,), 0, replay.filled)
    return jax.tree.map(lambda ring: ring[places], replay.rows)


def transitions(rollout: Rollout, reward: Float[Array, "T B"]) -> Transition:
    """The `T * B` steps of a rollout, step by step, each with what is to be learned from as its reward."""
    path = rollout.trajectory
    steps = Transition(path.obs, path.action, reward, path.terminated, path.reached, path.situation)
    return jax.tree.map(lambda x: x.reshape(reward.size, *x.shape[2:]), steps)
