"""Counts of places, for ever or by episode: what was seen seldom pays most. No model and no network."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from outrider.explore.signal import Ground, Metrics, Signal, ends, payable
from outrider.explore.visits import MOST, Visits, counted, places
from outrider.types import Atlas, Key, Trajectory, Transition

BITS = 16  # of the table that is kept for ever


def count(ground: Ground, of: str = "observations", scale: float = 0.1) -> Signal:
    """`scale / sqrt(n)` of the place reached, n visits in the learner's whole life, this one included.

    Source: Bellemare et al. 2016, eq. 2; hashed as Tang et al. 2017, with exact rows in place of SimHash. What is drawn
    from a replay is paid by the visits so far, as Laskin et al. 2021 pay it; Bellemare et al. keep what was paid.
    """

    def bonus(n: Array, trajectory: Trajectory) -> Float[Array, "T B"]:
        visits = counted(n, places(trajectory, of, BITS))[1]
        return jnp.where(payable(trajectory), scale / jnp.sqrt(visits), 0.0)

    def again(n: Array, steps: Transition) -> Float[Array, "N"]:
        visits = jnp.maximum(n[places(steps, of, BITS)], 1)
        return jnp.where(steps.terminated, 0.0, scale / jnp.sqrt(visits))

    return Signal(
        init=lambda key, atlas: jnp.zeros(1 << BITS, jnp.int32),
        bonus=bonus,
        update=lambda n, trajectory, key: (n.at[places(trajectory, of, BITS)].add(1), {}),
        again=again,
    )


def episodic_count(ground: Ground, of: str = "observations", scale: float = 0.1) -> Signal:
    """`scale / sqrt(n)` of the place reached, n visits in the present episode.

    Source: Henaff et al. 2023, section 3 (their best episodic bonus on MiniGrid). Counted are the places
    that steps lead to: where an episode begins is new until it is come back to.
    """

    def bonus(visits: Visits, trajectory: Trajectory) -> Float[Array, "T B"]:
        n = visits.after(buckets(trajectory, of), ends(trajectory))[1]
        return jnp.where(payable(trajectory), scale / jnp.sqrt(n), 0.0)

    return Signal(
        init=lambda key, atlas: Visits.none(ground.copies),
        bonus=bonus,
        update=lambda visits, trajectory, key: (
            visits.after(buckets(trajectory, of), ends(trajectory))[0],
            {},
        ),
    )


def episodic(signal: Signal, ground: Ground, of: str = "observations") -> Signal:
    """What the signal pays, at the first visit of a place in an episode only (NovelD's restriction)."""

    def bonus(state: tuple, trajectory: Trajectory) -> Float[Array, "T B"]:
        inner, visits = state
        n = visits.after(buckets(trajectory, of), ends(trajectory))[1]
        return jnp.where(n == 1, signal.bonus(inner, trajectory), 0.0)

    def update(state: tuple, trajectory: Trajectory, key: Key) -> tuple[tuple, Metrics]:
        inner, metrics = signal.update(state[0], trajectory, key)
        return (inner, state[1].after(buckets(trajectory, of), ends(trajectory))[0]), metrics

    def told(state: tuple, atlas: Atlas) -> tuple:
        return signal.told(state[0], atlas), state[1]

    def init(key: Key, atlas: Atlas) -> tuple:
        return signal.init(key, atlas), Visits.none(ground.copies)

    return Signal(init, bonus, update, told)


def buckets(trajectory: Trajectory, of: str) -> Array:
    """Where each step led to, among the buckets of one copy's episode."""
    return places(trajectory, of, (MOST - 1).bit_length())
