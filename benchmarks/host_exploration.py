"""How soon PPO solves KeyCorridor and MultiRoom over envpool, with and without bonuses: the worlds of RIDE and NovelD.

    python benchmarks/host_exploration.py                        # needs the extras train and host; hours
    python benchmarks/host_exploration.py KeyCorridorS3R3 noveld  # worlds and arms with that in their name

Solved is where 0.9 of the latest 100 episodes or more reach the goal; a seed's training stops there, or after 10 M
steps (the frames of Raileanu and Rocktaschel 2020 and of Zhang et al. 2021; MiniGrid has no frame skip). Arms are not
tuned beyond the scales below, which were tried on other seeds. One seed at a time, since envpool takes all cores.
Writes benchmarks/results/host_exploration.json after every row, keeping those that were not measured anew.
"""

from __future__ import annotations

import math
import sys
import time
from collections import deque

import outrider  # noqa: F401  first: it sets XLA up before jax is imported

# isort: split
from record import Table, record

from outrider.learn.diary import Line
from outrider.learn.host import train_host
from outrider.learn.settings import Settings
from outrider.report.frontier import median

WORLDS = (
    "envpool/MiniGrid-KeyCorridorS3R3-v0",
    "envpool/MiniGrid-MultiRoom-N4-S5-v0",
    "envpool/MiniGrid-MultiRoom-N6-v0",
)
ARMS = {
    "none": "none",
    "noveld": "scale(noveld, 0.1)",
    "episodic-count": "scale(episodic-observation-count, 0.1)",
}
SEEDS, STEPS, SHARE, EPISODES = range(3), 10_000_000, 0.9, 100
LEARNER = Settings(envs=64, rollout=128, width=128, anneal=False, learning_rate=1e-3)
WHAT = (
    f"PPO over envpool, {len(SEEDS)} seeds, at most {STEPS:,} steps each: the step at which {SHARE} of the latest "
    f"{EPISODES} episodes or more reach the goal."
)


class _Solved(Exception):
    """Ends a training; its argument is the step."""


def solved_at(world: str, signal: str, seed: int) -> int | None:
    """The step at which a seed has solved the world, None where it has not after `STEPS`."""
    latest: deque[tuple[int, int]] = deque()

    def heard(progress: float, line: Line) -> None:
        latest.append((int(line.successes), int(line.episodes)))
        while sum(n for _, n in latest) - latest[0][1] >= EPISODES:
            latest.popleft()
        won, ended = map(sum, zip(*latest, strict=True))
        if ended >= EPISODES and won >= SHARE * ended:
            raise _Solved(int(line.steps))

    try:
        train_host(world, LEARNER, seed, STEPS, heard, signal)
    except _Solved as found:
        return found.args[0]
    return None


def main() -> None:
    """Measure the worlds and arms that are named, else all."""
    asked = sys.argv[1:]
    worlds = [world for world in WORLDS if any(part in world for part in asked)] or list(WORLDS)
    arms = [arm for arm in ARMS if arm in asked] or list(ARMS)
    rows, table = [], Table(("world", "arm"), [(world, arm) for world in WORLDS for arm in ARMS])
    for world in worlds:
        for arm in arms:
            began = time.monotonic()
            found = [solved_at(world, ARMS[arm], seed) for seed in SEEDS]
            at = median(found)
            row = {
                "world": world,
                "arm": arm,
                "signal": ARMS[arm],
                "seeds that solve it": f"{sum(one is not None for one in found)} of {len(found)}",
                "median step": int(at) if math.isfinite(at) else None,
                "minutes": round((time.monotonic() - began) / 60),
            }
            print(row, flush=True)
            rows.append(row)
            record("host_exploration", WHAT, rows, table=table)


if __name__ == "__main__":
    main()
