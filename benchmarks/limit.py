"""How near PPO on DoorKey-8x8 comes to its limit: the bare world's stepping plus the bare matrix products.

    python benchmarks/limit.py            # a minute or two on a quiet machine

The configuration of ppo_rate.py; each kind of learner in a process of its own, all parts of it timed in turn. Writes
benchmarks/results/limit.json.
"""

from __future__ import annotations

import json
import subprocess
import sys

from ppo_rate import ENVS, EPOCHS, LEARNERS, MINIBATCHES, RATE, ROLLOUT
from record import record

ROUNDS = 15
WORLD = "minigrid/doorkey-8x8"


def row(learners: int) -> dict:
    """Milliseconds of one update and of its limit."""
    from outrider.learn.bench import even_atlas, measure
    from outrider.learn.settings import Settings
    from outrider.worlds.registry import make

    settings = Settings(
        envs=ENVS,
        rollout=ROLLOUT,
        epochs=EPOCHS,
        minibatches=MINIBATCHES,
        learning_rate=RATE,
        cells="numbers",
        learners=learners,
    )
    timing = measure(WORLD, settings, "none", even_atlas(make(WORLD).codes), ROUNDS)
    parts = ("update", "rollout", "learning", "stepping", "products", "limit")
    return {
        "learners": learners,
        **{f"{name}, ms": round(1000 * getattr(timing, name), 3) for name in parts},
        "steps per second": round(timing.rate),
        "share of the limit": round(timing.ratio, 3),
    }


def main() -> None:
    """Measure one learner and the team; print and write."""
    if len(sys.argv) > 1:
        print(json.dumps(row(int(sys.argv[1]))))
        return
    rows = []
    for learners in (1, LEARNERS):
        command = [sys.executable, __file__, str(learners)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        print(rows[-1], flush=True)
    what = (
        f"One update of PPO on DoorKey-8x8, {ENVS} copies x {ROLLOUT} steps, {EPOCHS} epochs, {MINIBATCHES} "
        f"minibatches: stepping and products are the bare world's and the bare matrix products' time, together the "
        f"limit; medians of {ROUNDS} interleaved rounds."
    )
    print(record("limit", what, rows))


if __name__ == "__main__":
    main()
