"""The clipped losses of PPO, as means over samples."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

from outrider.types import Number


def policy_loss(log_ratio: Float[Array, "N"], advantage: Float[Array, "N"], clip: Number) -> Float[Array, ""]:
    """Clipped surrogate objective (Schulman et al. 2017, eq. 7), negated."""
    ratio = jnp.exp(log_ratio)
    clipped = jnp.clip(ratio, 1 - clip, 1 + clip)
    return -jnp.minimum(ratio * advantage, clipped * advantage).mean()


def value_loss(
    value: Float[Array, "N"], old: Float[Array, "N"], target: Float[Array, "N"], clip: Number
) -> Float[Array, ""]:
    """Half the squared error, the larger of the plain and the clipped one (Huang et al. 2022, detail 9)."""
    near = old + jnp.clip(value - old, -clip, clip)
    return 0.5 * jnp.maximum((value - target) ** 2, (near - target) ** 2).mean()


def normalise(
    advantage: Float[Array, "*m N"], over: Callable[[Array], Array] = lambda moment: moment
) -> Float[Array, "*m N"]:
    """Advantages of each minibatch at mean 0 and standard deviation 1 (Huang et al. 2022, detail 7).

    `over` averages a moment over the learners that share the minibatch.
    """
    centred = advantage - over(advantage.mean(-1, keepdims=True))
    return centred / (jnp.sqrt(over((centred**2).mean(-1, keepdims=True))) + 1e-8)
