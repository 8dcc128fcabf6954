"""What a signal costs: PPO's environment steps a second on DoorKey-8x8 with each, over those without one.

    python benchmarks/signals_cost.py                # needs the extra train; four minutes
    python benchmarks/signals_cost.py rnd icm        # some, without writing the result

PPO with its default settings, one learner. Every program is compiled once; then all are run in turn in one process,
forward and backward by turns, so that what slows the machine for a while slows all. Writes
benchmarks/results/signals_cost.json.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from typing import Any

import outrider  # noqa: F401  first: it sets XLA up before jax is imported

# isort: split
import jax
from record import record
from turns import seconds_in_turns

from outrider.explore.names import EVENTS, NONE, PLAIN, parse
from outrider.learn.bench import even_atlas
from outrider.learn.settings import Settings
from outrider.learn.train import learner_for
from outrider.worlds.registry import make

WORLD = "minigrid/doorkey-8x8"
ROUNDS, UPDATES = 9, 8
SIGNALS = (*EVENTS, *PLAIN, "episodic(noveld)", "normalise(observation-count)")
BARS = {"count": 15, "rnd": 60, "icm": 60}  # percent of plain PPO's rate, by what the signal is made of


def prepared(signal: str) -> Callable[[int], Any]:
    """A compiled program of some updates, always from the same learner."""
    learner = learner_for(WORLD, Settings(), signal, UPDATES)
    start = jax.jit(learner.init)(jax.random.key(0), even_atlas(make(WORLD).codes))
    updates = jax.jit(lambda state: jax.lax.scan(lambda one, _: learner.update(one), state, None, UPDATES))
    program = updates.lower(start).compile()
    return lambda turn: program(start)


def bar(signal: str) -> str:
    """The most that the signal should cost, where a bar was set."""
    found = [most for part, most in BARS.items() if any(part in name for name in parse(signal).names)]
    return str(max(found)) if found else ""


def main() -> None:
    """Measure the signals that are named, or all; print the rows, and write them if all were measured."""
    signals = (NONE, *(sys.argv[1:] or SIGNALS))
    programs = {signal: prepared(signal) for signal in signals}
    seconds = seconds_in_turns(programs, ROUNDS + 1)
    plain = seconds[NONE]
    steps = UPDATES * Settings().batch
    rows = []
    for signal in signals:
        pairs = list(zip(plain, seconds[signal], strict=True))[1:]  # the first warms up
        rate = steps / statistics.median(taken for _, taken in pairs)
        cost = round(100 * (1 - statistics.median(without / taken for without, taken in pairs)), 1)
        rows.append(
            {"signal": signal, "steps per second": round(rate), "cost, %": cost, "at most, %": bar(signal)}
        )
        print(rows[-1], flush=True)
    what = (
        f"PPO on DoorKey-8x8 with its default settings and one learner, by signal: environment steps a second, and how "
        f"much of plain PPO's rate the signal costs; medians of {ROUNDS} interleaved runs of {UPDATES} updates, "
        f"the cost that of ratios within a round."
    )
    if len(sys.argv) == 1:
        print(record("signals_cost", what, rows))


if __name__ == "__main__":
    main()
