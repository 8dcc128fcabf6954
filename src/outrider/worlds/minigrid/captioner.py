"""Says what just happened in a MiniGrid, and what holds now, as small integer codes computed inside `jit`."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, UInt32

from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.dynamics import Grid, Move
from outrider.worlds.minigrid.words import (
    BASE,
    COLOURS,
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


def flag_bits(codes: Int[Array, "..."]) -> UInt32[Array, "..."]:
    """The seen flag that each event code raises, as a word with that bit set; 0 for silence."""
    return jnp.asarray(_FLAG_BITS)[jnp.minimum(codes, TELEVISION)]


def situation(grid: Grid) -> Int[Array, "2"]:
    """What is carried (a cell, 0 for nothing) and the state of the first door (kind * colours + colour, 0 for none)."""
    tile = (grid.cells // t.COLOURS).reshape(-1)
    is_door = (tile >= t.DOOR_LOCKED) & (tile <= t.DOOR_OPEN)
    where = jnp.argmax(is_door)
    colour = grid.cells.reshape(-1)[where] % t.COLOURS
    state = (tile[where] - t.DOOR_LOCKED + 1) * t.COLOURS + colour
    return jnp.stack([grid.agent.pocket, jnp.where(is_door[where], state, 0)]).astype(jnp.int32)
