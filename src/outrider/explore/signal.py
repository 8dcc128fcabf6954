"""What pulls an agent toward somewhere: three pure functions, composed as optax composes transformations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from outrider.ops.distribution import Space
from outrider.types import Atlas, Key, Obs, Trajectory, Transition

Metrics = dict[str, Float[Array, ""]]


class Signal(NamedTuple):
    """`init` makes a state, `bonus` pays a trajectory under it, `update` learns from the trajectory.

    What a language model said, the atlas, is part of the state: so one compiled program serves every engine. Where a
    world's sentences come one by one, `told` puts a grown atlas into the state.

    What a replay holds may be drawn when it is no longer new. `again` says what a step of long ago would be paid under
    the present state; there is none where that depends on the episode around it, and then it keeps what it was paid.
    """

    init: Callable[[Key, Atlas], Any]
    bonus: Callable[[Any, Trajectory], Float[Array, "T B"]]
    update: Callable[[Any, Trajectory, Key], tuple[Any, Metrics]]
    told: Callable[[Any, Atlas], Any] = lambda state, atlas: state
    again: Callable[[Any, Transition], Float[Array, "N"]] | None = None


class Ground(NamedTuple):
    """What a signal is built for: the copies it watches, how they are seen as rows of numbers, and what they do."""

    copies: int  # of the whole team
    features: Callable[[Obs], Float[Array, "n size"]]
    size: int
    space: Space
    discount: float = 0.99  # the learner's

    def rows(self, obs: Obs) -> Float[Array, "T B size"]:
        """The features of a whole trajectory's observations."""
        return jax.vmap(self.features)(obs)


def nothing() -> Signal:
    """The unguided arm: no state, no bonus."""
    return Signal(
        init=lambda key, atlas: (),
        bonus=lambda state, trajectory: jnp.zeros_like(trajectory.reward),
        update=lambda state, trajectory, key: (state, {}),
        again=lambda state, steps: jnp.zeros_like(steps.reward),
    )


def payable(trajectory: Trajectory) -> Bool[Array, "T B"]:
    """Steps whose end a bonus may pay for: what ends an episode is the reward's business, and leads nowhere.

    Nor is a step paid whose action was ignored.
    """
    acted = True if trajectory.idle is None else ~trajectory.idle
    return ~trajectory.terminated & acted


def ends(trajectory: Trajectory) -> Bool[Array, "T B"]:
    """The last steps of episodes, whichever way they end, and those that only begin one."""
    over = trajectory.terminated | trajectory.truncated
    return over if trajectory.idle is None else over | trajectory.idle
