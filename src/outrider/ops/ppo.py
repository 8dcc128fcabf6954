"""The clipped losses of PPO, as means over samples."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float


def policy_loss(log_ratio: Float[Array, "N"], advantage: Float[Array, "N"], clip: float) -> Float[Array, ""]:
    """Clipped surrogate objective (Schulman et al. 2017, eq. 7), negated."""
    ratio = jnp.exp(log_ratio)
    clipped = jnp.clip(ratio, 1 - clip, 1 + clip)
    return -jnp.minimum(ratio * advantage, clipped * advantage).mean()


def value_loss(
    value: Float[Array, "N"], old: Float[Array, "N"], target: Float[Array, "N"], clip: float
) -> Float[Array, ""]:
    """Half the squared error, the larger of the plain and the clipped one (Huang et al. 2022, detail 9)."""
    near = old + jnp.clip(value - old, -clip, clip)
    return 0.5 * jnp.maximum((value - target) ** 2, (near - target) ** 2).mean()


def normalise(advantage: Float[Array, "N"]) -> Float[Array, "N"]:
    """Advantages of a minibatch at mean 0 and standard deviation 1 (Huang et al. 2022, detail 7)."""
    return (advantage - advantage.mean()) / (advantage.std() + 1e-8)
