"""How the small networks inside signals learn from a rollout: a share of its steps, in a few minibatches, by Adam."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from outrider.explore.signal import Ground, Metrics, payable
from outrider.ops.distribution import Continuous, Discrete, Space
from outrider.ops.moments import Moments
from outrider.ops.shuffle import shuffled
from outrider.types import Key, Trajectory

SHARE = 0.25  # of a rollout's steps that are learned from (Burda et al. 2019: 25 % of the experience)
MINIBATCHES = 4
LEARNING_RATE = 1e-3
MOST = 5.0  # deviations, beyond which what a network is shown is cut off (Burda et al. 2019)


class Moves(NamedTuple):
    """Steps, `[*n, ...]`: what was seen, done and reached, in rows; `weight` is 0 where the step led nowhere."""

    before: Float[Array, "*n size"]
    action: Array
    after: Float[Array, "*n size"]
    weight: Float[Array, "*n"]


class Student(NamedTuple):
    """Networks that learn, their optimiser (which sees one vector), and the moments of what they are shown."""

    networks: Any
    optimiser: optax.OptState
    seen: Moments


Loss = Callable[[Any, Moves], Float[Array, "n"]]  # of each move, by the networks


def student(networks: Any, ground: Ground) -> Student:
    """Before the first rollout."""
    return Student(networks, _adam().init(ravel_pytree(networks)[0]), Moments.of(ground.size))


def moves(ground: Ground, seen: Moments, trajectory: Trajectory) -> Moves:
    """A rollout's steps `[T, B, ...]`, what is seen standardised."""
    before, after = (seen.standard(ground.rows(obs), MOST) for obs in (trajectory.obs, trajectory.reached))
    return Moves(before, trajectory.action, after, payable(trajectory).astype(jnp.float32))


def taught(
    pupil: Student, ground: Ground, trajectory: Trajectory, key: Key, loss: Loss
) -> tuple[Student, Metrics]:
    """After one pass over a share of the rollout."""
    rows = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), moves(ground, pupil.seen, trajectory))
    minibatches = min(MINIBATCHES, len(rows.weight))
    size = max(1, int(len(rows.weight) * SHARE) // minibatches)
    order = shuffled(key, len(rows.weight))[: size * minibatches].reshape(minibatches, size)
    parameters, as_networks = ravel_pytree(pupil.networks)

    def cost(parameters: Array, part: Moves) -> Array:
        each = loss(as_networks(parameters), part)
        return (each * part.weight).sum() / jnp.maximum(part.weight.sum(), 1.0)

    def minibatch(carry: tuple, which: Array) -> tuple[tuple, Array]:
        parameters, state = carry
        told, gradient = jax.value_and_grad(cost)(parameters, jax.tree.map(lambda x: x[which], rows))
        change, state = _adam().update(gradient, state, parameters)
        return (optax.apply_updates(parameters, change), state), told

    (parameters, optimiser), told = jax.lax.scan(minibatch, (parameters, pupil.optimiser), order)
    seen = pupil.seen.merged(ground.rows(trajectory.obs).reshape(-1, ground.size))
    return Student(as_networks(parameters), optimiser, seen), {"loss": told.mean()}


def encoded(space: Space, action: Array) -> Float[Array, "*n inputs"]:
    """Actions as rows of numbers for a network: choices as zeros and a one."""
    if isinstance(space, Continuous):
        return action
    if isinstance(space, Discrete):
        return jax.nn.one_hot(action, space.n)
    return jnp.concatenate([jax.nn.one_hot(action[..., k], n) for k, n in enumerate(space.sizes)], -1)


def inputs(space: Space) -> int:
    """Length of such a row."""
    return space.size if isinstance(space, Continuous) else space.outputs


def _adam() -> optax.GradientTransformation:
    return optax.adam(LEARNING_RATE)
