"""Synchronous learners: the same parameters on several devices, each with its own share of the worlds.

Each collects in its own worlds; signals and the diary see everybody's trajectory; gradients are averaged. So the
state of N synchronous learners has the form of one learner's with all the worlds, and N of them are what one is but
for chance and rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import jax
from jax.sharding import AxisType, Mesh, NamedSharding
from jax.sharding import PartitionSpec as Spec
from jaxtyping import Array

from outrider.errors import OutriderError
from outrider.types import Key

AXIS = "learners"
Tree = TypeVar("Tree")


@dataclass(frozen=True)
class Team:
    """`size` synchronous learners, as seen from inside one of them. A team of one does nothing."""

    size: int = 1

    def own_key(self, key: Key) -> Key:
        """A key of this learner's own, from one that all share."""
        return key if self.size == 1 else jax.random.fold_in(key, jax.lax.axis_index(AXIS))

    def mean(self, tree: Tree) -> Tree:
        """The mean over the team."""
        return tree if self.size == 1 else jax.lax.pmean(tree, AXIS)

    def least(self, value: Array) -> Array:
        """The least over the team."""
        return value if self.size == 1 else jax.lax.pmin(value, AXIS)

    def everyones(self, tree: Tree) -> Tree:
        """The rows `[T, B, ...]` of all worlds, from each learner's `[T, B / size, ...]`."""
        return tree if self.size == 1 else jax.lax.all_gather(tree, AXIS, axis=1, tiled=True)

    def own(self, rows: Array) -> Array:
        """This learner's `[T, B / size]` of everyone's `[T, B]`."""
        if self.size == 1:
            return rows
        share = rows.shape[1] // self.size
        return jax.lax.dynamic_slice_in_dim(rows, jax.lax.axis_index(AXIS) * share, share, axis=1)


def mesh(size: int) -> Mesh:
    """The first `size` devices, one a learner. Errors: fewer devices than learners."""
    found = len(jax.devices())
    if found < size:
        raise OutriderError(
            f"learner setting learners = {size} needs as many devices, {found} found; lower it"
            + (f", or set JAX_NUM_CPU_DEVICES={size}" if jax.default_backend() == "cpu" else "")
        )
    return Mesh(jax.devices()[:size], (AXIS,), axis_types=(AxisType.Auto,))


def spread(advance: Callable, devices: Mesh, specs: Any) -> Callable:
    """`advance(state) -> (state, lines)` on all devices; `specs` says which parts of a state each has for itself."""
    return jax.shard_map(advance, mesh=devices, in_specs=(specs,), out_specs=(specs, Spec()), check_vma=False)


def place(state: Tree, devices: Mesh, specs: Any) -> Tree:
    """The state where `spread` wants it."""
    return jax.device_put(state, jax.tree.map(lambda spec: NamedSharding(devices, spec), specs))
