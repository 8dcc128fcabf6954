"""What the captioners of both Craftax worlds compute alike: which events of many are told, and small numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, UInt32

from outrider.worlds.craftax.phrases import CRITICAL, LOW, PLENTY
from outrider.worlds.craftax.words import CODE, Vocabulary

ACHIEVED, ELSE = 2, 3  # events of one step that are told: achievements, and whatever else
SLOTS = ACHIEVED + ELSE
NIGHT = 0.5  # light below this is night
SUNK = tuple(f"{need} {level}" for level in ("critical", "low") for need in ("food", "drink", "energy"))


class Glance(NamedTuple):
    """What is read off the maps of a state."""

    block: Int[Array, ""]  # at the place before the player of before the step
    sight: UInt32[Array, ""]  # the kinds of block in sight, a bit each; and more in the lowest one


def in_turn(value: Int[Array, ""], read: Glance) -> Int[Array, ""]:
    """The value, computed after the glance.

    XLA keeps no other order than the one of results, and it drops `optimization_barrier` before it looks. Where maps
    are read when they have been written, it copies all of them. So here a sum of nothing is added that it cannot see
    through: neither number is ever below 0.
    """
    numbers = read.block + jax.lax.population_count(read.sight).astype(jnp.int32)
    return value + jnp.minimum(numbers, 0)


Facts = dict[tuple[str, ...], Bool[Array, "n"]]  # flags and their names


def codes(
    said: Vocabulary,
    had: Bool[Array, "A"],
    has: Bool[Array, "A"],
    facts: Facts,
    rules: dict[str, tuple[str, ...]],
) -> Int[Array, "SLOTS"]:
    """The codes of one step: of the achievements reached in it, which it `has` and before it `had` not, the last
    `ACHIEVED`; of those that were done once more and of what else happened the first `ELSE`; 0 where there are fewer.

    What happened is what the rules say: an event is all facts of its rule, or the fact of its own name. All of them are
    looked up together, since on a CPU an array of a few flags costs as much as one of hundreds.
    """
    reached = has & ~had
    codes = jnp.arange(1, said.achievements + 1, dtype=jnp.int32)
    last = jnp.max(jnp.where(reached, codes, 0))
    before = jnp.max(jnp.where(reached & (codes != last), codes, 0))
    wanted = {f"{name} again": (*rules.get(name, (name,)), f"had {name}") for name in said.again}
    wanted |= {name: rules.get(name, (name,)) for name in said.others}
    happened = all_of(facts | {tuple(f"had {name}" for name in said.names): had}, list(wanted.values()))
    places, told = np.arange(len(wanted)), [jnp.int32(-1)]
    for _ in range(ELSE):
        told.append(jnp.min(jnp.where(happened & (places > told[-1]), places, len(wanted))))
    numbers = jnp.asarray([*(CODE[name] for name in wanted), 0], jnp.int32)
    return jnp.concatenate([jnp.stack([last, before]), numbers[jnp.stack(told[1:])]])


def all_of(facts: Facts, wanted: Sequence[tuple[str, ...]]) -> Bool[Array, "n"]:
    """Of each row of names whether all these facts hold."""
    places = {name: k for k, name in enumerate(name for names in facts for name in names)}
    most = max(len(names) for names in wanted)
    table = np.asarray([[places[n] for n in (*names, *names[:1] * (most - len(names)))] for names in wanted])
    return jnp.concatenate(list(facts.values())).at[table].get(mode="promise_in_bounds").all(axis=-1)


def one_of(number: Int[Array, ""], groups: Sequence[Sequence[int]]) -> Bool[Array, "n"]:
    """Of each group whether the number is in it."""
    table = np.zeros((1 + max(max(group) for group in groups), len(groups)), bool)
    for k, group in enumerate(groups):
        table[list(group), k] = True
    return jnp.asarray(table).at[number].get(mode="fill", fill_value=False)


def changes(names: Sequence[str], was: Int[Array, "n"], now: Int[Array, "n"]) -> Facts:
    """Which numbers rose and which fell."""
    return {
        tuple(f"{name} rose" for name in names): now > was,
        tuple(f"{name} fell" for name in names): now < was,
    }


def level(points: Int[Array, "*n"]) -> Int[Array, "*n"]:
    """0 good, 1 low, 2 critical."""
    return (points <= LOW).astype(jnp.int32) + (points <= CRITICAL)


def amount(number: Int[Array, "*n"]) -> Int[Array, "*n"]:
    """0 none, 1 a little or a few, 2 plenty."""
    return (number > 0).astype(jnp.int32) + (number >= PLENTY)


def sunk(before: Int[Array, "n"], after: Int[Array, "n"]) -> Bool[Array, "two_n"]:
    """Which needs became critical, then which became low: `SUNK` of food, drink and energy."""
    was, now = level(before), level(after)
    worse = now > was
    return jnp.concatenate([worse & (now == 2), worse & (now == 1)])


def shown(blocks: Array, centre: Int[Array, "2"], size: tuple[int, int], beyond: float) -> Array:
    """The cells around a place, `beyond` where there is no map: written as craftax's renderer writes it, so that the
    compiler finds both to be one where an observation is made of the same state."""
    margin = max(size)
    padded = jnp.pad(blocks, (margin + 2, margin + 2), constant_values=beyond)
    corner = centre - jnp.array(size, dtype=jnp.int32) // 2 + margin + 2
    return jax.lax.dynamic_slice(padded, corner, size)


def kinds(view: Int[Array, "h w"], more: Bool[Array, "h w"] | None = None) -> UInt32[Array, ""]:
    """The kinds of block in a view, a bit each; 0, which is none, and those of 32 and more are left out. In the place
    of kind 0: whether there is any `more`."""
    view = view.astype(jnp.uint32)
    bits = jnp.where((view > 0) & (view < 32), jnp.uint32(1) << (view & 31), 0)
    return jnp.bitwise_or.reduce((bits if more is None else bits | more).reshape(-1))


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
