"""Signals over events: counts and constants, each event with a weight. With all weights 1 there is no model in them."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from outrider.explore.signal import Signal
from outrider.types import Atlas, Trajectory


class Counts(NamedTuple):
    """What the events are worth, and how often each occurred."""

    atlas: Atlas
    n: Float[Array, "E"]


def _payable(trajectory: Trajectory) -> Bool[Array, "T B M"]:
    """First occurrences in an episode; what ends the episode is the reward's business, not the bonus's."""
    return trajectory.first & ~trajectory.terminated[..., None]


def event_count(scale: float = 2.0) -> Signal:
    """`weight * scale / sqrt(n)` at an event's first occurrence in an episode.

    n counts the event's occurrences in all episodes of the learner's life; it includes the occurrence itself and,
    among the copies of one step, all that share it. Source: count-based exploration (Strehl and Littman 2008;
    Bellemare et al. 2016, eq. 2), here on captioned events, weighted by relevance.
    """

    def bonus(state: Counts, trajectory: Trajectory) -> Float[Array, "T B"]:
        weight = state.atlas.weight

        def step(n: Array, now: tuple[Array, Array]) -> tuple[Array, Array]:
            events, pays = now
            n = n.at[events].add(1.0)
            paid = jnp.where(pays, weight[events] * scale / jnp.sqrt(n[events]), 0.0)
            return n, paid.sum(axis=-1)

        return jax.lax.scan(step, state.n, (trajectory.events, _payable(trajectory)))[1]

    return Signal(
        init=lambda key, atlas: Counts(atlas, jnp.zeros_like(atlas.weight)),
        bonus=bonus,
        update=lambda state, trajectory, key: (state._replace(n=state.n.at[trajectory.events].add(1.0)), {}),
        told=lambda state, atlas: state._replace(atlas=atlas),
    )


def event_constant(scale: float = 0.5) -> Signal:
    """`weight * scale` at an event's first occurrence in an episode, for ever."""

    def bonus(atlas: Atlas, trajectory: Trajectory) -> Float[Array, "T B"]:
        return jnp.where(_payable(trajectory), atlas.weight[trajectory.events] * scale, 0.0).sum(axis=-1)

    return Signal(
        init=lambda key, atlas: atlas,
        bonus=bonus,
        update=lambda atlas, trajectory, key: (atlas, {}),
        told=lambda old, atlas: atlas,
    )
