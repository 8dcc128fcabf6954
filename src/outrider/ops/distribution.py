"""Categorical distributions from logits."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from outrider.types import Key


def sample(key: Key, logits: Float[Array, "*n A"]) -> Int[Array, "*n"]:
    """One action from each row of logits."""
    return jax.random.categorical(key, logits)


def log_prob_and_entropy(
    logits: Float[Array, "*n A"], action: Int[Array, "*n"]
) -> tuple[Float[Array, "*n"], Float[Array, "*n"]]:
    """Log-probability of the action and entropy of the distribution, in nats."""
    log_p = jax.nn.log_softmax(logits)
    chosen = jnp.sum(jnp.where(jnp.arange(logits.shape[-1]) == action[..., None], log_p, 0.0), axis=-1)
    return chosen, -jnp.sum(jnp.exp(log_p) * log_p, axis=-1)
