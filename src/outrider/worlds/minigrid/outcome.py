"""What ends an episode: decided when a world is built, one test each."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, UInt8

from outrider.worlds.minigrid import rules
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.catalogue import MiniGridFacts
from outrider.worlds.minigrid.dynamics import Grid, Move


def judge(
    facts: MiniGridFacts, grid: Grid, move: Move, action: Int[Array, ""]
) -> tuple[Bool[Array, ""], Bool[Array, ""]]:
    """Whether an action has met the mission, and whether it has failed it for good; `grid` is that after it."""
    never = jnp.bool_(False)
    if facts.success == "goal":
        return move.moved & (move.target == grid.wanted), never
    if facts.success == "hold":
        return (action == t.PICK_UP) & (grid.agent.pocket == grid.wanted), never
    if facts.success == "open":
        return (action == t.TOGGLE) & (move.after == grid.wanted) & (move.target != move.after), never
    if facts.rules:
        return rules.achieved(facts.rules.goal, grid.cells, grid.agent, action), never
    return _matched(grid, move)


def example(cells: UInt8[Array, "h w"]) -> UInt8[Array, ""]:
    """The thing in a memory's first room, to which the right one at the end is like."""
    return cells[cells.shape[0] // 2 - 1, 1]


def _matched(grid: Grid, move: Move) -> tuple[Bool[Array, ""], Bool[Array, ""]]:
    """Memory ends where the hallway does, one step aside from its middle, before one of the two things there."""
    height, width = grid.cells.shape
    row, middle = grid.agent.row, height // 2
    chosen = move.moved & (grid.agent.column == width - 2) & (row != middle)
    thing = grid.cells[jnp.where(row < middle, 1, height - 2), width - 2]
    return chosen & (thing == grid.wanted), chosen & (thing != grid.wanted)
