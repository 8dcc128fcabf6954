"""Independent learners: how a group of them shares the machine.

What a learner learns depends neither on the way chosen, but for rounding when `together`, nor on those beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax.sharding import AxisType, Mesh
from jax.sharding import PartitionSpec as Spec

from outrider.errors import OutriderError
from outrider.learn.settings import WAYS

AXIS = "group"
Tree = TypeVar("Tree")


@dataclass(frozen=True)
class Group:
    """`size` learners, `way` as in `WAYS` but for "auto", on so many devices."""

    size: int
    way: str
    devices: int = 1

    @property
    def rows(self) -> int:
        """Learners with those that fill up the last device's share."""
        return -(-self.size // self.devices) * self.devices

    def filled(self, tree: Tree) -> Tree:
        """From `[size, ...]` to `[rows, ...]`: the last learner again where a share is not full."""
        which = jnp.minimum(jnp.arange(self.rows), self.size - 1)
        return jax.tree.map(lambda x: x[which], tree)

    def own(self, tree: Tree) -> Tree:
        """From `[rows, ...]` to `[size, ...]`."""
        return jax.tree.map(lambda x: x[: self.size], tree)

    def run(self, one: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """What all learners do, `[rows, ...]` to `[rows, ...]`, from what one does."""
        if self.way == "together":
            return jax.vmap(one)
        if self.devices == 1:
            return lambda states: jax.lax.map(one, states)
        share = Spec(AXIS)
        return jax.shard_map(
            lambda states: jax.lax.map(one, states),
            mesh=Mesh(jax.local_devices()[: self.devices], (AXIS,), axis_types=(AxisType.Auto,)),
            in_specs=(share,),
            out_specs=share,
            check_vma=False,
        )


def group(size: int, way: str = "auto", learners: int = 1) -> Group:
    """The group of `size` learners, each a team of `learners`. Errors: a way that this backend or a team cannot go.

    "auto" is what `benchmarks/independent_learners.py` found fastest: on a CPU a share for each core, whose learners
    take turns, since small networks gain nothing from sharing a matrix product; on an accelerator all together.
    """
    if way not in WAYS:
        raise OutriderError(f"--spread is {way!r}; it must be one of {', '.join(WAYS)}")
    if learners > 1:
        if way not in ("auto", "turns"):
            raise OutriderError(
                f"--spread {way} and learners = {learners} exclude each other: a team has the devices; leave one out"
            )
        return Group(size, "turns")
    if way == "auto":
        way = "devices" if jax.default_backend() == "cpu" else "together"
    if way != "devices":
        return Group(size, way)
    return Group(size, way, min(size, jax.local_device_count()))
