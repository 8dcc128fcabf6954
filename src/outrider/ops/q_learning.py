"""Mathematics of Q-learning: returns and targets, the error's loss, epsilon-greedy policies.

Termination is not truncation: a terminated step has no future, a truncated one keeps the value of what it ended in,
which the caller gives as its next value.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from outrider.ops.advantage import gae
from outrider.types import Number

LEAST = 1e-10  # the probability of what an epsilon of 0 rules out, so that entropies stay finite


def chosen(values: Float[Array, "*n A"], action: Int[Array, "*n"]) -> Float[Array, "*n"]:
    """The value of each row's action."""
    return jnp.take_along_axis(values, action[..., None], axis=-1)[..., 0]


def double_value(online: Float[Array, "*n A"], target: Float[Array, "*n A"]) -> Float[Array, "*n"]:
    """What the target network thinks of the online network's best action (van Hasselt et al. 2016, eq. 4)."""
    return chosen(target, online.argmax(-1))


def one_step_return(
    reward: Float[Array, "*n"],
    next_value: Float[Array, "*n"],
    terminated: Bool[Array, "*n"],
    discount: Number,
) -> Float[Array, "*n"]:
    """The target of one-step Q-learning (Mnih et al. 2015): the reward and what is left to be had."""
    return reward + discount * next_value * ~terminated


def lambda_return(
    reward: Float[Array, "T B"],
    value: Float[Array, "T B"],
    next_value: Float[Array, "T B"],
    terminated: Bool[Array, "T B"],
    truncated: Bool[Array, "T B"],
    discount: Number,
    trace: Number,
) -> Float[Array, "T B"]:
    """Peng's Q(lambda), by which PQN learns (Gallici et al. 2024, section 4): `value` is that of the best action.

    `R[t] = r[t] + discount * (trace * R[t + 1] + (1 - trace) * next_value[t])`, cut at both kinds of end. Traces go on
    through exploratory actions, as in the paper. It is `gae` over the best values, with the values added again.
    """
    return value + gae(reward, value, next_value, terminated, truncated, discount, trace)


def huber(error: Float[Array, "*n"]) -> Float[Array, "*n"]:
    """Half the squared error up to 1 from 0, linear beyond (Mnih et al. 2015, "error clipping")."""
    size = jnp.abs(error)
    near = jnp.minimum(size, 1.0)
    return 0.5 * near**2 + (size - near)


def epsilon_greedy(values: Float[Array, "*n A"], epsilon: Number) -> Float[Array, "*n A"]:
    """Log-probabilities, in nats: the best action (the first of equals), but for `epsilon` any, uniformly."""
    actions = values.shape[-1]
    best = values.argmax(-1)[..., None] == jnp.arange(actions)
    return jnp.log(epsilon / actions + (1 - epsilon) * best + LEAST)
