"""RIDE: pays for changing what can be influenced, less the more often the episode was there."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from outrider.explore.counts import buckets
from outrider.explore.icm import Curiosity
from outrider.explore.learned import Student, moves, student, taught
from outrider.explore.signal import Ground, Metrics, Signal, ends
from outrider.explore.visits import Visits
from outrider.types import Atlas, Key, Trajectory


class Impact(NamedTuple):
    """The models behind the embedding, and where each episode has been."""

    pupil: Student
    visits: Visits


def ride(ground: Ground) -> Signal:
    """The distance between the embeddings of the places left and reached, over the root of the episode's visits.

    Source: Raileanu and Rocktaschel 2020, eq. 1; the embedding is ICM's, visits are counted by what is seen.
    """

    def bonus(state: Impact, trajectory: Trajectory) -> Float[Array, "T B"]:
        shown, embed = moves(ground, state.pupil.seen, trajectory), state.pupil.networks.inverse.embed
        apart = jnp.linalg.norm(embed(shown.after) - embed(shown.before), axis=-1)
        n = state.visits.after(buckets(trajectory, "observations"), ends(trajectory))[1]
        return shown.weight * apart / jnp.sqrt(n)

    def update(state: Impact, trajectory: Trajectory, key: Key) -> tuple[Impact, Metrics]:
        visits, _ = state.visits.after(buckets(trajectory, "observations"), ends(trajectory))
        pupil, metrics = taught(state.pupil, ground, trajectory, key, Curiosity.loss)
        return Impact(pupil, visits), metrics

    def init(key: Key, atlas: Atlas) -> Impact:
        return Impact(student(Curiosity(key, ground), ground), Visits.none(ground.copies))

    return Signal(init, bonus, update)
