"""The clipped losses of PPO, as means over samples; `weight` leaves out those where it is 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from outrider.ops.distribution import Space
from outrider.types import Number


class Sample(NamedTuple):
    """What the loss asks about one action, or, for a network with a memory, about one copy's whole rollout."""

    given: tuple[Array, ...]  # `[N, *T, ...]`, what the network is given: features, and what belongs to them
    action: Array
    log_prob: Float[Array, "N *T"]
    value: Float[Array, "N *T"]
    advantage: Float[Array, "N *T"]
    target: Float[Array, "N *T"]
    weight: Float[Array, "N *T"] | None = None  # 0 where no action was taken; None where all were


def clipped_loss(
    space: Space,
    outputs: Float[Array, "N *T A"],
    value: Float[Array, "N *T"],
    part: Sample,
    clip: Number,
    value_weight: Number,
    entropy_weight: Number,
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """PPO's loss of what a network gives for a minibatch (Schulman et al. 2017, eq. 9), and its entropy in nats."""
    log_prob, entropy = space.log_prob_and_entropy(outputs, part.action)
    entropy = mean(entropy, part.weight)
    loss = (
        policy_loss(log_prob - part.log_prob, part.advantage, clip, part.weight)
        + value_weight * value_loss(value, part.value, part.target, clip, part.weight)
        - entropy_weight * entropy
    )
    return loss, entropy


def mean(x: Array, weight: Array | None = None, axis: int | None = None) -> Array:
    """Of the samples whose weight is 1; 0 where there is none. Without weights, of all, and to the bit what weights
    that are all 1 give.
    """
    kept = axis is not None
    if weight is None:
        return x.mean(axis, keepdims=kept)
    share = weight.mean(axis, keepdims=True)
    return (x * (weight / jnp.where(share > 0, share, 1.0))).mean(axis, keepdims=kept)


def policy_loss(
    log_ratio: Float[Array, "N"],
    advantage: Float[Array, "N"],
    clip: Number,
    weight: Float[Array, "N"] | None = None,
) -> Float[Array, ""]:
    """Clipped surrogate objective (Schulman et al. 2017, eq. 7), negated."""
    ratio = jnp.exp(log_ratio)
    clipped = jnp.clip(ratio, 1 - clip, 1 + clip)
    return -mean(jnp.minimum(ratio * advantage, clipped * advantage), weight)


def value_loss(
    value: Float[Array, "N"],
    old: Float[Array, "N"],
    target: Float[Array, "N"],
    clip: Number,
    weight: Float[Array, "N"] | None = None,
) -> Float[Array, ""]:
    """Half the squared error, the larger of the plain and the clipped one (Huang et al. 2022, detail 9)."""
    near = old + jnp.clip(value - old, -clip, clip)
    return 0.5 * mean(jnp.maximum((value - target) ** 2, (near - target) ** 2), weight)


def normalise(
    advantage: Float[Array, "*m N"],
    over: Callable[[Array], Array] = lambda moment: moment,
    weight: Float[Array, "*m N"] | None = None,
) -> Float[Array, "*m N"]:
    """Advantages of each minibatch at mean 0 and standard deviation 1 (Huang et al. 2022, detail 7).

    `over` averages a moment over the learners that share the minibatch.
    """
    centred = advantage - over(mean(advantage, weight, -1))
    return centred / (jnp.sqrt(over(mean(centred**2, weight, -1))) + 1e-8)
