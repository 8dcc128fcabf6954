"""The fewest steps to success in one MiniGrid layout, by breadth-first search on the host. No jax.

The search knows the whole grid, which an agent does not; and what was put down is in nobody's way, though each thing
that is picked up after the first costs the step in which the one before it was put down. So no policy takes fewer
steps; where nothing need be put down, the shortest way takes as many. `expert.py` plans on the device what to do, as
the search cannot; this is what it is tested against.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.catalogue import MiniGridFacts

DOORS = (t.DOOR_LOCKED, t.DOOR_CLOSED, t.DOOR_OPEN)
DOWN, ALONG = np.array(t.DIRECTIONS).T


def shortest(facts: MiniGridFacts, cells: np.ndarray, start: tuple[int, int, int], wanted: int) -> int:
    """The fewest steps to success from a row, a column and a direction; -1 where there is no way.

    A state is which doors were opened and which things were picked up, a bit each; the place; the direction.
    """
    tiles, width = cells // t.COLOURS, cells.shape[1]
    doors, things = np.argwhere(np.isin(tiles, DOORS)), np.argwhere(np.isin(tiles, list(t.OBJECTS)))
    if facts.success == "match":
        things = things[:0]  # there nothing can be picked up
    shape = (1 << len(doors) + len(things), *cells.shape, 4)
    opened = [1 << k for k in range(len(doors))]
    lifted = [1 << k for k in range(len(doors), len(doors) + len(things))]
    clears = np.zeros(cells.shape, np.int64)  # the bit that makes a cell passable
    for bit, (row, column) in zip([*opened, *lifted], [*doors, *things], strict=True):
        clears[row, column] = bit
    free = np.isin(tiles, (t.FLOOR, t.GOAL, t.DOOR_OPEN))
    keys = {
        bit: sum(b for b, at in zip(lifted, things, strict=True) if cells[tuple(at)] == key)
        for bit, (row, column) in zip(opened, doors, strict=True)
        for key in [t.KEY * t.COLOURS + cells[row, column] % t.COLOURS]
    }
    seen = np.zeros(shape, bool)
    waiting: dict[int, list[np.ndarray]] = defaultdict(list)
    waiting[0].append(np.array([np.ravel_multi_index((0, *start), shape)]))
    step = 0
    while waiting:
        states = np.unique(np.concatenate(waiting.pop(step, [np.zeros(0, np.int64)])))
        states = states[~seen.reshape(-1)[states]]
        seen.reshape(-1)[states] = True
        bits, row, column, way = np.unravel_index(states, shape)
        ahead, beside = row + DOWN[way], column + ALONG[way]

        def reach(
            cost: int, which: Any, bits: Any, row: Any, column: Any, way: Any, step: int = step
        ) -> None:
            found = np.asarray(np.ravel_multi_index((bits, row, column, way), shape))[which]
            if len(found):
                waiting[step + cost].append(found)

        ends: list[int] = []
        for turn in (1, 3):
            reach(1, slice(None), bits, row, column, (way + turn) % 4)
        walks = free[ahead, beside] | (bits & clears[ahead, beside] > 0)
        if facts.success == "goal" and (walks & (cells[ahead, beside] == wanted)).any():
            ends.append(1)
        if facts.success == "match":
            chosen = walks & (beside == width - 2) & (ahead != cells.shape[0] // 2)
            thing = cells[np.where(ahead < cells.shape[0] // 2, 1, cells.shape[0] - 2), width - 2]
            ends += [1] * bool((chosen & (thing == wanted)).any())
            walks &= ~chosen
        reach(1, walks, bits, ahead, beside, way)
        for bit, (x, y) in zip(opened, doors, strict=True):
            can = (ahead == x) & (beside == y) & (bits & bit == 0)
            can &= (tiles[x, y] != t.DOOR_LOCKED) | (bits & keys[bit] > 0)
            is_wanted = t.DOOR_OPEN * t.COLOURS + cells[x, y] % t.COLOURS == wanted
            ends += [1] * bool(facts.success == "open" and is_wanted and can.any())
            reach(1, can, bits | bit, row, column, way)
        for bit, (x, y) in zip(lifted, things, strict=True):
            for cost, empty in ((1, bits & sum(lifted) == 0), (2, bits & sum(lifted) > 0)):
                can = (ahead == x) & (beside == y) & (bits & bit == 0) & empty
                ends += [cost] * bool(facts.success == "hold" and cells[x, y] == wanted and can.any())
                reach(cost, can, bits | bit, row, column, way)
        if ends:
            return step + min(ends)
        step += 1
    return -1
