"""Rollouts made up for signals: copies that wander over a few places, and are started anew now and then."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from outrider.explore.signal import Ground
from outrider.ops.distribution import Discrete
from outrider.types import Atlas, Obs, Trajectory

CODES, LENGTH, COPIES, PLACES, ACTIONS = 12, 24, 5, 9, 3
SEEN = np.random.default_rng(7).normal(size=(PLACES, 4)).astype(np.float32)  # what each place looks like

AWAY = np.arange(1, PLACES + 1, dtype=np.int32)  # steps of the way that are left at each place


def ground() -> Ground:
    """As the trainer makes it, for rows that are the vector alone."""
    return Ground(COPIES, lambda obs: obs.vector, SEEN.shape[1], Discrete(ACTIONS))


def atlas() -> Atlas:
    """Every event is worth the same."""
    return Atlas(jnp.ones(CODES), jnp.ones(CODES, bool))


def rollout(seed: int, length: int = LENGTH) -> Trajectory:
    """Random steps, `[T, B, ...]`; the place reached is the place left but for ends of episodes."""
    rng = np.random.default_rng(seed)
    shape = (length, COPIES)
    at, to = rng.integers(0, PLACES, (2, *shape))
    kind = rng.choice(3, shape, p=[0.8, 0.12, 0.08])
    terminated, truncated = kind == 1, kind == 2
    at[1:] = np.where((terminated | truncated)[:-1], at[1:], to[:-1])
    events = rng.integers(0, CODES, (*shape, 2)).astype(np.int32)
    empty = np.zeros(shape, np.float32)

    def sight(place: np.ndarray) -> Obs:
        return Obs(jnp.zeros((*shape, 0, 0), jnp.uint8), jnp.asarray(SEEN[place]))

    return Trajectory(
        obs=sight(at),
        action=jnp.asarray(rng.integers(0, ACTIONS, shape).astype(np.int32)),
        log_prob=empty,
        value=empty,
        reward=empty,
        terminated=jnp.asarray(terminated),
        truncated=jnp.asarray(truncated),
        events=jnp.asarray(events),
        first=jnp.asarray(events > 0),
        episode_return=empty,
        episode_length=empty.astype(np.int32),
        situation=jnp.asarray(np.stack([to, to % 2], -1).astype(np.int32)),
        left=jnp.stack(
            [jnp.where(terminated, 1, AWAY[at]), jnp.asarray(AWAY[to])], axis=-1
        ),  # ends are successes
        reached=sight(to),
    )
