"""What captions cost: random steps a second of every device world with events and situations, and without.

    python benchmarks/captions_cost.py                      # all worlds; needs the extras train and worlds; ten minutes
    python benchmarks/captions_cost.py gymnax/deepsea-20    # some, without writing the result

Random actions in one jitted scan, with resets as in training. Without captions is the same step whose events, marks of
what was seen, and situations nobody reads, so that the compiler leaves them out; the observation is the same but for
its flags. Both are compiled once and run in turn in one process; which is first alternates. Writes
benchmarks/results/captions_cost.json.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import outrider  # noqa: F401  first: it sets XLA up before jax is imported

# isort: split
import jax
import jax.numpy as jnp
from record import record
from turns import seconds_in_turns

from outrider.ops.distribution import Discrete
from outrider.worlds.batch import Batch, Copies
from outrider.worlds.names import WORLDS, check_world
from outrider.worlds.registry import make

ROUNDS = 15
LONG_ENOUGH = 0.15  # seconds of a timed run, of as many walks as that takes
COPIES, STEPS = 1024, 200
HEAVY_COPIES, HEAVY_STEPS = 64, 100  # of worlds that are dear to reset


def stepper(
    batch: Batch, steps: int, captions: bool
) -> Callable[[Copies, jax.Array], tuple[Copies, jax.Array]]:
    """A compiled walk of so many steps: the copies after it, and for each the sum of all that was asked for.

    What is asked for is added up copy by copy, so that reading it costs little beside computing it.
    """
    world = batch.world

    def step(carry: tuple[Copies, jax.Array], key: jax.Array) -> tuple[tuple[Copies, jax.Array], None]:
        copies, read = carry
        act_key, step_key = jax.random.split(key)
        if isinstance(world.space, Discrete):
            action = jax.random.randint(act_key, (batch.copies,), 0, world.space.n)
        else:
            action = world.space.sample(act_key, jnp.zeros((batch.copies, world.space.outputs)))
        after = batch.step(step_key, copies, action)
        asked = [after.reward[:, None], after.obs.grid, after.obs.vector[:, : world.vector]]
        left = after.copies
        if captions:
            asked += [after.events, after.first, after.situation]
        else:
            left = left._replace(seen=copies.seen, flags=copies.flags)
        return (left, read + sum(_of_each_copy(x) for x in asked)), None

    def walk(copies: Copies, key: jax.Array) -> tuple[Copies, jax.Array]:
        return jax.lax.scan(step, (copies, jnp.zeros(batch.copies)), jax.random.split(key, steps))[0]

    return jax.jit(walk)


def _of_each_copy(x: jax.Array) -> jax.Array:
    """The sum `[B]` of what is asked for of each copy."""
    return x.reshape(len(x), x.size // len(x)).astype(jnp.float32).sum(axis=1)


def measure(name: str) -> dict[str, Any]:
    """One row of the table."""
    facts, _ = check_world(name)
    copies, steps = (HEAVY_COPIES, HEAVY_STEPS) if facts.dear_reset else (COPIES, STEPS)
    batch = Batch(make(name), copies, max(1, copies // facts.copies_a_reset), sparing=facts.dear_reset)
    start = jax.jit(batch.reset)(jax.random.key(0))[0]
    walks = {said: stepper(batch, steps, said) for said in (True, False)}
    for said in (True, False, True):  # compiles both
        began = time.perf_counter()
        jax.block_until_ready(walks[said](start, jax.random.key(0)))
    times = math.ceil(LONG_ENOUGH / (time.perf_counter() - began))

    def walked(said: bool, turn: int) -> Copies:
        now = start
        for number in range(times):
            now, _ = jax.block_until_ready(walks[said](now, jax.random.key(turn * times + number)))
        return now

    seconds = seconds_in_turns({said: partial(walked, said) for said in walks}, ROUNDS)
    told, silent = (times * copies * steps / statistics.median(seconds[said]) for said in (True, False))
    share = statistics.median(quiet / loud for quiet, loud in zip(seconds[False], seconds[True], strict=True))
    return {
        "world": name,
        "steps per second, with captions": round(told),
        "without": round(silent),
        "cost, %": round(100 * (1 - share), 1),
    }


def main() -> None:
    """Measure the worlds that are named, or all; print the rows, and write them if all were measured."""
    rows = []
    for name in sys.argv[1:] or WORLDS:
        rows.append(measure(name))
        print(rows[-1], flush=True)
    what = (
        f"Random steps with and without events and situations, {COPIES} copies ({HEAVY_COPIES} of Craftax), medians of "
        f"{ROUNDS} interleaved pairs of runs, the cost that of the pairs' ratios."
    )
    if len(sys.argv) == 1:
        print(record("captions_cost", what, rows))


if __name__ == "__main__":
    main()
