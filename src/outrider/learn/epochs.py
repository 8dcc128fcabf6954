"""Gradient descent over minibatches: the innermost loop of every learner that learns from what it has at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import jax
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from outrider.learn.team import Team
from outrider.types import Key

Model = TypeVar("Model")
Lesson = TypeVar("Lesson")  # what the loss of one minibatch asks for; stacked, those of an epoch
Told = TypeVar("Told")  # what a loss tells beside itself, such as an entropy


def epochs(
    model: Model,
    state: optax.OptState,
    optimiser: optax.GradientTransformation,
    minibatches: Callable[[Key], Lesson],
    loss: Callable[[Model, Lesson], tuple[Float[Array, ""], Told]],
    keys: Key,
    team: Team,
) -> tuple[Model, optax.OptState, Float[Array, ""], Told]:
    """One epoch a key, each of the lessons `[minibatches, ...]` that `minibatches` makes of its key.

    Returns the model and its optimiser's state after all of them, and the means of the losses and of what else they
    told. The optimiser sees the parameters as one vector. A `team` averages the gradients of its learners.
    """
    parameters, as_model = ravel_pytree(model)

    def epoch(carry: tuple, key: Key) -> tuple[tuple, tuple]:
        return jax.lax.scan(minibatch, carry, minibatches(key))

    def minibatch(carry: tuple, lesson: Any) -> tuple[tuple, tuple]:
        parameters, state = carry
        of = jax.value_and_grad(lambda parameters: loss(as_model(parameters), lesson), has_aux=True)
        told, gradient = of(parameters)
        change, state = optimiser.update(team.mean(gradient), state, parameters)
        return (optax.apply_updates(parameters, change), state), told

    (parameters, state), told = jax.lax.scan(epoch, (parameters, state), keys)
    return as_model(parameters), state, *jax.tree.map(lambda each: each.mean(), told)
