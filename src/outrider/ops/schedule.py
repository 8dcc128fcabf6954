"""How a weight in a loss, or a share of actions by chance, changes over a run."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from outrider.types import Number

MOST_WEIGHT = (
    10.0  # of an entropy bonus that is steered: a target that cannot be reached would raise it for ever
)


def linear(step: Int[Array, ""], begin: Number, end: Number, steps: Number) -> Float[Array, ""]:
    """From `begin` to `end` over the first `steps` environment steps, then `end`; always `end` where there are none."""
    done = jnp.where(steps > 0, jnp.minimum(step / jnp.maximum(steps, 1.0), 1.0), 1.0)
    return begin + (end - begin) * done


def steered(weight: Number, entropy: Float[Array, ""], target: Number, gain: Number) -> Float[Array, ""]:
    """The weight of an entropy bonus after an update whose policy had this entropy, in nats: larger below `target`.

    One step of gradient descent on the logarithm of the weight (Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and
    Applications", eq. 18). There the step is multiplied by the weight itself, which makes small weights slow; here not.
    """
    return jnp.minimum(weight * jnp.exp(gain * (target - entropy)), MOST_WEIGHT)
