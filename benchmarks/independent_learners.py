"""Environment steps per second of a group of independent learners, by how they share the machine, interleaved.

    python benchmarks/independent_learners.py            # needs the extra train; about four minutes

All learners of a group counted together. Each measurement is a process of its own; compiling is left out. Processes,
one a core, are how a study spreads its jobs. Writes benchmarks/results/independent_learners.json.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from dataclasses import replace

from record import record

SEEDS, UPDATES, ROUNDS = 4, 40, 3
WAYS = ("turns", "together", "devices", "processes")
WIDTHS = (64, 256)
WORLD = "minigrid/doorkey-8x8"


def rate(way: str, width: int, seeds: int = SEEDS) -> float:
    """Steps per second of all learners together."""
    import outrider  # noqa: F401  # sets XLA's flags before jax
    from outrider.learn.settings import Settings
    from outrider.learn.train import train

    settings = replace(Settings(), width=width)
    trained = train(WORLD, settings, "none", None, range(seeds), UPDATES * settings.batch, spread=way)
    return trained.lines.steps[:, -1].sum() / trained.run_seconds


def processes(width: int) -> float:
    """The same learners in a process a core, each pinned to its core."""
    cores = sorted(os.sched_getaffinity(0))
    share = SEEDS // len(cores)
    children = [
        subprocess.Popen(
            [sys.executable, __file__, "turns", str(width), str(share)],
            text=True,
            stdout=subprocess.PIPE,
            preexec_fn=lambda core=core: os.sched_setaffinity(0, {core}),
        )
        for core in cores
    ]
    return sum(float(child.communicate()[0].split()[-1]) for child in children)


def measure(way: str, width: int) -> float:
    """One measurement."""
    if way == "processes":
        return processes(width)
    done = subprocess.run(
        [sys.executable, __file__, way, str(width), str(SEEDS)], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


def main() -> None:
    """Measure every way `ROUNDS` times in turn; print and write medians."""
    if len(sys.argv) > 1:
        print(rate(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
        return
    rates: dict[tuple[str, int], list[float]] = {(way, width): [] for way in WAYS for width in WIDTHS}
    for _ in range(ROUNDS):
        for way, width in rates:
            rates[way, width].append(measure(way, width))
            print(f"{way:10s} width {width:4d} {rates[way, width][-1]:12,.0f} steps/s", flush=True)
    rows = [
        {
            "way": way,
            **{
                f"width {width}, {what}": round(told(rates[way, width]))
                for width in WIDTHS
                for what, told in (("steps per second", statistics.median), ("lowest", min))
            },
        }
        for way in WAYS
    ]
    what = (
        f"{SEEDS} independent learners of PPO on DoorKey-8x8 with the default settings but for the width, "
        f"steps of all together; medians of {ROUNDS} interleaved runs."
    )
    print(record("independent_learners", what, rows))


if __name__ == "__main__":
    main()
