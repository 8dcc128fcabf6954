"""Rewards for coming nearer, told by who knows the way: naively, or as a potential, which leaves the best policy alone.

Both read how many steps the world's expert would still need, which no agent can see: they are what a designer who knows
the world would pay, to be compared with what finds its way without.
"""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

from outrider.explore.signal import Signal, payable
from outrider.types import Trajectory

SCALE = 0.05  # a step of the way; some twenty make a way of DoorKey-8x8, whose end is worth about 1


def way_progress(scale: float = SCALE) -> Signal:
    """`scale` for each step by which the way to success became shorter; going back costs nothing.

    The obvious reward, and a wrong one: who goes back and forth is paid for ever, as the bicycle that rode in circles
    (Randløv and Alstrøm 1998, section 4).
    """

    def bonus(state: tuple, trajectory: Trajectory) -> Float[Array, "T B"]:
        before, after = trajectory.left[..., 0], trajectory.left[..., 1]
        return jnp.where(payable(trajectory), scale * jnp.maximum(0, before - after), 0.0)

    return _knowing_nothing(bonus)


def way_gain(scale: float = SCALE) -> Signal:
    """`scale` for each step by which the way to success became shorter, and as much less where it became longer.

    No circle pays, for what was gained is given back. It is a potential without the discount, and not one in the sense
    of Ng et al.: to come nearer soon is worth something by itself.
    """

    def bonus(state: tuple, trajectory: Trajectory) -> Float[Array, "T B"]:
        before, after = trajectory.left[..., 0], trajectory.left[..., 1]
        return jnp.where(payable(trajectory), scale * (before - after), 0.0)

    return _knowing_nothing(bonus)


def way_potential(discount: float, scale: float = SCALE) -> Signal:
    """`discount * phi(s') - phi(s)`; phi is minus `scale` for each step of the way but the last, and 0 after the end.

    Whatever a policy is, each of its actions keeps its advantage: to a policy gradient a potential is a baseline. So
    it guides a learner only as far as its critic is behind (and one that acts by its values, as Wiewiora 2003 says).
    Source: Ng, Harada and Russell 1999, eq. 2. The best policy stays the best one where the discount is the learner's
    own. The last step is left out of phi, so that success pays nothing beside its reward: any phi will do.
    """

    def bonus(state: tuple, trajectory: Trajectory) -> Float[Array, "T B"]:
        phi = -scale * jnp.maximum(0, trajectory.left - 1)
        after = jnp.where(trajectory.terminated, 0.0, phi[..., 1])
        return discount * after - phi[..., 0]

    return _knowing_nothing(bonus)


def _knowing_nothing(bonus: Callable[[tuple, Trajectory], Float[Array, "T B"]]) -> Signal:
    return Signal(
        init=lambda key, atlas: (),
        bonus=bonus,
        update=lambda state, trajectory, key: (state, {}),
    )
