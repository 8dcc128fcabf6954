"""The optimiser of every learner: gradients of bounded norm, a learning rate that may fall to 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import optax

from outrider.types import Number


def bounded(
    learning_rate: Number,
    gradient_norm: Number,
    anneal_over: int = 0,
    kind: Callable[..., optax.GradientTransformation] = optax.adam,
) -> optax.GradientTransformation:
    """`kind` (Adam) on gradients of bounded norm; the rate falls to 0 over that many optimiser steps, if any."""

    def rate(count: Any) -> Number:
        left = 1 - jnp.minimum(count, anneal_over) / anneal_over if anneal_over else 1.0
        return learning_rate * left

    return optax.chain(optax.clip_by_global_norm(gradient_norm), kind(rate, eps=1e-5))
