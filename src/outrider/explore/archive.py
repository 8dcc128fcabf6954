"""An archive of cells: of every cell the best state that was found in it, to return to. Fixed-size arrays in `jit`.

A cell is what counts as one place (Ecoffet et al. 2021, "First return, then explore", Nature 590): states that fall
into one cell are rivals, of which the archive keeps one. A cell is told by its bucket, a hash; two cells that share a
bucket are one, which is why there are many more buckets than entries. Only entries hold states.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Shaped

from outrider.types import Key

BITS = 22  # of a bucket: of 10,000 cells about twelve pairs share one


class Stand(NamedTuple):
    """Where copies stand, and how they came there, `[B]`."""

    state: Any  # of the world
    layout: Int[Array, "B"]  # which of the worlds that were drawn
    returned: Float[Array, "B"]  # since the episode's beginning
    length: Int[Array, "B"]  # steps since then
    born: Int[Array, "B"]  # the number of the step that led here; -1 - layout at the beginning
    flags: Any = ()  # [B] bits of the kinds of event met since the beginning, and
    obs: Any = ()  # what an agent sees here; nothing where none looks


class Archive(NamedTuple):
    """The cells found so far: the first `count` of `S` entries."""

    index: Int[Array, "P"]  # the entry of each bucket, -1 for none
    count: Int[Array, ""]
    refused: Int[Array, ""]  # how often a new cell found no room
    stand: Stand  # [S] the best that was found in each
    seen: Int[Array, "S"]  # steps that led into it
    chosen: Int[Array, "S"]  # how often one returned to it

    @property
    def size(self) -> int:
        """How many entries there are room for."""
        return len(self.seen)


def empty(like: Stand, size: int, bits: int = BITS) -> Archive:
    """No cells yet, and room for `size` such as the first of `like`."""
    blank = jax.tree.map(lambda x: jnp.broadcast_to(x[0], (size, *x.shape[1:])), like)
    none = jnp.zeros(size, jnp.int32)
    return Archive(jnp.full(1 << bits, -1, jnp.int32), jnp.int32(0), jnp.int32(0), blank, none, none)


def add(archive: Archive, found: Stand, bucket: Int[Array, "B"], living: Bool[Array, "B"]) -> Archive:
    """After a step of copies into buckets: new cells enter, better ways into known cells replace the worse.

    Better is a higher return, or the same in fewer steps; of copies that are equal in that the first counts. Copies
    that do not live, whose episode ended, are left out. When there is no room, new cells are refused.

    Deviation: Ecoffet et al. also reset a cell's counts when its way is replaced; here they stay.
    """
    nowhere = len(archive.index)  # a place that scatters drop
    bucket = jnp.where(living, bucket, nowhere)
    ranks = (-found.returned, found.length)
    best = leads(bucket, *ranks) & living
    known = archive.index.at[bucket].get(mode="fill", fill_value=-1)
    new = best & (known < 0)
    entry = jnp.where(new, archive.count + jnp.cumsum(new) - 1, known)
    fits = entry < archive.size
    better = new | before(ranks, (-archive.stand.returned[entry], archive.stand.length[entry]))
    written = jnp.where(best & fits & better, entry, archive.size)
    index = archive.index.at[jnp.where(new & fits, bucket, nowhere)].set(entry, mode="drop")
    entered = index.at[bucket].get(mode="fill", fill_value=-1)
    return Archive(
        index=index,
        count=archive.count + (new & fits).sum(),
        refused=archive.refused + (new & ~fits).sum(),
        stand=jax.tree.map(lambda all, x: all.at[written].set(x, mode="drop"), archive.stand, found),
        seen=archive.seen.at[jnp.where(entered < 0, archive.size, entered)].add(1, mode="drop"),
        chosen=archive.chosen,
    )


def select(archive: Archive, key: Key, copies: int) -> tuple[Archive, Stand]:
    """So many entries drawn by 1 / sqrt(seen + 1) (Ecoffet et al. 2021, Methods), with what is held there."""
    weight = jnp.where(jnp.arange(archive.size) < archive.count, 1 / jnp.sqrt(archive.seen + 1.0), 0.0)
    upto = jnp.cumsum(weight)
    drawn = jnp.searchsorted(upto, upto[-1] * jax.random.uniform(key, (copies,)), side="right")
    entry = jnp.minimum(drawn, archive.count - 1)
    return archive._replace(chosen=archive.chosen.at[entry].add(1)), jax.tree.map(
        lambda x: x[entry], archive.stand
    )


def leads(group: Int[Array, "B"], *ranks: Shaped[Array, "B"]) -> Bool[Array, "B"]:
    """Whether each row is the first of its group by ranks, of which the smaller is better; ties go to the first row."""
    order = jnp.lexsort((*reversed(ranks), group))  # which is stable
    ordered = group[order]
    begins = jnp.concatenate([jnp.ones(1, bool), ordered[1:] != ordered[:-1]])
    return jnp.zeros(len(group), bool).at[order].set(begins)


def before(ones: Sequence[Array], others: Sequence[Array]) -> Bool[Array, "B"]:
    """Whether each row of ranks is better than its rival: smaller in the first rank that differs."""
    better = jnp.zeros(len(ones[0]), bool)
    for one, other in zip(reversed(ones), reversed(others), strict=True):
        better = (one < other) | ((one == other) & better)
    return better
