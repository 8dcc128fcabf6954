"""Signals over events: counts and constants, each event with a weight. With all weights 1 there is no model in them."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from outrider.explore.signal import Signal
from outrider.types import Trajectory


def _payable(trajectory: Trajectory) -> Bool[Array, "T B M"]:
    """First occurrences in an episode; what ends the episode is the reward's business, not the bonus's."""
    return trajectory.first & ~trajectory.terminated[..., None]


def event_count(weights: Float[Array, "E"], scale: float = 2.0) -> Signal:
    """`weight * scale / sqrt(n)` at an event's first occurrence in an episode; n counts its occurrences in all episodes.

    n includes the occurrence itself and, among the copies of one step, all that share it. Source: count-based
    exploration (Strehl and Littman 2008; Bellemare et al. 2016, eq. 2) on captioned events, weighted by relevance.
    """

    def bonus(counts: Float[Array, "E"], trajectory: Trajectory) -> Float[Array, "T B"]:
        def step(counts: Array, now: tuple[Array, Array]) -> tuple[Array, Array]:
            events, pays = now
            counts = counts.at[events].add(1.0)
            paid = jnp.where(pays, weights[events] * scale / jnp.sqrt(counts[events]), 0.0)
            return counts, paid.sum(axis=-1)

        return jax.lax.scan(step, counts, (trajectory.events, _payable(trajectory)))[1]

    return Signal(
        init=lambda key: jnp.zeros_like(weights),
        bonus=bonus,
        update=lambda counts, trajectory, key: (counts.at[trajectory.events].add(1.0), {}),
    )


def event_constant(weights: Float[Array, "E"], scale: float = 0.5) -> Signal:
    """`weight * scale` at an event's first occurrence in an episode, for ever."""

    def bonus(state: tuple[()], trajectory: Trajectory) -> Float[Array, "T B"]:
        return jnp.where(_payable(trajectory), weights[trajectory.events] * scale, 0.0).sum(axis=-1)

    return Signal(init=lambda key: (), bonus=bonus, update=lambda state, trajectory, key: (state, {}))
