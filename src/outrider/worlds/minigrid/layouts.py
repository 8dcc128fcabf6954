"""xminigrid's layouts, with one of them repaired.

In xminigrid 0.9.3 `BlockedUnlockPickUp` draws the key's place before it puts a thing in front of the door: in a
sixteenth of its layouts that thing has replaced the key, so that no policy can solve them, and in a thirtieth it is
the very thing to be picked up, so that the door need not be opened. MiniGrid's own layouts have neither fault.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, UInt8

from outrider.types import Key
from outrider.worlds.minigrid import tiles as t

BLOCKED = "MiniGrid-BlockedUnlockPickUp"
_FLOOR = t.FLOOR * t.COLOURS + t.BLACK
# All 30 things that can stand before the door or behind it: five kinds in six colours, as cells.
_THINGS = tuple(o * t.COLOURS + c for o in t.OBJECTS if o != t.KEY for c in t.COLOUR_NAMES)


def repair_blocked(
    key: Key,
    cells: UInt8[Array, "h w"],
    place: tuple[Int[Array, ""], Int[Array, ""]],
    wanted: UInt8[Array, ""],
) -> UInt8[Array, "h w"]:
    """The layout with a key, put on any free cell of the first room but the agent's `place`, and with a thing before
    the door that is not the wanted one. A layout without the faults stays as it is; the repaired ones are distributed
    as if the faulty draws had been repeated.
    """
    place_key, thing_key = jax.random.split(key)
    width = cells.shape[1]
    tile = cells // t.COLOURS
    is_door = tile == t.DOOR_LOCKED
    # In 32 bits: XLA's CPU compiler (jaxlib 0.10.2) gets the maximum of bytes wrong in large batches.
    door = jnp.max(jnp.where(is_door, cells.astype(jnp.int32), 0))

    before_door = jnp.roll(is_door, -1, axis=1)
    others = jnp.asarray(_THINGS, jnp.uint8)
    turn = jnp.argmax(others == wanted) + jax.random.randint(thing_key, (), 1, len(_THINGS))
    twin = before_door & (cells == wanted)
    cells = jnp.where(twin, others[turn % len(_THINGS)], cells)

    free = (cells == _FLOOR) & (jnp.arange(width) < width // 2)
    free = free.at[place].set(False)
    lot = jnp.argmax(jnp.where(free, jax.random.uniform(place_key, cells.shape), -1.0))
    chosen = (jnp.arange(cells.size) == lot).reshape(cells.shape) & ~jnp.any(tile == t.KEY)
    return jnp.where(chosen, door - (t.DOOR_LOCKED - t.KEY) * t.COLOURS, cells).astype(jnp.uint8)
