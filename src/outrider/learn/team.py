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
import jax.numpy as jnp
import numpy as np
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
    """`size` devices, one a learner, as many of each process. Errors: fewer devices than learners."""
    processes = jax.process_count()
    if size % processes:
        raise OutriderError(
            f"learner setting learners = {size} cannot be shared by {processes} processes; make it a multiple of that"
        )
    share = size // processes
    taken = [[d for d in jax.devices() if d.process_index == process][:share] for process in range(processes)]
    if (found := min(map(len, taken))) < share:
        raise OutriderError(
            f"learner setting learners = {size} needs {share} devices here, {found} found; lower it"
            + (f", or set JAX_NUM_CPU_DEVICES={share}" if jax.default_backend() == "cpu" else "")
        )
    return Mesh([d for of_process in taken for d in of_process], (AXIS,), axis_types=(AxisType.Auto,))


def spread(advance: Callable, devices: Mesh, specs: Any) -> Callable:
    """`advance(state) -> (state, lines)` on all devices; `specs` says which parts of a state each has for itself."""
    return jax.shard_map(advance, mesh=devices, in_specs=(specs,), out_specs=(specs, Spec()), check_vma=False)


def place(state: Tree, devices: Mesh, specs: Any) -> Tree:
    """The state where `spread` wants it; every process has the whole of it and keeps its devices' part."""

    def put(leaf: Array, spec: Spec) -> Array:
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return jax.random.wrap_key_data(put(jax.random.key_data(leaf), spec))
        whole, spec = np.asarray(leaf), spec if leaf.size else Spec()  # XLA gives nothing back unshared
        return jax.make_array_from_callback(
            whole.shape, NamedSharding(devices, spec), lambda part: whole[part]
        )

    return jax.tree.map(lambda spec, part: jax.tree.map(lambda leaf: put(leaf, spec), part), specs, state)
