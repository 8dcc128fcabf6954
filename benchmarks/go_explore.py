"""How soon does Go-Explore's first phase find the way, and how much, beside as many random steps?

    python benchmarks/go_explore.py                    # needs the extras train and worlds; about a quarter of an hour
    python benchmarks/go_explore.py deepsea random     # those with all that in their names; the other rows stay

A million steps of each of five seeds (in Craftax three), each with a world of its own that it returns to: the step of
the first success, and in Craftax the achievements reached in any episode and the highest return of one. "By situations"
and "by observations" say what cells are told apart by. Random steps are the same search with room for the beginning
alone: each episode begins there and ends by itself. Writes benchmarks/results/go_explore.json.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from typing import Any

import outrider  # noqa: F401  first: it sets XLA up before jax is imported

# isort: split
import numpy as np
from record import Table, record

from outrider.learn.go_explore import NEVER, GoExplore, Search, explore
from outrider.learn.go_settings import GoSettings
from outrider.worlds.craftax.words import ACHIEVEMENTS
from outrider.worlds.names import check_world, event_kind
from outrider.worlds.registry import make

STEPS, SEEDS, FEWER = 1_000_000, 5, 3  # fewer seeds in Craftax, whose programs take a minute to compile
SITUATIONS = ("by situations", GoSettings(cells="situations"))
OBSERVATIONS = ("by observations", GoSettings(cells="observations"))
LONG = ("by situations, 128 steps each", GoSettings(cells="situations", length=128))
# Of Craftax's situation the best tools and the amounts of materials alone.
BELONGINGS = (
    "by tools and materials",
    GoSettings(cells="situations", columns=tuple(range(4, 12))),
)
WHAT = (
    f"Go-Explore's first phase beside random steps: {STEPS:,} environment steps of {SEEDS} seeds with a world "
    f"each (in Craftax {FEWER}), medians. A first success is counted in steps of all copies; "
    "achievements are those of any episode."
)
WAYS = {
    "gymnax/deepsea-20": (SITUATIONS,),
    "gymnax/deepsea-30": (SITUATIONS,),
    "gymnax/deepsea-40": (SITUATIONS,),
    "minigrid/doorkey-16x16": (OBSERVATIONS, SITUATIONS, LONG),
    "minigrid/unlock-pickup": (OBSERVATIONS, SITUATIONS, LONG),
    "minigrid/blocked-unlock-pickup": (OBSERVATIONS, SITUATIONS, LONG),
    "craftax/classic": (SITUATIONS, BELONGINGS),
}


def ways(world_id: str) -> Iterator[tuple[str, GoSettings]]:
    """The searches of a world, random steps last."""
    yield from WAYS[world_id]
    copies = GoSettings().copies
    length = min(check_world(world_id)[0].horizon, -(-STEPS // copies))
    yield "random steps", GoSettings(length=length, most_cells=1, cells="observations")


def row(world_id: str, told: str, settings: GoSettings) -> dict[str, Any]:
    """One line of the table: medians over seeds."""
    go = GoExplore(make(world_id), settings, check_world(world_id)[0].solved_above)
    seeds = FEWER if world_id.startswith("craftax") else SEEDS
    searches = explore(go, range(seeds), STEPS)
    found, left = [search for search, _ in searches], [rounds for _, rounds in searches]
    last = max(1, STEPS // settings.batch) - 1  # the last round within the steps that count
    when = [int(search.first_solved) for search in found if search.first_solved <= STEPS]
    half = len(when) * 2 > seeds
    several = settings.most_cells != 1
    return {
        "world": world_id,
        "search": told,
        "seeds that find it": f"{len(when)} of {seeds}",
        "median first success, steps": int(statistics.median([*when, *[NEVER] * (seeds - len(when))]))
        if half
        else None,
        "cells": int(statistics.median(int(rounds.cells[last]) for rounds in left)) if several else None,
        "best return": round(statistics.median(float(rounds.returned[last]) for rounds in left), 3),
        "achievements": statistics.median(map(_achievements(world_id), found))
        if world_id.startswith("craftax")
        else None,
    }


def _achievements(world_id: str) -> Any:
    names = {name for name, _ in ACHIEVEMENTS}

    def count(search: Search) -> int:
        met = np.flatnonzero(np.asarray(search.first_met) <= STEPS)
        return len(names & {event_kind(world_id, int(code)) for code in met})

    return count


def main() -> None:
    """Do the searches that are named, or all; print and write their rows, one by one."""
    every = {(world_id, told): settings for world_id in WAYS for told, settings in ways(world_id)}
    rows = []
    for (world_id, told), settings in every.items():
        if all(part in f"{world_id} {told}" for part in sys.argv[1:]):
            rows.append(row(world_id, told, settings))
            print(rows[-1], flush=True)
            record("go_explore", WHAT, rows, table=Table(("world", "search"), list(every)))


if __name__ == "__main__":
    main()
