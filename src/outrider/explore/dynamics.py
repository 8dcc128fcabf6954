"""Networks that model how the world moves, for signals: what an action did, and what it will do."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from outrider.explore.learned import Moves, encoded, inputs
from outrider.explore.signal import Ground
from outrider.ops.distribution import Space
from outrider.ops.layers import Perceptron
from outrider.types import Key

WIDTH = 64


class Inverse(eqx.Module):
    """An embedding of what is seen, from which the action between two sights can be told (Pathak et al. 2017).

    It keeps what the agent can influence, and drops what it cannot.
    """

    embed: Perceptron
    guess: Perceptron
    space: Space = eqx.field(static=True)

    def __init__(self, key: Key, ground: Ground, outputs: int):
        embed_key, guess_key = jax.random.split(key)
        self.embed = Perceptron(embed_key, (ground.size, WIDTH, outputs), 1.0)
        self.guess = Perceptron(guess_key, (2 * outputs, WIDTH, ground.space.outputs), 0.01)
        self.space = ground.space

    def loss(self, part: Moves) -> Float[Array, "n"]:
        """How unlikely the action taken is thought, in nats."""
        sights = jnp.concatenate([self.embed(part.before), self.embed(part.after)], -1)
        return -self.space.log_prob_and_entropy(self.guess(sights), part.action)[0]


class Forward(eqx.Module):
    """What an action will lead to, said of rows of numbers."""

    layers: Perceptron
    space: Space = eqx.field(static=True)

    def __init__(self, key: Key, space: Space, size: int, outputs: int):
        self.layers = Perceptron(key, (size + inputs(space), WIDTH, outputs), 1.0)
        self.space = space

    def __call__(self, rows: Float[Array, "*n size"], action: Array) -> Float[Array, "*n outputs"]:
        return self.layers(jnp.concatenate([rows, encoded(self.space, action)], -1))
