"""Says what just happened in a MiniGrid, and what holds now, as small integer codes computed inside `jit`."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, UInt8, UInt32

from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.codes import ALL_FLAGS, END, RULES, kind
from outrider.worlds.minigrid.dynamics import Agent, Move, front
from outrider.worlds.minigrid.rulesets import RuleSet
from outrider.worlds.minigrid.words import (
    BASE,
    COLOURS,
    DOOR_STATES,
    EVENTS,
    FLAGS,
    OBJECTS,
    TELEVISION,
    flag_of,
)

_SLOT_OF_OBJECT = np.zeros(t.TILES, np.int32)
_SLOT_OF_OBJECT[list(OBJECTS)] = np.arange(len(OBJECTS))
_FLAG_BITS = np.array(
    [0 if e.kind == "silence" else 1 << flag_of(e) for e in EVENTS] + [1 << FLAGS.index("television")],
    np.uint32,
)


def event(move: Move, action: Int[Array, ""], reached: Int[Array, ""]) -> Int[Array, ""]:
    """The code of the one thing that this action made happen."""
    tile, colour = move.target // t.COLOURS, move.target % t.COLOURS
    carried_tile, carried_colour = move.pocket // t.COLOURS, move.pocket % t.COLOURS
    changed = move.after != move.target

    def door(kind: str) -> Int[Array, ""]:
        return BASE[kind] + colour - COLOURS[0]

    def thing(kind: str, tile: Int[Array, ""], colour: Int[Array, ""]) -> Int[Array, ""]:
        slot = jnp.asarray(_SLOT_OF_OBJECT)[tile]
        return BASE[kind] + (colour - COLOURS[0]) * len(OBJECTS) + slot

    bump = jnp.where(tile == t.WALL, BASE["bumped wall"], thing("bumped object", tile, colour))
    bump = jnp.where(tile == t.DOOR_LOCKED, door("bumped locked"), bump)
    bump = jnp.where(tile == t.DOOR_CLOSED, door("bumped closed"), bump)
    walk = jnp.where(tile == t.DOOR_OPEN, door("walked through"), 0)
    walk = jnp.where(reached, BASE["reached"], walk)
    toggle = jnp.where(tile == t.DOOR_LOCKED, door("unlocked"), door("opened"))
    toggle = jnp.where(tile == t.DOOR_OPEN, door("closed"), toggle)

    code = jnp.where(changed, toggle, BASE["nothing"])
    code = jnp.where(
        action == t.PICK_UP, jnp.where(changed, thing("picked up", tile, colour), BASE["nothing"]), code
    )
    dropped = thing("dropped", carried_tile, carried_colour)
    code = jnp.where(action == t.DROP, jnp.where(changed, dropped, BASE["nothing"]), code)
    code = jnp.where(action == t.FORWARD, jnp.where(move.moved, walk, bump), code)
    return jnp.where((action == t.TURN_LEFT) | (action == t.TURN_RIGHT), 0, code)


def rule_event(
    rules: RuleSet, code: Int[Array, ""], fired: Int[Array, ""], reached: Int[Array, ""]
) -> Int[Array, ""]:
    """The code of what a rule did, or of the goal that was met, in place of the deed that brought it about."""
    code = jnp.where(fired > 0, RULES - 1 + fired, code)
    return jnp.where(reached, RULES + len(rules.rules), code) if rules.goal.sentence else code


def flag_bits(seen: Int[Array, "..."], codes: int, flags: int) -> UInt32[Array, "..."]:
    """The seen flag that each event code raises, as a word with that bit set; 0 for silence.

    A world with no flags but the table's has nothing but its television behind the table.
    """
    if flags == len(FLAGS):
        return jnp.asarray(_FLAG_BITS)[jnp.minimum(seen, TELEVISION)]
    return jnp.asarray(_all_flag_bits()[:codes])[seen]


@cache
def _all_flag_bits() -> np.ndarray:
    kinds = [kind(code) for code in range(END)]
    return np.array([0 if k == "no event" else 1 << ALL_FLAGS.index(k) for k in kinds], np.uint32)


def door_places(cells: UInt8[Array, "h w"], doors: int) -> Int[Array, "n"]:
    """Where a layout's doors are, as places in its row of cells: doors do not move."""
    tile = cells.reshape(-1) // t.COLOURS
    return jax.lax.top_k(((tile >= t.DOOR_LOCKED) & (tile <= t.DOOR_OPEN)).astype(jnp.int32), doors)[1]


def situation(
    cells: UInt8[Array, "h w"],
    agent: Agent,
    doors: Int[Array, "n"] | tuple[()],
    looks: UInt8[Array, "h w"],
) -> Int[Array, "3"]:
    """What is carried (a cell, 0 for nothing); which doors there are, a bit for each state and colour; the cell ahead.

    `doors` says where they are, none where there are none; `looks` is the grid with what lies on its floor.
    """
    seen = jnp.int32(0)
    if len(doors):
        seen = jnp.bitwise_or.reduce(_door_bit(cells.reshape(-1)[jnp.asarray(doors)].astype(jnp.int32)))
    ahead = looks[front(agent)]
    return jnp.stack([agent.pocket.astype(jnp.int32), seen, ahead.astype(jnp.int32)])


def _door_bit(cell: Int[Array, "n"]) -> Int[Array, "n"]:
    """The bit of a door's state and colour; none of another cell."""
    state, colour = cell // t.COLOURS - t.DOOR_LOCKED, cell % t.COLOURS
    bit = jnp.int32(1) << (state * len(COLOURS) + colour - COLOURS[0])
    return jnp.where((state >= 0) & (state < len(DOOR_STATES)), bit, 0)
