"""Advantages of a rollout."""

from __future__ import annotations

import jax
from jaxtyping import Array, Bool, Float

from outrider.types import Number


def gae(
    reward: Float[Array, "T B"],
    value: Float[Array, "T B"],
    next_value: Float[Array, "T B"],
    terminated: Bool[Array, "T B"],
    truncated: Bool[Array, "T B"],
    discount: Number,
    trace: Number | Float[Array, "T B"],
) -> Float[Array, "T B"]:
    """Generalised advantage estimation (Schulman et al. 2016, eq. 16), with termination told from truncation.

    `next_value[t]` is the value of the observation that step t led to, before any reset. A terminated step has no
    future; a truncated one keeps the value of its future but hands no advantage back across the reset.
    `trace` may be one number or each step's own: how far it trusts what came after it.
    """
    delta = reward + discount * next_value * ~terminated - value
    carry_on = discount * trace * ~(terminated | truncated)

    def back(later: Array, step: tuple[Array, Array]) -> tuple[Array, Array]:
        delta, carry_on = step
        advantage = delta + carry_on * later
        return advantage, advantage

    _, advantage = jax.lax.scan(back, jax.numpy.zeros_like(delta[0]), (delta, carry_on), reverse=True)
    return advantage
