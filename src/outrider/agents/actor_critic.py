"""The network of a policy-gradient agent: one multi-layer perceptron for the policy, one for the value."""

from __future__ import annotations

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from outrider.types import Key, Obs
from outrider.worlds.minigrid import tiles as t


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
        self.layers = [Layer(k, i, o, g) for k, i, o, g in zip(keys, sizes[:-1], sizes[1:], gains, strict=True)]

    def __call__(self, x: Float[Array, "n inputs"]) -> Float[Array, "n outputs"]:
        for layer in self.layers[:-1]:
            x = jnp.tanh(layer(x))
        return self.layers[-1](x)


class ActorCritic(eqx.Module):
    """Policy logits and value of a batch of observations."""

    actor: Perceptron
    critic: Perceptron

    def __init__(self, key: Key, inputs: int, actions: int, width: int, depth: int):
        actor_key, critic_key = jax.random.split(key)
        hidden = (inputs, *[width] * depth)
        self.actor = Perceptron(actor_key, (*hidden, actions), gain=0.01)
        self.critic = Perceptron(critic_key, (*hidden, 1), gain=1.0)

    def __call__(self, obs: Obs) -> tuple[Float[Array, "n actions"], Float[Array, "n"]]:
        x = features(obs)
        return self.actor(x), self.critic(x)[:, 0]

    def value(self, obs: Obs) -> Float[Array, "n"]:
        """The value alone."""
        return self.critic(features(obs))[:, 0]


def features(obs: Obs) -> Float[Array, "n k"]:
    """A flat row of numbers of about unit size: tile and colour of each cell, then the vector."""
    cells = obs.grid.reshape(obs.grid.shape[0], -1)
    tile, colour = cells // t.COLOURS, cells % t.COLOURS
    return jnp.concatenate([tile / t.TILES, colour / t.COLOURS, obs.vector], axis=-1).astype(jnp.float32)


def inputs_of(grid: tuple[int, int], vector: int) -> int:
    """Length of `features` for a view and a vector."""
    return 2 * grid[0] * grid[1] + vector
