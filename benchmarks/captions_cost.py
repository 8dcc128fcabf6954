"""What captions cost in stepping: random steps a second of every device world with events and situations, and without.

    python benchmarks/captions_cost.py                      # all worlds; needs the extras train and worlds; 20 minutes
    python benchmarks/captions_cost.py gymnax/deepsea-20    # some; the other rows stay

Random actions in one jitted scan, with resets as in training. Without captions is the same step whose events, marks of
what was seen, flags and situations nobody reads, so that the compiler leaves them out; what a world keeps in its state
for its situation alone stays in both. Craftax's step waits for what its captioner reads of the maps, so there they are
not read either. Both are compiled in one process and run in turn, first one, then the other first. That is done in
several processes, since a program's place in memory makes more difference than most captions: where the lowest and the
highest differ in sign, the cost is none that can be seen here. Writes benchmarks/results/captions_cost.json.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import outrider  # noqa: F401  first: it sets XLA up before jax is imported

# isort: split
import jax
import jax.numpy as jnp
from peers import printed
from record import by_world, record
from turns import seconds_in_turns

from outrider.ops.distribution import Discrete
from outrider.worlds.batch import Batch, Copies
from outrider.worlds.craftax.captions import Glance
from outrider.worlds.craftax.world import Craftax
from outrider.worlds.names import WORLDS, check_world
from outrider.worlds.registry import make
from outrider.worlds.world import World

ROUNDS, PROCESSES = 7, 3
LONG_ENOUGH = 0.15  # seconds of a timed run, of as many walks as that takes
COPIES, STEPS = 1024, 200
HEAVY_COPIES, HEAVY_STEPS = 64, 100  # of worlds that are dear to reset


def stepper(
    batch: Batch, steps: int, captions: bool
) -> Callable[[Copies, jax.Array], tuple[Copies, jax.Array]]:
    """A compiled walk of so many steps: the copies after it, and the sum of a number of each array asked for.

    What is asked for is written down whole, as a rollout would, and is then hardly read: a barrier keeps the compiler
    from leaving out what is not read.
    """
    world = batch.world
    if not captions:
        batch = replace(batch, world=unread(world))

    def step(carry: tuple[Copies, jax.Array], key: jax.Array) -> tuple[tuple[Copies, jax.Array], None]:
        copies, read = carry
        act_key, step_key = jax.random.split(key)
        if isinstance(world.space, Discrete):
            action = jax.random.randint(act_key, (batch.copies,), 0, world.space.n)
        else:
            action = world.space.sample(act_key, jnp.zeros((batch.copies, world.space.outputs)))
        after = batch.step(step_key, copies, action)
        asked = [after.reward, after.terminated, after.truncated, after.obs.grid, after.final.grid]
        left = after.copies
        if captions:
            asked += [after.obs.vector, after.final.vector, after.events, after.first, after.situation]
        else:
            asked += [obs.vector[:, : world.vector] for obs in (after.obs, after.final)]
            left = left._replace(seen=copies.seen, flags=copies.flags)
        asked = jax.lax.optimization_barrier([x for x in asked if x.size])
        return (left, read + sum(x.reshape(-1)[0].astype(jnp.float32) for x in asked)), None

    def walk(copies: Copies, key: jax.Array) -> tuple[Copies, jax.Array]:
        return jax.lax.scan(step, (copies, jnp.float32(0)), jax.random.split(key, steps))[0]

    return jax.jit(walk)


def unread(world: World) -> World:
    """The same world whose maps no captioner reads: Craftax's step waits for them, whoever asks for its events."""
    if not isinstance(world, Craftax):
        return world

    def nothing(state: Any, place: jax.Array) -> Glance:  # but numbers that the compiler knows
        return Glance(jnp.zeros((), jnp.int32), jnp.zeros((), jnp.uint32))

    return replace(world, game=replace(world.game, glance=nothing))


class Rates(NamedTuple):
    """Steps a second with captions and without, and what the captions cost, in percent."""

    told: float
    silent: float
    cost: float


def measure(name: str) -> Rates:
    """In this process."""
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
    return Rates(told, silent, 100 * (1 - share))


def row(name: str) -> dict[str, Any]:
    """One row of the table, from several processes."""
    found = []
    for _ in range(PROCESSES):
        command = [sys.executable, __file__, "--one", name]
        found.append(Rates(*json.loads(printed(name, command))))
    rates = Rates(*(statistics.median(column) for column in zip(*found, strict=True)))
    costs = [round(one.cost) for one in found]
    return {
        "world": name,
        "steps per second, with captions": round(rates.told),
        "without": round(rates.silent),
        "cost, %": round(rates.cost),
        "lowest": min(costs),
        "highest": max(costs),
    }


def main() -> None:
    """Measure the worlds that are named, or all; print the rows, and write them."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(sys.argv[2])))
        return
    rows = []
    for name in sys.argv[1:] or WORLDS:
        rows.append(row(name))
        print(rows[-1], flush=True)
    what = (
        f"Random steps with and without events, flags and situations, {COPIES} copies ({HEAVY_COPIES} of Craftax). The "
        f"cost is the median of {ROUNDS} interleaved pairs' ratios, and of {PROCESSES} processes, lowest and highest "
        "beside it."
    )
    print(record("captions_cost", what, rows, table=by_world(list(WORLDS))))


if __name__ == "__main__":
    main()
