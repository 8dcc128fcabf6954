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

_FLAG_BITS = np.array(
    [0 if e.kind == "silence" else 1 << flag_of(e) for e in EVENTS] + [1 << FLAGS.index("television")],
    np.uint32,
)


# By tile, what is said of an action that moved the agent or changed what lay ahead; and of a step forward that did not.
_DONE = {
    t.FORWARD: {t.DOOR_OPEN: "walked through"},
    t.PICK_UP: dict.fromkeys(OBJECTS, "picked up"),
    t.DROP: dict.fromkeys(OBJECTS, "dropped"),
    t.TOGGLE: {t.DOOR_LOCKED: "unlocked", t.DOOR_CLOSED: "opened", t.DOOR_OPEN: "closed"},
}
_BUMPED = {t.WALL: "bumped wall", t.DOOR_LOCKED: "bumped locked", t.DOOR_CLOSED: "bumped closed"}
_BUMPED |= dict.fromkeys(OBJECTS, "bumped object")


def _said(action: int, done: bool, cell: int) -> int:
    """The code of an action on a cell, or of dropping it; `done` if it moved the agent or changed what lay ahead."""
    tile, colour = divmod(cell, t.COLOURS)
    if action in (t.TURN_LEFT, t.TURN_RIGHT):
        return 0
    if not done and action != t.FORWARD:
        return BASE["nothing"]
    said = (_DONE[action] if done else _BUMPED).get(tile)
    if said is None:
        return 0
    hue = COLOURS.index(colour) if colour in COLOURS else 0
    if tile in OBJECTS:
        return BASE[said] + hue * len(OBJECTS) + OBJECTS.index(tile)
    return BASE[said] + (hue if tile in (t.DOOR_LOCKED, t.DOOR_CLOSED, t.DOOR_OPEN) else 0)


# One look-up a step: [action, done, cell].
_SAID = np.array(
    [
        [[_said(action, done, cell) for cell in range(t.TILES * t.COLOURS)] for done in (False, True)]
        for action in range(len(t.ACTION_NAMES))
    ],
    np.int32,
)


def event(move: Move, action: Int[Array, ""], reached: Int[Array, ""]) -> Int[Array, ""]:
    """The code of the one thing that this action made happen."""
    done = move.moved | (move.after != move.target)
    cell = jnp.where(action == t.DROP, move.pocket, move.target)
    said = jnp.asarray(_SAID).at[action, done.astype(jnp.int32), cell].get(mode="promise_in_bounds")
    return jnp.where(reached, BASE["reached"], said)


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
