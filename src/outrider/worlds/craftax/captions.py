"""What the captioners of both Craftax worlds compute alike: which events of many are told, and small numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, UInt32

from outrider.worlds.craftax.phrases import CRITICAL, LOW, PLENTY
from outrider.worlds.craftax.words import CODE, Vocabulary

ACHIEVED, ELSE = 2, 3  # events of one step that are told: achievements, and whatever else
SLOTS = ACHIEVED + ELSE
NIGHT = 0.5  # light below this is night


def codes(
    said: Vocabulary,
    had: Bool[Array, "A"],
    has: Bool[Array, "A"],
    did: dict[str, Bool[Array, ""]],
    others: dict[str, Bool[Array, ""]],
) -> Int[Array, "SLOTS"]:
    """The codes of one step: of the achievements reached in it, which it `has` and before it `had` not, the last
    `ACHIEVED`; of those that were done once more and of `others` the first `ELSE`; 0 where there are fewer.
    """
    reached = has & ~had
    codes = jnp.arange(1, said.achievements + 1, dtype=jnp.int32)
    last = jnp.max(jnp.where(reached, codes, 0))
    before = jnp.max(jnp.where(reached & (codes != last), codes, 0))
    again = [did[name] & had[said.names.index(name)] for name in said.again]
    happened = jnp.stack([*again, *(others[name] for name in said.others)])
    numbers = jnp.asarray(
        [*(CODE[f"{name} again"] for name in said.again), *(CODE[name] for name in said.others)]
    )
    rank = jnp.cumsum(happened)
    told = [jnp.sum(jnp.where(happened & (rank == k), numbers, 0)) for k in range(1, ELSE + 1)]
    return jnp.stack([last, before, *told]).astype(jnp.int32)


def level(points: Int[Array, "*n"]) -> Int[Array, "*n"]:
    """0 good, 1 low, 2 critical."""
    return (points <= LOW).astype(jnp.int32) + (points <= CRITICAL)


def amount(number: Int[Array, "*n"]) -> Int[Array, "*n"]:
    """0 none, 1 a little or a few, 2 plenty."""
    return (number > 0).astype(jnp.int32) + (number >= PLENTY)


def sunk(before: Int[Array, "n"], after: Int[Array, "n"]) -> Bool[Array, "two_n"]:
    """Which needs became critical, then which became low."""
    was, now = level(before), level(after)
    worse = now > was
    return jnp.concatenate([worse & (now == 2), worse & (now == 1)])


def window(
    shape: tuple[int, ...], centre: Int[Array, "2"], size: tuple[int, int]
) -> tuple[Int[Array, "h 1"], Int[Array, "1 w"]]:
    """Rows and columns of the cells around a place. Beyond the edge of the map the cells at the edge are read again,
    which are in sight anyway."""
    rows, columns = (
        jnp.clip(centre[axis] - n // 2 + jnp.arange(n), 0, shape[axis] - 1) for axis, n in enumerate(size)
    )
    return rows[:, None], columns[None, :]


def shown(blocks: Array, centre: Int[Array, "2"], size: tuple[int, int], beyond: float) -> Array:
    """The cells around a place, `beyond` where there is no map: written as craftax's renderer writes it, so that the
    compiler finds both to be one where an observation is made of the same state."""
    margin = max(size)
    padded = jnp.pad(blocks, (margin + 2, margin + 2), constant_values=beyond)
    corner = centre - jnp.array(size, dtype=jnp.int32) // 2 + margin + 2
    return jax.lax.dynamic_slice(padded, corner, size)


def kinds(view: Int[Array, "h w"]) -> UInt32[Array, ""]:
    """The kinds of block in a view, a bit each; kinds of 32 and more are left out."""
    view = view.astype(jnp.uint32)
    return jnp.bitwise_or.reduce(jnp.where(view < 32, jnp.uint32(1) << view, 0).reshape(-1))


def picked(bits: UInt32[Array, ""], blocks: Sequence[int]) -> Bool[Array, "n"]:
    """Whether each of some kinds of block is among the bits."""
    return (bits >> jnp.asarray(blocks, jnp.uint32)) & 1 == 1


def packed(flags: Bool[Array, "n"]) -> Int[Array, ""]:
    """Flags as one number, the first its lowest bit."""
    return jnp.sum(flags.astype(jnp.int32) << jnp.arange(flags.size), dtype=jnp.int32)


def visible(mobs: Any, centre: Int[Array, "2"], size: tuple[int, int]) -> Bool[Array, ""]:
    """Whether any of some mobs is in sight."""
    away = jnp.abs(mobs.position - centre)
    return jnp.any(mobs.mask & (away <= jnp.asarray(size) // 2).all(axis=-1))


def struck(mobs: Any, place: Int[Array, "2"], damage: Array) -> tuple[Bool[Array, ""], Bool[Array, ""]]:
    """Whether a mob stands at a place that is struck, and whether it dies of it. As in craftax the first one counts."""
    there = mobs.mask & (mobs.position == place).all(axis=-1)
    target = jnp.argmax(there)
    hit = there.any()
    return hit, hit & (mobs.health[target] - damage <= 0)


def within(shape: tuple[int, ...], place: Int[Array, "2"]) -> Bool[Array, ""]:
    """Whether a place is on the map."""
    return ((place >= 0) & (place < jnp.asarray(shape))).all()
