"""E3B: episodic novelty in many dimensions, as the length of a new direction under what the episode saw."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from outrider.explore.dynamics import Inverse
from outrider.explore.learned import Student, moves, student, taught
from outrider.explore.signal import Ground, Metrics, Signal, ends
from outrider.types import Atlas, Key, Trajectory

OUTPUTS = 32
RIDGE = 0.1


class Ellipse(NamedTuple):
    """The embedding, and of each copy's episode the inverse of ridge plus the sum of outer products."""

    pupil: Student
    inverse: Float[Array, "B d d"]


def e3b(ground: Ground) -> Signal:
    """`f' C^-1 f` for the embedding f of the place reached, C of the episode before it.

    Source: Henaff et al. 2022, eq. 3 and algorithm 1 (ridge 0.1, C^-1 by rank-one updates); f is an inverse model's.
    """

    def bonus(state: Ellipse, trajectory: Trajectory) -> Float[Array, "T B"]:
        shown = moves(ground, state.pupil.seen, trajectory)
        found = state.pupil.networks.embed(shown.after)
        return shown.weight * elliptical(state.inverse, found, ends(trajectory))[1]

    def update(state: Ellipse, trajectory: Trajectory, key: Key) -> tuple[Ellipse, Metrics]:
        shown = moves(ground, state.pupil.seen, trajectory)
        found = state.pupil.networks.embed(shown.after)
        inverse, _ = elliptical(state.inverse, found, ends(trajectory))
        pupil, metrics = taught(state.pupil, ground, trajectory, key, Inverse.loss)
        return Ellipse(pupil, inverse), metrics

    def init(key: Key, atlas: Atlas) -> Ellipse:
        return Ellipse(
            student(Inverse(key, ground, OUTPUTS), ground),
            jnp.tile(jnp.eye(OUTPUTS) / RIDGE, (ground.copies, 1, 1)),
        )

    return Signal(init, bonus, update)


def elliptical(
    inverse: Float[Array, "B d d"], found: Float[Array, "T B d"], ended: Bool[Array, "T B"]
) -> tuple[Float[Array, "B d d"], Float[Array, "T B"]]:
    """The inverses after a rollout, and what each step's embedding was worth (Sherman and Morrison 1950)."""
    empty = jnp.eye(inverse.shape[-1]) / RIDGE

    def step(inverse: Array, here: tuple[Array, Array]) -> tuple[Array, Array]:
        f, ends = here
        u = jnp.einsum("bij,bj->bi", inverse, f)
        worth = (f * u).sum(-1)
        inverse = inverse - u[:, :, None] * u[:, None, :] / (1 + worth)[:, None, None]
        return jnp.where(ends[:, None, None], empty, inverse), worth

    return jax.lax.scan(step, inverse, (found, ended))
