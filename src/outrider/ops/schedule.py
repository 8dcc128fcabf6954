"""How a weight in a loss, or a share of actions by chance, changes over a run."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from outrider.types import Number

# Of an entropy bonus that is steered: a policy that is far from its target for long, as one that has not found a reward
# yet, would otherwise take the weight where it needs as long to come back from.
LEAST_WEIGHT, MOST_WEIGHT = 1e-4, 10.0


def linear(step: Int[Array, ""], begin: Number, end: Number, steps: Number) -> Float[Array, ""]:
    """From `begin` to `end` over the first `steps` environment steps, then `end`; always `end` where there are none."""
    done = jnp.where(steps > 0, jnp.minimum(step / jnp.maximum(steps, 1.0), 1.0), 1.0)
    return begin + (end - begin) * done


def steered(weight: Number, entropy: Float[Array, ""], target: Number, gain: Number) -> Float[Array, ""]:
    """The weight of an entropy bonus after an update whose policy had this entropy, in nats: larger below `target`.

    One step of gradient descent on the logarithm of the weight (Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and
    Applications", eq. 18). There the step is multiplied by the weight itself, which makes small weights slow; here not.
    """
    return jnp.clip(weight * jnp.exp(gain * (target - entropy)), LEAST_WEIGHT, MOST_WEIGHT)
