"""Mathematics of learning from demonstrations: the loss, and how its weight fades."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from outrider.types import Number


def cross_entropy(log_prob: Float[Array, "N"]) -> Float[Array, ""]:
    """Of shown actions under the policy, in nats: the mean of their negative log-probabilities.

    Up to a constant it is the Kullback-Leibler divergence from whoever showed them to the policy (Pomerleau 1991;
    Ross et al. 2011 call it a surrogate loss).
    """
    return -log_prob.mean()


def fading(weight: Number, step: Int[Array, ""], steps: Number) -> Float[Array, ""]:
    """Linear from `weight` to 0 over the first `steps` environment steps, then 0; always 0 where there are none."""
    return weight * jnp.maximum(steps - step, 0.0) / jnp.maximum(steps, 1.0)
