"""From rows of features to what a memory or a head works on."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from outrider.ops.layers import Layer
from outrider.types import Key


class Flat(eqx.Module):
    """One layer with tanh over the whole row."""

    layer: Layer

    def __init__(self, key: Key, inputs: int, width: int):
        self.layer = Layer(key, inputs, width, 2**0.5)

    def __call__(self, x: Float[Array, "*n inputs"]) -> Float[Array, "*n width"]:
        return jnp.tanh(self.layer(x))


class Convolutional(eqx.Module):
    """Two 3 x 3 convolutions over the view's planes, then one layer over them and the rest of the row.

    A row holds the view plane by plane, then the vector, as `Features` writes it.
    """

    first: Float[Array, "channels planes 3 3"]
    second: Float[Array, "channels channels 3 3"]
    biases: Float[Array, "2 channels"]
    layer: Layer
    view: tuple[int, int, int] = eqx.field(static=True)  # planes, height, width

    def __init__(self, key: Key, inputs: int, view: tuple[int, int, int], width: int, channels: int = 16):
        keys = jax.random.split(key, 3)
        planes, height, breadth = view
        made = jax.nn.initializers.orthogonal(2**0.5)
        self.first = made(keys[0], (planes * 9, channels)).T.reshape(channels, planes, 3, 3)
        self.second = made(keys[1], (channels * 9, channels)).T.reshape(channels, channels, 3, 3)
        self.biases = jnp.zeros((2, channels))
        seen = height * breadth
        self.layer = Layer(keys[2], channels * seen + inputs - planes * seen, width, 2**0.5)
        self.view = view

    def __call__(self, x: Float[Array, "*n inputs"]) -> Float[Array, "*n width"]:
        lead, rows = x.shape[:-1], x.reshape(-1, x.shape[-1])
        planes, height, breadth = self.view
        cells = planes * height * breadth
        picture = rows[:, :cells].reshape(-1, planes, height, breadth)
        for kernel, bias in zip((self.first, self.second), self.biases, strict=True):
            picture = jax.lax.conv_general_dilated(picture, kernel, (1, 1), "SAME")
            picture = jax.nn.relu(picture + bias[:, None, None])
        whole = jnp.concatenate([picture.reshape(len(rows), -1), rows[:, cells:]], axis=-1)
        return jnp.tanh(self.layer(whole)).reshape(*lead, -1)


Encoder = Flat | Convolutional
