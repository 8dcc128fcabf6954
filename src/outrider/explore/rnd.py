"""Random network distillation: surprise at what was seen seldom."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from outrider.explore.learned import MOST, Moves, Student, moves, student, taught
from outrider.explore.signal import Ground, Metrics, Signal
from outrider.ops.layers import Perceptron
from outrider.types import Atlas, Key, Trajectory, Transition

WIDTH, OUTPUTS = 64, 64


class Distilled(NamedTuple):
    """A random network that never learns, and one that learns to say what it says."""

    target: Perceptron
    pupil: Student


def rnd(ground: Ground) -> Signal:
    """Half the mean squared difference between what a random network says of the place reached and what was expected.

    Source: Burda et al. 2019, section 2.2; wrap it in `normalise`, as they do (2.4). Deviations: flat networks of one
    hidden layer, no separate value head, and the first rollout is not standardised where they take random steps before.
    """

    def init(key: Key, atlas: Atlas) -> Distilled:
        target, predictor = (Perceptron(k, (ground.size, WIDTH, OUTPUTS), 1.0) for k in jax.random.split(key))
        return Distilled(target, student(predictor, ground))

    def bonus(state: Distilled, trajectory: Trajectory) -> Float[Array, "T B"]:
        shown = moves(ground, state.pupil.seen, trajectory)
        return shown.weight * surprise(state.target, state.pupil.networks, shown.after)

    def update(state: Distilled, trajectory: Trajectory, key: Key) -> tuple[Distilled, Metrics]:
        def loss(predictor: Perceptron, part: Moves) -> Array:
            return surprise(state.target, predictor, part.after)

        pupil, metrics = taught(state.pupil, ground, trajectory, key, loss)
        return Distilled(state.target, pupil), metrics

    def again(state: Distilled, steps: Transition) -> Float[Array, "N"]:
        rows = state.pupil.seen.standard(ground.features(steps.next), MOST)
        return jnp.where(steps.terminated, 0.0, surprise(state.target, state.pupil.networks, rows))

    return Signal(init, bonus, update, again=again)


def surprise(target: Perceptron, predictor: Perceptron, rows: Float[Array, "*n size"]) -> Float[Array, "*n"]:
    """Half the mean squared difference of the two networks' outputs."""
    return 0.5 * jnp.square(target(rows) - predictor(rows)).mean(-1)
