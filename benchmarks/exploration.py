"""How soon PPO solves the MiniGrid worlds with each signal that needs no language, every arm tuned alike.

    python benchmarks/exploration.py tune                    # six candidates an arm, three seeds; about an hour
    python benchmarks/exploration.py minigrid/doorkey-8x8    # ten seeds of every arm as tuned; a quarter of an hour
    python benchmarks/exploration.py minigrid/doorkey-8x8 rnd

An arm is a signal. Each has six candidates: a signal's scale and the entropy bonus; without a signal, the learning rate
and the entropy bonus. They are tried on DoorKey-8x8, on seeds that no result uses, and the one that solves it soonest
is taken to all worlds. Solved is where the episodes of some updates return 0.9 in the mean. Event counts take every
weight as 1, which needs no model. The `way-` signals are told by the world's expert, which knows the way: they say what
a dense reward is worth, and are no rivals of the others. Writes benchmarks/results/exploration_tuning.json and
exploration.json, keeping the rows that were not measured anew.
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
from typing import Any

from record import RESULTS, record

from outrider.report.frontier import median

BUDGETS = {  # environment steps of a seed
    "minigrid/doorkey-8x8": 1_500_000,
    "minigrid/unlock-pickup": 2_000_000,
    "minigrid/blocked-unlock-pickup": 4_000_000,
    "minigrid/doorkey-16x16": 4_000_000,
}
PLAIN = "none"
ARMS = (
    *(PLAIN, "event-count", "observation-count", "episodic-observation-count", "episodic(observation-count)"),
    *("rnd", "noveld", "icm", "ride", "e3b", "disagreement"),
    *("way-progress", "way-gain", "way-potential"),  # told by the world's expert
)
SOLVED, EPISODES = 0.9, 50  # the mean return of at least so many episodes in a row
SEEDS, TRIED_ON, SEEDS_TRIED = 10, "minigrid/doorkey-8x8", range(100, 103)


@dataclass(frozen=True)
class Candidate:
    """One setting of an arm."""

    arm: str
    scale: float
    entropy: float
    learning_rate: float

    @property
    def signal(self) -> str:
        """The signal with its scale."""
        return self.arm if self.arm == PLAIN or self.scale == 1 else f"scale({self.arm}, {self.scale:g})"


def candidates(arm: str) -> list[Candidate]:
    """Six of every arm."""
    if arm == PLAIN:
        return [Candidate(arm, 1.0, entropy, rate) for entropy in (0.01, 0.03, 0.1) for rate in (1e-3, 2e-3)]
    return [Candidate(arm, scale, entropy, 2e-3) for scale in (0.1, 1.0, 10.0) for entropy in (0.01, 0.03)]


def solved_at(world: str, one: Candidate, seeds: Sequence[int], steps: int) -> list[int | None]:
    """The environment step at which each seed has solved the world, None where it never does."""
    import jax.numpy as jnp
    import numpy as np

    import outrider  # noqa: F401  # sets XLA's flags before jax
    from outrider.learn.bench import even_atlas
    from outrider.learn.settings import Settings
    from outrider.learn.train import train
    from outrider.worlds.registry import make

    settings = Settings(entropy=one.entropy, learning_rate=one.learning_rate)
    atlas = even_atlas(make(world).codes)
    atlas = atlas._replace(weight=jnp.ones_like(atlas.weight).at[0].set(0.0))
    lines = train(world, settings, one.signal, atlas, seeds, steps).lines
    found: list[int | None] = []
    for episodes, returns, at in zip(lines.episodes, lines.returns, lines.steps, strict=True):
        ended, paid = np.cumsum(episodes), np.cumsum(returns)
        since = (
            np.searchsorted(ended, ended - EPISODES, side="right") - 1
        )  # the last line at least so many before
        there = (since >= 0) & (paid - paid[since] >= SOLVED * np.maximum(ended - ended[since], 1))
        found.append(int(at[there.argmax()]) if there.any() else None)
    return found


def run(world: str, one: Candidate, seeds: range, steps: int) -> list[int | None]:
    """`solved_at` in a process of its own."""
    told = json.dumps([world, asdict(one), [seeds.start, seeds.stop], steps])
    command = [sys.executable, __file__, "--one", told]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def row(world: str, one: Candidate, found: Sequence[int | None]) -> dict[str, Any]:
    """A line of a table."""
    at = median(found)
    return {
        "world": world,
        "arm": one.arm,
        "scale": one.scale,
        "entropy bonus": one.entropy,
        "learning rate": one.learning_rate,
        "seeds that solve it": f"{sum(x is not None for x in found)} of {len(found)}",
        "median step": int(at) if math.isfinite(at) else None,
    }


def rows_of(name: str) -> list[dict[str, Any]]:
    """The rows of an earlier result, if there is one."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []


def chosen(arm: str) -> Candidate:
    """What tuning chose for an arm: the most seeds first, then the soonest."""
    tried = [r for r in rows_of("exploration_tuning") if r["arm"] == arm]
    if not tried:
        sys.exit(f"{arm} was not tuned; run `python benchmarks/exploration.py tune {arm}` first")
    best = min(tried, key=lambda r: (-int(r["seeds that solve it"].split()[0]), r["median step"] or math.inf))
    return Candidate(arm, best["scale"], best["entropy bonus"], best["learning rate"])


def main() -> None:
    """Tune, or measure the worlds that are named; print and write."""
    if sys.argv[1:2] == ["--one"]:
        world, one, (first, end), steps = json.loads(sys.argv[2])
        print(json.dumps(solved_at(world, Candidate(**one), range(first, end), steps)))
        return
    tuning, arms = "tune" in sys.argv, [arm for arm in ARMS if arm in sys.argv] or list(ARMS)
    worlds = [TRIED_ON] if tuning else [world for world in BUDGETS if world in sys.argv] or list(BUDGETS)
    every = [one for arm in arms for one in (candidates(arm) if tuning else [chosen(arm)])]
    seeds, name = (SEEDS_TRIED, "exploration_tuning") if tuning else (range(SEEDS), "exploration")
    kept = [r for r in rows_of(name) if r["arm"] not in arms or r["world"] not in worlds]

    def one_row(work: tuple[str, Candidate]) -> dict[str, Any]:
        world, one = work
        made = row(world, one, run(world, one, seeds, BUDGETS[world]))
        print(made, flush=True)
        return made

    said = f"mean return {SOLVED} over at least {EPISODES} episodes in a row"
    what = (
        f"Six candidates an arm on DoorKey-8x8, {len(SEEDS_TRIED)} seeds, {BUDGETS[TRIED_ON]:,} steps: {said}."
        if tuning
        else f"PPO with each signal as tuned on DoorKey-8x8, {SEEDS} other seeds: {said}; steps of a seed: "
        + ", ".join(f"{world} {steps:,}" for world, steps in BUDGETS.items())
        + "."
    )
    rows = kept
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for made in pool.map(one_row, [(world, one) for world in worlds for one in every]):
            rows.append(made)  # written one by one: what stops later leaves what was found
            rows.sort(key=lambda r: (list(BUDGETS).index(r["world"]), ARMS.index(r["arm"])))
            path = record(name, what, rows)
    print(path)


if __name__ == "__main__":
    main()
