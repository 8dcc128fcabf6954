"""How soon PPO solves the MiniGrid worlds with each signal that needs no language, every arm tuned alike.

    outrider tune benchmarks/exploration_arms               # first: twelve candidates an arm; an hour
    python benchmarks/exploration.py minigrid/doorkey-8x8    # ten seeds of every arm as tuned; a quarter of an hour
    python benchmarks/exploration.py minigrid/doorkey-8x8 rnd

An arm is a signal (benchmarks/exploration_arms/plan.toml), with the settings that solved DoorKey-8x8 most often in the
tuning's steps, on seeds that no result uses; they are taken to all worlds. The learning rate does not fall, so that
nothing depends on the budget. Solved is where the episodes of some updates return 0.9 in the mean. Event counts take
every weight as 1, which needs no model. The `way-` signals are told by the world's expert, which knows the way: they
say what a dense reward is worth, and are no rivals of the others. Writes benchmarks/results/exploration.json, keeping
the rows that were not measured anew.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from record import Table, record

from outrider.report.frontier import median
from outrider.verify.plan import load_plan
from outrider.verify.tuning import best, record_of

BUDGETS = {  # environment steps of a seed
    "minigrid/doorkey-8x8": 1_500_000,
    "minigrid/unlock-pickup": 2_000_000,
    "minigrid/blocked-unlock-pickup": 4_000_000,
    "minigrid/doorkey-16x16": 4_000_000,
}
SOLVED, EPISODES = 0.9, 50  # the mean return of at least so many episodes in a row
SEEDS = 10
TUNED = Path(__file__).parent / "exploration_arms"


@dataclass(frozen=True)
class Chosen:
    """What tuning chose for an arm."""

    arm: str
    signal: str
    learner: dict[str, Any]


def tuned() -> list[Chosen]:
    """The best candidate of every arm. Errors: they were not tuned as the plan asks."""
    record = record_of(load_plan(TUNED), TUNED)
    lines = {arm: every[best(every)] for arm, every in record["arms"].items()}
    return [Chosen(arm, line["signal"], line["learner"]) for arm, line in lines.items()]


def solved_at(world: str, one: Chosen, seeds: Sequence[int], steps: int) -> list[int | None]:
    """The environment step at which each seed has solved the world, None where it never does."""
    import jax.numpy as jnp
    import numpy as np

    import outrider  # noqa: F401  # sets XLA's flags before jax
    from outrider.learn.algorithms import settings_from
    from outrider.learn.bench import even_atlas
    from outrider.learn.train import train
    from outrider.worlds.registry import make

    atlas = even_atlas(make(world).codes)
    atlas = atlas._replace(weight=jnp.ones_like(atlas.weight).at[0].set(0.0))
    lines = train(world, settings_from(one.learner), one.signal, atlas, seeds, steps).lines
    found: list[int | None] = []
    for episodes, returns, at in zip(lines.episodes, lines.returns, lines.steps, strict=True):
        ended, paid = np.cumsum(episodes), np.cumsum(returns)
        since = (
            np.searchsorted(ended, ended - EPISODES, side="right") - 1
        )  # the last line at least so many before
        there = (since >= 0) & (paid - paid[since] >= SOLVED * np.maximum(ended - ended[since], 1))
        found.append(int(at[there.argmax()]) if there.any() else None)
    return found


def run(world: str, one: Chosen, seeds: range, steps: int) -> list[int | None]:
    """`solved_at` in a process of its own."""
    told = json.dumps([world, asdict(one), [seeds.start, seeds.stop], steps])
    command = [sys.executable, __file__, "--one", told]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def row(world: str, one: Chosen, found: Sequence[int | None]) -> dict[str, Any]:
    """A line of a table."""
    at = median(found)
    return {
        "world": world,
        "arm": one.arm,
        "signal": one.signal,
        "entropy bonus": one.learner["entropy"],
        "learning rate": one.learner["learning_rate"],
        "seeds that solve it": f"{sum(x is not None for x in found)} of {len(found)}",
        "median step": int(at) if math.isfinite(at) else None,
    }


def main() -> None:
    """Measure the worlds and arms that are named, else all; print and write."""
    if sys.argv[1:2] == ["--one"]:
        world, one, (first, end), steps = json.loads(sys.argv[2])
        print(json.dumps(solved_at(world, Chosen(**one), range(first, end), steps)))
        return
    every = [one for one in tuned() if one.arm in sys.argv] or tuned()
    worlds = [world for world in BUDGETS if world in sys.argv] or list(BUDGETS)
    table = Table(("world", "arm"), [(world, one.arm) for world in BUDGETS for one in tuned()])

    def one_row(work: tuple[str, Chosen]) -> dict[str, Any]:
        world, one = work
        made = row(world, one, run(world, one, range(SEEDS), BUDGETS[world]))
        print(made, flush=True)
        return made

    what = (
        f"PPO with each signal as tuned on DoorKey-8x8, {SEEDS} other seeds: mean return {SOLVED} over at least "
        f"{EPISODES} episodes in a row; steps of a seed: "
        + ", ".join(f"{world} {steps:,}" for world, steps in BUDGETS.items())
        + "."
    )
    rows: list[dict[str, Any]] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for made in pool.map(one_row, [(world, one) for world in worlds for one in every]):
            rows.append(made)
            record("exploration", what, rows, table=table)  # what stops later leaves what was found


if __name__ == "__main__":
    main()
