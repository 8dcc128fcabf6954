"""How one MiniGrid moves and what its agent sees, on a grid of one-byte cells.

The rules are those of `xminigrid` 0.9 (itself a port of MiniGrid) for worlds without production rules, checked
against its own step in the tests; they are written for one cell per byte (`tile * 12 + colour`) and one changed
cell per step, which steps about three times as fast. The view adds what xminigrid leaves out of the original:
walls and closed doors hide what is behind them, and the agent sees what it carries.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, UInt8

from outrider.worlds.minigrid import tiles as t

VIEW = 7
EMPTY_FLOOR = t.FLOOR * t.COLOURS + t.BLACK
_DOWN, _ALONG = np.array(t.DIRECTIONS, np.int32).T


class Agent(NamedTuple):
    """Where the agent stands and what it holds."""

    row: Int[Array, ""]
    column: Int[Array, ""]
    direction: Int[Array, ""]
    pocket: UInt8[Array, ""]  # cell carried, 0 for nothing


class Move(NamedTuple):
    """What one action did: enough for a captioner to say it in words."""

    target: Int[Array, ""]  # cell in front of the agent before the action
    after: Int[Array, ""]  # the same cell after it
    pocket: Int[Array, ""]  # what was carried before the action
    moved: Bool[Array, ""]


def _among(tile: Int[Array, ""], wanted: tuple[int, ...]) -> Bool[Array, ""]:
    """Whether a tile is one of a few, by one shift of a constant: no gather, no comparison per member."""
    bits = sum(1 << w for w in wanted)
    return (jnp.int32(bits) >> tile) & 1 == 1


def front(agent: Agent) -> tuple[Int[Array, ""], Int[Array, ""]]:
    """The cell in front of the agent."""
    row = agent.row + jnp.asarray(_DOWN)[agent.direction]
    return row, agent.column + jnp.asarray(_ALONG)[agent.direction]


def act(
    grid: UInt8[Array, "h w"], agent: Agent, action: Int[Array, ""]
) -> tuple[UInt8[Array, "h w"], Agent, Move]:
    """One action on one grid: exactly one cell, in front of the agent, can change."""
    row, column = front(agent)
    target = grid[row, column].astype(jnp.int32)
    tile, colour = target // t.COLOURS, target % t.COLOURS
    pocket = agent.pocket.astype(jnp.int32)

    walks = (action == t.FORWARD) & _among(tile, (t.FLOOR, t.GOAL, t.DOOR_OPEN))
    picks = (action == t.PICK_UP) & (pocket == 0) & _among(tile, tuple(t.OBJECTS))
    drops = (action == t.DROP) & (pocket != 0) & (tile == t.FLOOR)
    toggles = action == t.TOGGLE
    has_key = pocket == t.KEY * t.COLOURS + colour
    opens = toggles & ((tile == t.DOOR_CLOSED) | ((tile == t.DOOR_LOCKED) & has_key))
    closes = toggles & (tile == t.DOOR_OPEN)

    after = jnp.where(picks, EMPTY_FLOOR, target)
    after = jnp.where(drops, pocket, after)
    after = jnp.where(opens, t.DOOR_OPEN * t.COLOURS + colour, after)
    after = jnp.where(closes, t.DOOR_CLOSED * t.COLOURS + colour, after)
    turn = (action == t.TURN_RIGHT).astype(jnp.int32) + 3 * (action == t.TURN_LEFT).astype(jnp.int32)
    agent = Agent(
        row=jnp.where(walks, row, agent.row),
        column=jnp.where(walks, column, agent.column),
        direction=(agent.direction + turn) % 4,
        pocket=jnp.where(picks, target, jnp.where(drops, 0, pocket)).astype(jnp.uint8),
    )
    grid = grid.at[row, column].set(after.astype(jnp.uint8))
    return grid, agent, Move(target=target, after=after, pocket=pocket, moved=walks)


def _sweep_table() -> np.ndarray:
    """For (cells lit in a row, its clear cells), both 7-bit words: cells lit after MiniGrid's two sweeps, and the
    cells they light in the row ahead (shifted left by VIEW): [2^VIEW * 2^VIEW]. Source: minigrid, `Grid.process_vis`.
    """
    table = np.zeros((1 << VIEW, 1 << VIEW), np.uint16)
    for lit in range(1 << VIEW):
        for clear in range(1 << VIEW):
            here, ahead = lit, 0
            for columns, side in ((range(VIEW - 1), 1), (range(VIEW - 1, 0, -1), -1)):
                for c in columns:
                    if here & clear & (1 << c):
                        here |= 1 << (c + side)
                        ahead |= 1 << c | 1 << (c + side)
            table[lit, clear] = here | ahead << VIEW
    return table.reshape(-1)


_SWEEP = _sweep_table()


def _visible(transparent: Bool[Array, "v v"]) -> Bool[Array, "v v"]:
    """MiniGrid's line of sight: it spreads sideways and ahead through transparent cells, row by row from the agent."""
    clear = jnp.sum(transparent * jnp.asarray(1 << np.arange(VIEW), jnp.int32), axis=-1)

    def row(lit: Array, clear: Array) -> tuple[Array, Array]:
        swept = jnp.asarray(_SWEEP).at[(lit << VIEW) + clear].get(mode="promise_in_bounds").astype(jnp.int32)
        return swept >> VIEW, swept

    _, lit = jax.lax.scan(row, jnp.int32(1 << VIEW // 2), clear, reverse=True)
    return (lit[:, None] >> jnp.arange(VIEW)) & 1 == 1


def look(grid: UInt8[Array, "h w"], agent: Agent) -> UInt8[Array, "v v"]:
    """The agent's view, ahead is up: unseen cells are 0, the agent's own cell shows what it carries."""
    margin = VIEW - 1
    size = 2 * margin + 1
    window = jax.lax.dynamic_slice(jnp.pad(grid, margin), (agent.row, agent.column), (size, size))
    near, far, side = slice(0, VIEW), slice(VIEW - 1, None), slice(VIEW // 2, VIEW // 2 + VIEW)
    up, right, down, left = window[near, side], window[side, far], window[far, side], window[side, near]
    d = agent.direction
    cells = jnp.where(d == 0, up, jnp.where(d == 1, jnp.rot90(right, 1), jnp.rot90(left, 3)))
    cells = jnp.where(d == 2, jnp.rot90(down, 2), cells)
    blocks = _among(cells.astype(jnp.int32) // t.COLOURS, (t.WALL, t.DOOR_LOCKED, t.DOOR_CLOSED))
    seen = jnp.where(_visible(~blocks), cells, 0)
    return seen.at[VIEW - 1, VIEW // 2].set(agent.pocket)


class Grid(NamedTuple):
    """A whole MiniGrid: the cells, the agent, the clock and what must be reached."""

    cells: UInt8[Array, "h w"]
    agent: Agent
    clock: Int[Array, ""]
    wanted: UInt8[Array, ""]  # cell that the agent must hold, or stand on
