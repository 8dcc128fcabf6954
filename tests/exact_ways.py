"""The fewest steps of one MiniGrid under its true dynamics, by breadth-first search over whole grids."""

from __future__ import annotations

import numpy as np

from outrider.worlds.minigrid import tiles as t

FLOOR = t.FLOOR * t.COLOURS + t.BLACK
STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))
OPEN = (t.FLOOR, t.GOAL, t.DOOR_OPEN)


def fewest(grid, most: int = 60) -> int:
    """Steps until the agent of a grid holds the wanted thing; -1 where `most` are too few."""
    agent, width, wanted = grid.agent, grid.cells.shape[1], int(grid.wanted)
    at = int(agent.row) * width + int(agent.column)
    wave = {(bytes(np.asarray(grid.cells).reshape(-1)), at, int(agent.direction), int(agent.pocket))}
    seen = set(wave)
    for step in range(1, most + 1):
        wave = {after for state in wave for after in _after(state, width)} - seen
        if any(pocket == wanted for *_, pocket in wave):
            return step
        seen |= wave
    return -1


def _after(state, width):
    """What turning, walking, picking up, dropping and unlocking lead to; nobody closes a door on a shortest way."""
    cells, at, way, pocket = state
    yield cells, at, (way + 1) % 4, pocket
    yield cells, at, (way - 1) % 4, pocket
    there = at + STEPS[way][0] * width + STEPS[way][1]
    target = cells[there]
    tile, colour = divmod(target, t.COLOURS)
    put = lambda cell: cells[:there] + bytes([cell]) + cells[there + 1 :]  # noqa: E731
    if tile in OPEN:
        yield cells, there, way, pocket
    if tile == t.FLOOR and pocket:
        yield put(pocket), at, way, 0
    if tile in t.OBJECTS and not pocket:
        yield put(FLOOR), at, way, target
    if tile == t.DOOR_CLOSED or (tile == t.DOOR_LOCKED and pocket == t.KEY * t.COLOURS + colour):
        yield put(t.DOOR_OPEN * t.COLOURS + colour), at, way, pocket
