"""The layers that all networks are built of, for rows of inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from outrider.types import Key


class Layer(eqx.Module):
    """An affine map with an orthogonal weight (Saxe et al. 2014) and a zero bias."""

    weight: Float[Array, "inputs outputs"]
    bias: Float[Array, "outputs"]

    def __init__(self, key: Key, inputs: int, outputs: int, gain: float):
        self.weight = jax.nn.initializers.orthogonal(gain)(key, (inputs, outputs))
        self.bias = jnp.zeros(outputs)

    def __call__(self, x: Float[Array, "*n inputs"] | Int[Array, "*n"]) -> Float[Array, "*n outputs"]:
        """Of rows of inputs; an integer stands for a row of zeros but a one there, or of zeros if that is no place."""
        if jnp.issubdtype(x.dtype, jnp.integer):
            return self.weight.at[x].get(mode="fill", fill_value=0.0, wrap_negative_indices=False) + self.bias
        return x @ self.weight + self.bias


class Perceptron(eqx.Module):
    """Layers with a nonlinearity (tanh) between them; the last one's gain is the caller's."""

    layers: list[Layer]
    between: Callable[[Array], Array] = eqx.field(static=True)

    def __init__(
        self,
        key: Key,
        sizes: Sequence[int],
        gain: float,
        between: Callable[[Array], Array] = jnp.tanh,
    ):
        gains = [2**0.5] * (len(sizes) - 2) + [gain]
        keys = jax.random.split(key, len(gains))
        self.layers = [
            Layer(k, i, o, g) for k, i, o, g in zip(keys, sizes[:-1], sizes[1:], gains, strict=True)
        ]
        self.between = between

    def __call__(self, x: Float[Array, "*n inputs"]) -> Float[Array, "*n outputs"]:
        for layer in self.layers[:-1]:
            x = self.between(layer(x))
        return self.layers[-1](x)


class Norm(eqx.Module):
    """Layer normalisation (Ba et al. 2016) over the last axis, with a gain and an offset."""

    gain: Float[Array, "size"]
    offset: Float[Array, "size"]

    def __init__(self, size: int):
        self.gain, self.offset = jnp.ones(size), jnp.zeros(size)

    def __call__(self, x: Float[Array, "*n size"]) -> Float[Array, "*n size"]:
        centred = x - x.mean(-1, keepdims=True)
        scale = jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
        return centred * scale * self.gain + self.offset
