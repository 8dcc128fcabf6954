"""The network of a policy-gradient agent: one multi-layer perceptron for the policy, one for the value."""

from __future__ import annotations

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from outrider.agents.features import Features
from outrider.types import Key, Obs


class Layer(eqx.Module):
    """An affine map with an orthogonal weight (Saxe et al. 2014) and a zero bias, for rows of inputs."""

    weight: Float[Array, "inputs outputs"]
    bias: Float[Array, "outputs"]

    def __init__(self, key: Key, inputs: int, outputs: int, gain: float):
        self.weight = jax.nn.initializers.orthogonal(gain)(key, (inputs, outputs))
        self.bias = jnp.zeros(outputs)

    def __call__(self, x: Float[Array, "n inputs"]) -> Float[Array, "n outputs"]:
        return x @ self.weight + self.bias


class Perceptron(eqx.Module):
    """Layers with tanh between them; the last one's gain is the caller's."""

    layers: list[Layer]

    def __init__(self, key: Key, sizes: Sequence[int], gain: float):
        gains = [2**0.5] * (len(sizes) - 2) + [gain]
        keys = jax.random.split(key, len(gains))
        self.layers = [
            Layer(k, i, o, g) for k, i, o, g in zip(keys, sizes[:-1], sizes[1:], gains, strict=True)
        ]

    def __call__(self, x: Float[Array, "n inputs"]) -> Float[Array, "n outputs"]:
        for layer in self.layers[:-1]:
            x = jnp.tanh(layer(x))
        return self.layers[-1](x)


class ActorCritic(eqx.Module):
    """Policy logits and value of a batch of observations."""

    actor: Perceptron
    critic: Perceptron
    features: Features = eqx.field(static=True)

    def __init__(self, key: Key, features: Features, actions: int, width: int, depth: int):
        actor_key, critic_key = jax.random.split(key)
        hidden = (features.size, *[width] * depth)
        self.features = features
        self.actor = Perceptron(actor_key, (*hidden, actions), gain=0.01)
        self.critic = Perceptron(critic_key, (*hidden, 1), gain=1.0)

    def __call__(self, obs: Obs) -> tuple[Float[Array, "n actions"], Float[Array, "n"]]:
        return self.of(self.features(obs))

    def of(self, x: Float[Array, "n size"]) -> tuple[Float[Array, "n actions"], Float[Array, "n"]]:
        """As a call, from features already computed."""
        return self.actor(x), self.critic(x)[:, 0]

    def value(self, obs: Obs) -> Float[Array, "n"]:
        """The value alone."""
        return self.critic(self.features(obs))[:, 0]
