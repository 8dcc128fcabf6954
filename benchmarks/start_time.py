"""How long from the start of a process to the first update of PPO? With an empty cache of programs, and again.

    python benchmarks/start_time.py            # needs the extra train; about five minutes

The clock begins before Python does and ends when the first chunk of updates (eight) has come back. Each measurement is
a process of its own. A round goes through all rows, each with a cache of its own that is filled by a first start and
used by later ones; forward and backward by turns. Writes benchmarks/results/start_time.json.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

from record import record

ROUNDS, LATER = 3, 2  # caches that are filled, and later starts with each
WORLD = "minigrid/doorkey-8x8"
GROUPS = {"one learner": (1, 1), "two synchronous learners": (1, 2), "four independent learners": (4, 1)}


def child(began: float, seeds: int, learners: int) -> None:
    """Train until the first news and print how long ago the process was started."""
    import outrider  # noqa: F401  # sets XLA's flags before jax
    from outrider.learn.settings import Settings
    from outrider.learn.train import train

    def heard(progress: float, lines: object) -> None:
        print(time.time() - began, flush=True)
        os._exit(0)

    settings = Settings(learners=learners)
    train(WORLD, settings, "event-count", None, range(seeds), 80 * settings.batch, heard)


def seconds(cache: str, seeds: int, learners: int) -> float:
    """From starting a process to its first news."""
    command = [sys.executable, __file__, str(time.time()), str(seeds), str(learners)]
    variables = os.environ | {"JAX_COMPILATION_CACHE_DIR": cache}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def main() -> None:
    """Measure first and later starts; print and write medians."""
    if len(sys.argv) > 1:
        child(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
        return
    first: dict[str, list[float]] = {name: [] for name in GROUPS}
    later: dict[str, list[float]] = {name: [] for name in GROUPS}
    for turn in range(ROUNDS):
        for name in list(GROUPS)[:: -1 if turn % 2 else 1]:
            with tempfile.TemporaryDirectory() as cache:
                first[name].append(seconds(cache, *GROUPS[name]))
                later[name] += [seconds(cache, *GROUPS[name]) for _ in range(LATER)]
            print(f"{name}: {first[name][-1]:.1f} s, then {later[name][-1]:.1f} s", flush=True)
    rows = [
        {
            "what": name,
            "first start, seconds": round(statistics.median(first[name]), 1),
            f"slowest of {ROUNDS}, seconds": round(max(first[name]), 1),
            "later starts, seconds": round(statistics.median(later[name]), 1),
            f"slowest of {ROUNDS * LATER}, seconds": round(max(later[name]), 1),
        }
        for name in GROUPS
    ]
    what = (
        f"From the start of a process to the first updates of PPO on DoorKey-8x8, guided, default settings; medians of "
        f"{ROUNDS} first starts with an empty cache of programs and {ROUNDS * LATER} later ones, interleaved."
    )
    print(record("start_time", what, rows))


if __name__ == "__main__":
    main()
