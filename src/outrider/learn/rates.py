"""The hyperparameters that are numbers on the device: learners of one compiled program may each have their own."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from outrider.learn.settings import Settings


class Rates(NamedTuple):
    """As in `Settings`; of a group of learners `[n]`."""

    learning_rate: Float[Array, ""]
    discount: Float[Array, ""]
    trace: Float[Array, ""]
    clip: Float[Array, ""]
    entropy: Float[Array, ""]
    value_weight: Float[Array, ""]
    gradient_norm: Float[Array, ""]

    @classmethod
    def of(cls, settings: Settings) -> Rates:
        """The settings' own."""
        return cls(*(jnp.float32(getattr(settings, name)) for name in cls._fields))


def stacked(settings: list[Settings]) -> Rates:
    """Of a group of learners, one after another `[n]`."""
    return jax.tree.map(lambda *rates: jnp.stack(rates), *map(Rates.of, settings))
