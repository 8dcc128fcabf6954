"""Several Q-networks, each beside a random prior of its own: an episode follows one of them, and so explores deeply."""

from __future__ import annotations

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt32

from outrider.agents.features import Features
from outrider.agents.q_network import EpsilonGreedy, QNetwork
from outrider.agents.rows import RowFeatures
from outrider.ops.distribution import Discrete
from outrider.ops.q_learning import epsilon_greedy
from outrider.types import Key, Obs


class Members(eqx.Module):
    """`Q_k = f_k + prior * p_k` for each member k, `p_k` random and never learned (Osband et al. 2018, eq. 5).

    Arrays have a leading axis of members. What a member does not know it imagines by its prior, each otherwise.
    """

    learned: QNetwork
    priors: QNetwork
    prior: float = eqx.field(static=True)

    def __init__(self, key: Key, made: Callable[[Key], QNetwork], members: int, prior: float):
        learned_key, prior_key = jax.random.split(key)
        self.learned = jax.vmap(made)(jax.random.split(learned_key, members))
        self.priors = jax.vmap(made)(jax.random.split(prior_key, members))
        self.prior = prior

    @property
    def features(self) -> Features | RowFeatures:
        """Those of every member."""
        return self.learned.features

    @property
    def space(self) -> Discrete:
        """That of every member."""
        return self.learned.space

    @property
    def size(self) -> int:
        """How many members there are."""
        return len(self.learned.advantage.bias)

    @property
    def trained(self) -> QNetwork:
        """What is learned, without the priors."""
        return self.learned

    def retrained(self, learned: QNetwork) -> Members:
        """The same priors beside other learned networks."""
        return eqx.tree_at(lambda members: members.learned, self, learned)

    def __call__(self, features: Float[Array, "*n size"] | Int[Array, "*n"]) -> Float[Array, "m *n A"]:
        said = jax.vmap(lambda network: network(features))
        return said(self.learned) + self.prior * jax.lax.stop_gradient(said(self.priors))


class Bootstrapped(EpsilonGreedy):
    """Acts by the values of the member that the copy's episode follows; a new one is drawn at its start.

    The memory of a copy is a word of 32 random bits: its remainder is the member, and each episode mixes the next.
    """

    values: Members  # type: ignore[assignment]

    def start(self, copies: int) -> UInt32[Array, "n"]:  # type: ignore[override]
        """Every copy with a word of its own; the members are spread evenly."""
        return jnp.arange(copies, dtype=jnp.uint32)

    def act(  # type: ignore[override]
        self, held: UInt32[Array, "n"], obs: Obs, restart: Bool[Array, "n"]
    ) -> tuple[Float[Array, "n A"], Float[Array, "n"], UInt32[Array, "n"]]:
        """Log-probabilities of the actions and the value of the best one, by each copy's member; the words."""
        held = jnp.where(restart, _mixed(held), held)
        every = self.values(self.values.features.inputs(obs))
        member = (held % self.values.size).astype(jnp.int32)
        values = jnp.take_along_axis(every, member[None, :, None], axis=0)[0]
        return epsilon_greedy(values, self.epsilon), values.max(-1), held


def _mixed(word: UInt32[Array, "n"]) -> UInt32[Array, "n"]:
    """Another word that looks random beside it (the finaliser of MurmurHash3, Appleby 2011)."""
    word = word + jnp.uint32(0x9E3779B9)
    word = (word ^ (word >> 16)) * jnp.uint32(0x85EBCA6B)
    word = (word ^ (word >> 13)) * jnp.uint32(0xC2B2AE35)
    return word ^ (word >> 16)
