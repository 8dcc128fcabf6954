"""Action spaces and the distributions over them: what a policy's outputs mean.

A space says how many numbers a policy gives (`outputs`), draws actions from them, and tells an action's log-probability
and the entropy, both in nats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from outrider.types import Key


@dataclass(frozen=True)
class Discrete:
    """One of `n` actions, from `n` logits."""

    n: int

    @property
    def outputs(self) -> int:
        """Numbers a policy gives."""
        return self.n

    def sample(self, key: Key, logits: Float[Array, "*b A"]) -> Int[Array, "*b"]:
        """One action a row."""
        return sample(key, logits)

    def log_prob_and_entropy(
        self, logits: Float[Array, "*b A"], action: Int[Array, "*b"]
    ) -> tuple[Float[Array, "*b"], Float[Array, "*b"]]:
        """Of each row's action and distribution."""
        return log_prob_and_entropy(logits, action)

    def best(self, logits: Float[Array, "*b A"]) -> Int[Array, "*b"]:
        """The likeliest action of each row."""
        return logits.argmax(-1)


@dataclass(frozen=True)
class MultiDiscrete:
    """Several choices at once, the k-th of `sizes[k]`, independent given the observation."""

    sizes: tuple[int, ...]

    @property
    def outputs(self) -> int:
        """Numbers a policy gives: all choices' logits, one after another."""
        return sum(self.sizes)

    def sample(self, key: Key, logits: Float[Array, "*b A"]) -> Int[Array, "*b K"]:
        """One action a row."""
        keys = jax.random.split(key, len(self.sizes))
        return jnp.stack([sample(k, part) for k, part in zip(keys, self._parts(logits), strict=True)], -1)

    def log_prob_and_entropy(
        self, logits: Float[Array, "*b A"], action: Int[Array, "*b K"]
    ) -> tuple[Float[Array, "*b"], Float[Array, "*b"]]:
        """Of each row's action and distribution: sums over the choices."""
        told = [log_prob_and_entropy(part, action[..., k]) for k, part in enumerate(self._parts(logits))]
        return sum(p for p, _ in told[1:]) + told[0][0], sum(e for _, e in told[1:]) + told[0][1]

    def best(self, logits: Float[Array, "*b A"]) -> Int[Array, "*b K"]:
        """The likeliest action of each row."""
        return jnp.stack([part.argmax(-1) for part in self._parts(logits)], -1)

    def _parts(self, logits: Float[Array, "*b A"]) -> list[Array]:
        ends = [sum(self.sizes[: k + 1]) for k in range(len(self.sizes))]
        return [logits[..., end - n : end] for end, n in zip(ends, self.sizes, strict=True)]


@dataclass(frozen=True)
class Continuous:
    """`size` real numbers, each normal: the outputs are their means, then their log standard deviations.

    Actions are not squashed; a world clips what it is given to its bounds (Huang et al. 2022, continuous detail 6).
    """

    size: int

    @property
    def outputs(self) -> int:
        """Numbers a policy gives."""
        return 2 * self.size

    def sample(self, key: Key, outputs: Float[Array, "*b A"]) -> Float[Array, "*b K"]:
        """One action a row."""
        mean, log_std = jnp.split(outputs, 2, axis=-1)
        return mean + jnp.exp(log_std) * jax.random.normal(key, mean.shape)

    def log_prob_and_entropy(
        self, outputs: Float[Array, "*b A"], action: Float[Array, "*b K"]
    ) -> tuple[Float[Array, "*b"], Float[Array, "*b"]]:
        """Of each row's action and distribution: log-density and differential entropy."""
        mean, log_std = jnp.split(outputs, 2, axis=-1)
        z = (action - mean) * jnp.exp(-log_std)
        log_prob = -0.5 * z**2 - log_std - 0.5 * math.log(2 * math.pi)
        return log_prob.sum(-1), (log_std + 0.5 * math.log(2 * math.pi * math.e)).sum(-1)

    def best(self, outputs: Float[Array, "*b A"]) -> Float[Array, "*b K"]:
        """The mean."""
        return outputs[..., : self.size]


Space = Discrete | MultiDiscrete | Continuous


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
