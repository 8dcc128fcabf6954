"""The gated transformer-XL of Parisotto et al. 2020 ("Stabilizing Transformers for RL"), as a memory.

Each block attends from every step to itself and to the `window` steps before it, within the episode. Departures: the
distance of two steps enters as one learned number a head (Raffel et al. 2020) in place of Transformer-XL's sinusoids.
"""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from outrider.ops.layers import Layer, Norm
from outrider.types import Key

HEADS = 4


class Held(NamedTuple):
    """The inputs of each block at the last `M` steps, and which of them belong to the episode."""

    inputs: Float[Array, "n L M width"]
    valid: Bool[Array, "n M"]


class Gate(eqx.Module):
    """The GRU gate (eq. 8 of the paper): how much of a block's output `y` enters its input `x`. Begins near none."""

    of_y: Layer  # to reset, update, candidate
    of_x: Layer  # to reset, update
    of_reset: Layer
    bias: Float[Array, "width"]

    def __init__(self, key: Key, width: int):
        keys = jax.random.split(key, 3)
        self.of_y = Layer(keys[0], width, 3 * width, 1.0)
        self.of_x = Layer(keys[1], width, 2 * width, 1.0)
        self.of_reset = Layer(keys[2], width, width, 1.0)
        self.bias = jnp.full(width, 2.0)

    def __call__(self, x: Float[Array, "*n width"], y: Float[Array, "*n width"]) -> Float[Array, "*n width"]:
        reset_y, update_y, candidate_y = jnp.split(self.of_y(y), 3, axis=-1)
        reset_x, update_x = jnp.split(self.of_x(x), 2, axis=-1)
        reset = jax.nn.sigmoid(reset_y + reset_x)
        update = jax.nn.sigmoid(update_y + update_x - self.bias)
        candidate = jnp.tanh(candidate_y + self.of_reset(reset * x))
        return (1 - update) * x + update * candidate


class Block(eqx.Module):
    """Attention and a perceptron, each on normalised inputs, rectified and gated into the stream."""

    before: Norm
    query: Layer
    key_value: Layer
    out: Layer
    distance: Float[Array, "heads M+1"]
    gate: Gate
    middle: Norm
    wide: Layer
    narrow: Layer
    second_gate: Gate
    heads: int = eqx.field(static=True)

    def __init__(self, key: Key, width: int, heads: int, window: int):
        keys = jax.random.split(key, 7)
        self.before, self.middle, self.heads = Norm(width), Norm(width), heads
        self.query = Layer(keys[0], width, width, 1.0)
        self.key_value = Layer(keys[1], width, 2 * width, 1.0)
        self.out = Layer(keys[2], width, width, 1.0)
        self.distance = jnp.zeros((heads, window + 1))
        self.gate, self.second_gate = Gate(keys[3], width), Gate(keys[4], width)
        self.wide, self.narrow = (
            Layer(keys[5], width, 2 * width, 2**0.5),
            Layer(keys[6], 2 * width, width, 1.0),
        )

    def __call__(
        self, past: Float[Array, "n M width"], x: Float[Array, "n T width"], seen: Bool[Array, "n T M+T"]
    ) -> Float[Array, "n T width"]:
        """`seen` tells which of the past and present steps each step may attend to."""
        whole = self.before(jnp.concatenate([past, x], axis=1))
        n, keys, width = whole.shape
        steps, window = x.shape[1], past.shape[1]

        def split(z: Array) -> Array:
            return z.reshape(n, -1, self.heads, width // self.heads)

        query = split(self.query(whole[:, window:]))
        key, value = (split(part) for part in jnp.split(self.key_value(whole), 2, axis=-1))
        score = jnp.einsum("nthd,nkhd->nhtk", query, key) / (width // self.heads) ** 0.5
        apart = window + jnp.arange(steps)[:, None] - jnp.arange(keys)[None]
        score += self.distance[:, jnp.clip(apart, 0, window)]
        weight = jax.nn.softmax(jnp.where(seen[:, None], score, -1e30), axis=-1)
        attended = self.out(jnp.einsum("nhtk,nkhd->nthd", weight, value).reshape(n, steps, width))
        x = self.gate(x, jax.nn.relu(attended))
        return self.second_gate(x, jax.nn.relu(self.narrow(jax.nn.relu(self.wide(self.middle(x))))))


class GTrXL(eqx.Module):
    """`blocks` blocks over the last `window` steps."""

    blocks: list[Block]
    window: int = eqx.field(static=True)
    width: int = eqx.field(static=True)

    def __init__(self, key: Key, width: int, blocks: int = 2, heads: int = HEADS, window: int = 32):
        self.blocks = [Block(k, width, heads, window) for k in jax.random.split(key, blocks)]
        self.window, self.width = window, width

    def start(self, copies: int) -> Held:
        """Nothing is held."""
        inputs = jnp.zeros((copies, len(self.blocks), self.window, self.width))
        return Held(inputs, jnp.zeros((copies, self.window), bool))

    def step(
        self, held: Held, x: Float[Array, "n width"], restart: Bool[Array, "n"]
    ) -> tuple[Held, Float[Array, "n width"]]:
        """What is held after one more step, and what the heads see."""
        inputs, out = self._through(held, x[:, None], restart[:, None])
        kept = jnp.concatenate([held.inputs[:, :, 1:], inputs], axis=2)
        now = jnp.ones((len(x), 1), bool)
        return Held(kept, jnp.concatenate([held.valid[:, 1:] & ~restart[:, None], now], axis=1)), out[:, 0]

    def unroll(
        self, held: Held, x: Float[Array, "n T width"], restart: Bool[Array, "n T"]
    ) -> Float[Array, "n T width"]:
        """As `T` steps."""
        return self._through(held, x, restart)[1]

    def _through(self, held: Held, x: Array, restart: Array) -> tuple[Array, Array]:
        """The inputs of every block at the new steps `[n, L, T, width]`, and the last one's output."""
        episode = jnp.cumsum(restart, axis=1)
        of_key = jnp.concatenate([jnp.where(held.valid, 0, -1), episode], axis=1)
        apart = self.window + jnp.arange(x.shape[1])[:, None] - jnp.arange(of_key.shape[1])[None]
        near = (apart >= 0) & (apart <= self.window)
        seen = near & (episode[:, :, None] == of_key[:, None, :])
        inputs = []
        for level, block in enumerate(self.blocks):
            inputs.append(x)
            x = block(held.inputs[:, level], x, seen)
        return jnp.stack(inputs, axis=1), x
