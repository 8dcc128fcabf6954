"""Intrinsic curiosity: surprise at what one's action led to, in what can be influenced."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from outrider.explore.dynamics import Forward, Inverse
from outrider.explore.learned import Moves, Student, moves, student, taught
from outrider.explore.signal import Ground, Signal
from outrider.types import Atlas, Key, Trajectory

OUTPUTS = 32
BETA = 0.2  # weight of the forward loss against the inverse one


class Curiosity(eqx.Module):
    """The two models."""

    inverse: Inverse
    forward: Forward

    def __init__(self, key: Key, ground: Ground):
        inverse_key, forward_key = jax.random.split(key)
        self.inverse = Inverse(inverse_key, ground, OUTPUTS)
        self.forward = Forward(forward_key, ground.space, OUTPUTS, OUTPUTS)

    def surprise(self, part: Moves) -> Float[Array, "*n"]:
        """Half the squared error of what was expected to be reached, in the embedding (eq. 5)."""
        before, after = self.inverse.embed(part.before), self.inverse.embed(part.after)
        return 0.5 * jnp.square(self.forward(before, part.action) - after).sum(-1)

    def loss(self, part: Moves) -> Float[Array, "n"]:
        """Both models' (eq. 7)."""
        return (1 - BETA) * self.inverse.loss(part) + BETA * self.surprise(part)


def icm(ground: Ground) -> Signal:
    """The forward model's surprise at where a step led. Source: Pathak et al. 2017, eq. 5 to 7; flat networks."""

    def init(key: Key, atlas: Atlas) -> Student:
        return student(Curiosity(key, ground), ground)

    def bonus(state: Student, trajectory: Trajectory) -> Float[Array, "T B"]:
        shown = moves(ground, state.seen, trajectory)
        return shown.weight * state.networks.surprise(shown)

    return Signal(
        init,
        bonus,
        lambda state, trajectory, key: taught(state, ground, trajectory, key, Curiosity.loss),
    )
