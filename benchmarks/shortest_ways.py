"""What no policy can pass in MiniGrid: the mean return of the shortest ways, found by breadth-first search.

    python benchmarks/shortest_ways.py                       # needs the extra train; about three minutes
    python benchmarks/shortest_ways.py minigrid/unlock       # some; the other rows of the result stay

Reward is 1 - 0.9 * steps / horizon, so that the largest return hangs on the layout. The search is that of
`outrider.worlds.minigrid.shortest`: no policy takes fewer steps, and a good one a few more. The worlds with rule sets
are left out. Writes benchmarks/results/shortest_ways.json, from where docs/generate.py copies
the references of `worlds/`.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import outrider  # noqa: F401  first: it sets XLA up before jax is imported

# isort: split
import jax
import numpy as np
from record import by_world, record

from outrider.worlds.minigrid.catalogue import WORLDS
from outrider.worlds.minigrid.shortest import shortest
from outrider.worlds.registry import make

LAYOUTS = 1024
SEARCHED = [name for name, facts in WORLDS.items() if not facts.rules]


def scores(name: str) -> dict[str, Any]:
    """One row of the table."""
    facts, world = WORLDS[name], make(name)
    reset = jax.jit(lambda key: jax.lax.map(lambda k: world.reset(k)[0].grid, jax.random.split(key, LAYOUTS)))
    grids = jax.device_get(reset(jax.random.key(0)))
    steps = []
    for k in range(LAYOUTS):
        grid = jax.tree.map(lambda x, k=k: np.asarray(x)[k], grids)
        start = int(grid.agent.row), int(grid.agent.column), int(grid.agent.direction)
        steps.append(shortest(facts, grid.cells.astype(np.int64), start, int(grid.wanted)))
    taken = np.array(steps)
    solved = (taken >= 0) & (taken <= facts.horizon)
    returns = np.where(solved, 1 - 0.9 * taken / facts.horizon, 0.0)
    return {
        "world": name,
        "mean return": round(float(returns.mean()), 4),
        "standard error": round(float(returns.std() / math.sqrt(LAYOUTS)), 4),
        "mean steps": round(float(taken[solved].mean()), 1),
        "layouts without a way": int((~solved).sum()),
        "layouts": LAYOUTS,
    }


def main() -> None:
    """Search the worlds that are named, or all, and write their rows."""
    rows = []
    for name in sys.argv[1:] or SEARCHED:
        rows.append(scores(name))
        print(rows[-1], flush=True)
    what = "Mean return of the shortest ways in MiniGrid, which no policy can pass."
    record("shortest_ways", what, rows, table=by_world(list(SEARCHED)))


if __name__ == "__main__":
    main()
