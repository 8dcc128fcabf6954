"""Irrelevant things on the floor: they can be stepped over, lifted and looked under, and change nothing else.

They lie on a layer of their own, so that they never block the way and never fill the hands: what can be reached and
done is as without them. Where there are more things than free cells they lie in piles: handling the upper one turns up
the next, round and round.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, UInt8

from outrider.types import Key
from outrider.worlds.minigrid import codes
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.dynamics import EMPTY_FLOOR, Agent, Move, front
from outrider.worlds.minigrid.things import LIFTED, MOST, STEPPED, TURNED

FIRST_CELL = t.TILES * t.COLOURS  # a thing's byte in the view, plus its number


class Clutter(NamedTuple):
    """The thing on top in every cell, from 1, 0 for none; the number of piles; the thing last touched, 0 for none."""

    layer: UInt8[Array, "h w"]
    piles: Int[Array, ""]
    touched: Int[Array, ""]


def strew(key: Key, cells: UInt8[Array, "h w"], amount: int) -> Clutter:
    """Things on random cells of free floor, one on top of each pile."""
    free = (cells == EMPTY_FLOOR).reshape(-1)
    lots = jnp.where(free, jax.random.uniform(key, free.shape), -1.0)
    most = min(amount, free.size)
    drawn, where = jax.lax.top_k(lots, most)
    things = jnp.where(drawn >= 0, 1 + jnp.arange(most), 0).astype(jnp.uint8)
    layer = jnp.zeros(free.shape, jnp.uint8).at[where].set(things).reshape(cells.shape)
    return Clutter(layer, jnp.minimum(free.sum(), most).astype(jnp.int32), jnp.int32(0))


def touch(
    clutter: Clutter,
    amount: int,
    before: Agent,
    move: Move,
    action: Int[Array, ""],
    idle: Bool[Array, ""],
) -> tuple[Clutter, Int[Array, ""]]:
    """The clutter after an action, and the event code of touching a thing, 0 for none.

    `before` is the agent before the action; `idle` says that nothing else happened. What lies under a thing that was
    dropped, or under an agent that stays, is not touched.
    """
    place = front(before)
    top = jnp.where(move.target == EMPTY_FLOOR, clutter.layer[place].astype(jnp.int32), 0)
    stepped = move.moved & idle
    turned = (action == t.TOGGLE) & idle
    lifted = (action == t.PICK_UP) & idle & (move.pocket == 0)
    deed = jnp.where(stepped, STEPPED, jnp.where(turned, TURNED, LIFTED))
    touched = jnp.where(stepped | turned | lifted, top, 0)
    following = top + clutter.piles
    following = jnp.where(following > amount, (top - 1) % clutter.piles + 1, following)
    now = jnp.where((turned | lifted) & (top > 0), following, clutter.layer[place]).astype(jnp.uint8)
    code = jnp.where(touched > 0, codes.CLUTTER + deed * MOST + touched - 1, 0)
    return Clutter(clutter.layer.at[place].set(now), clutter.piles, touched), code


def uncovered(cells: UInt8[Array, "h w"], clutter: Clutter) -> UInt8[Array, "h w"]:
    """The layer as far as it can be seen: things stand on free floor."""
    return jnp.where(cells == EMPTY_FLOOR, clutter.layer, 0).astype(jnp.uint8)


def shown(cells: UInt8[Array, "h w"], clutter: Clutter) -> UInt8[Array, "h w"]:
    """The grid as it looks."""
    seen = uncovered(cells, clutter)
    return jnp.where(seen > 0, FIRST_CELL - 1 + seen, cells)
