"""What pulls an agent toward somewhere: three pure functions, composed as optax composes transformations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from outrider.types import Atlas, Key, Trajectory

Metrics = dict[str, Float[Array, ""]]


class Signal(NamedTuple):
    """`init` makes a state, `bonus` pays a trajectory under it, `update` learns from the trajectory.

    What a language model said, the atlas, is part of the state: so one compiled program serves every engine. Where a
    world's sentences come one by one, `told` puts a grown atlas into the state.
    """

    init: Callable[[Key, Atlas], Any]
    bonus: Callable[[Any, Trajectory], Float[Array, "T B"]]
    update: Callable[[Any, Trajectory, Key], tuple[Any, Metrics]]
    told: Callable[[Any, Atlas], Any] = lambda state, atlas: state


def nothing() -> Signal:
    """The unguided arm: no state, no bonus."""
    return Signal(
        init=lambda key, atlas: (),
        bonus=lambda state, trajectory: jnp.zeros_like(trajectory.reward),
        update=lambda state, trajectory, key: (state, {}),
    )
