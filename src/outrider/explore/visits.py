"""Which places copies have been in: hashes of what is seen or of situations, counted for ever or by episode."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int

from outrider.errors import OutriderError
from outrider.types import Obs, Trajectory, Transition

OF = ("observations", "situations")
GRAIN = 16  # numbers that are no bytes are told apart to a sixteenth
MOST = 4096  # buckets of one copy's episode


def places(steps: Trajectory | Transition, of: str, bits: int) -> Int[Array, "*n"]:
    """A bucket below `2 ** bits` for where each step led to: what is seen there, or the situation there."""
    if of == "situations":
        return hashed(steps.situation, bits)
    if of != "observations":
        raise OutriderError(f"places are told apart by {' or '.join(OF)}, not by {of!r}; use one of these")
    reached = steps.next if isinstance(steps, Transition) else steps.reached
    return hashed(sights(reached, steps.reward.ndim), bits)


def sights(obs: Obs, axes: int) -> Int[Array, "*n k"]:
    """What is seen as rows of integers, behind so many leading axes."""
    parts = [
        jnp.round(x * GRAIN) if jnp.issubdtype(x.dtype, jnp.floating) else x for x in jax.tree.leaves(obs)
    ]
    return jnp.concatenate([x.astype(jnp.int32).reshape(*x.shape[:axes], -1) for x in parts], -1)


def hashed(rows: Int[Array, "*n k"], bits: int) -> Int[Array, "*n"]:
    """Rows of small integers to buckets below `2 ** bits`, by multilinear hashing modulo 2^32 (Lemire and Kaser 2014).

    Two rows of bytes share a bucket with the probability of chance, which is why `bits` is at most 24. The multipliers
    are fixed: a place has its bucket in every run.
    """
    multipliers = np.random.default_rng(20_261).integers(0, 2**32, rows.shape[-1] + 1, np.uint32)
    total = (rows.astype(jnp.uint32) * multipliers[1:]).sum(-1, dtype=jnp.uint32) + multipliers[0]
    return (total >> (32 - bits)).astype(jnp.int32)


class Visits(NamedTuple):
    """How often each copy was in each bucket in its present episode; a count holds where its stamp is the episode's."""

    episode: Int[Array, "B"]
    stamp: Int[Array, "B S"]
    count: Int[Array, "B S"]

    @classmethod
    def none(cls, copies: int, buckets: int = MOST) -> Visits:
        """Nobody has been anywhere."""
        table = jnp.zeros((copies, buckets), jnp.int32)
        return cls(jnp.ones(copies, jnp.int32), table, table)

    def after(self, where: Int[Array, "T B"], ended: Bool[Array, "T B"]) -> tuple[Visits, Int[Array, "T B"]]:
        """After a rollout through buckets, and the how-manieth visit of its episode each step made."""
        rows = jnp.arange(len(self.episode))

        def step(now: Visits, here: tuple[Array, Array]) -> tuple[Visits, Array]:
            bucket, ends = here
            held = jnp.where(now.stamp[rows, bucket] == now.episode, now.count[rows, bucket], 0) + 1
            stamp = now.stamp.at[rows, bucket].set(now.episode)
            count = now.count.at[rows, bucket].set(held)
            return Visits(now.episode + ends, stamp, count), held

        return jax.lax.scan(step, self, (where, ended))


def counted(n: Int[Array, "S"], where: Int[Array, "T B"]) -> tuple[Int[Array, "S"], Int[Array, "T B"]]:
    """Counts for ever after a rollout, and each step's own; copies that share a bucket in a step share its count."""

    def step(n: Array, bucket: Array) -> tuple[Array, Array]:
        n = n.at[bucket].add(1)
        return n, n[bucket]

    return jax.lax.scan(step, n, where)
