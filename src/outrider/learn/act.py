"""Acting for host worlds: one small jitted call a step and group, with the network as one vector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from outrider.agents.actor_critic import ActorCritic
from outrider.types import Obs


class Deed(NamedTuple):
    """What an agent does in `n` copies, and what it thinks of them."""

    action: np.ndarray
    log_prob: np.ndarray
    value: np.ndarray


class Actor(NamedTuple):
    """Acts with parameters given as one vector, so that a call hands over few arrays."""

    act: Callable[..., tuple]
    worth: Callable[..., Array]

    def __call__(
        self, parameters: Float[Array, "P"], memory: Any, rows: np.ndarray, restart: np.ndarray, key: tuple
    ) -> tuple[Deed, Any]:
        """Actions on some rows, and the memory after them. `key` and the step's number give the chance."""
        action, log_prob, value, memory = self.act(parameters, memory, rows, restart, *key)
        return Deed(np.asarray(action), np.asarray(log_prob), np.asarray(value)), memory

    def value(self, parameters: Float[Array, "P"], memory: Any, rows: np.ndarray, restart: np.ndarray):
        """What rows are worth, `[n]`."""
        return np.asarray(self.worth(parameters, memory, rows, restart))


def actor_of(network: ActorCritic) -> Actor:
    """An actor for networks of this one's shape."""
    as_network = ravel_pytree(network)[1]

    def act(parameters: Array, memory: Any, rows: Array, restart: Array, key: Array, step: Array) -> tuple:
        outputs, value, memory = as_network(parameters).act(memory, _seen(rows), restart)
        action = network.space.sample(jax.random.fold_in(key, step), outputs)
        return action, network.space.log_prob_and_entropy(outputs, action)[0], value, memory

    def worth(parameters: Array, memory: Any, rows: Array, restart: Array) -> Array:
        return as_network(parameters).act(memory, _seen(rows), restart)[1]

    return Actor(jax.jit(act), jax.jit(worth))


def _seen(rows: Array) -> Obs:
    """A host's rows as an observation without a grid."""
    return Obs(grid=jnp.zeros((len(rows), 0, 0), jnp.uint8), vector=rows)
