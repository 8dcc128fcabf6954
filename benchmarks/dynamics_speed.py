"""Random steps a second of our MiniGrid dynamics, with and without captions, and of xminigrid's own; no resets.

python benchmarks/dynamics_speed.py          # about a minute
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import outrider  # noqa: F401  first: it sets XLA up before jax is imported

# isort: split
import jax
import xminigrid
from record import record

from outrider.worlds.minigrid.catalogue import WORLDS
from outrider.worlds.registry import make

COPIES, STEPS, REPEATS = 64, 500, 25
WORLD = "minigrid/doorkey-8x8"


def ours(captions: int) -> tuple[Any, Callable]:
    """Fresh states, and a function from (key, states) to states after one random step each, with views.

    `captions` 0 leaves out what is said, 1 tells events, 2 situations too.
    """
    world = make(WORLD)

    def step(key, state):
        act_key, world_key = jax.random.split(key)
        after = world.step(world_key, state, jax.random.randint(act_key, (), 0, world.space.outputs))
        seen = after.obs.grid.sum() + after.reward + after.terminated + after.truncated
        if captions >= 1:
            seen += after.events.sum()
        if captions >= 2:
            seen += world.situation(after.state).sum()
        return after.state, seen

    return jax.vmap(world.reset)(jax.random.split(jax.random.key(0), COPIES))[0], step


def theirs() -> tuple[Any, Callable]:
    """The same of xminigrid; its own rules, views with walls that hide nothing, no captions."""
    env, params = xminigrid.make(WORLDS[WORLD].layout)

    def step(key, timestep):
        after = env.step(params, timestep, jax.random.randint(key, (), 0, env.num_actions(params)))
        return after, after.observation.sum()

    start = jax.jit(jax.vmap(lambda key: env.reset(params, key)))
    return start(jax.random.split(jax.random.key(0), COPIES)), step


def compiled(start: Any, step: Callable) -> Callable:
    """From a seed to the seconds that `STEPS` steps of all copies take; compiling is not counted."""

    @jax.jit
    def run(key, states):
        def one(states, key):
            states, seen = jax.vmap(step)(jax.random.split(key, COPIES), states)
            return states, seen.sum()

        return jax.lax.scan(one, states, jax.random.split(key, STEPS))

    def timed(seed: int) -> float:
        began = time.perf_counter()
        jax.block_until_ready(run(jax.random.key(seed), start))
        return time.perf_counter() - began

    timed(0)
    return timed


def main() -> None:
    """Measure in turn, so that all meet the same machine, and write the result."""
    kinds = {
        "ours, with line of sight, without captions": lambda: ours(0),
        "ours, with line of sight and events": lambda: ours(1),
        "ours, with line of sight, events and situations": lambda: ours(2),
        "xminigrid's own": theirs,
    }
    runs = {name: compiled(*build()) for name, build in kinds.items()}
    taken = [[run(1 + i) for run in runs.values()] for i in range(REPEATS)]
    best = dict(zip(runs, map(min, zip(*taken, strict=True)), strict=True))
    rows = [
        {"dynamics": name, "random steps a second": round(COPIES * STEPS / seconds, -3)}
        for name, seconds in best.items()
    ]
    print(rows)
    what = f"Random steps on {WORLD}, {COPIES} copies in one jitted scan, the best of {REPEATS} in turn."
    print(record("dynamics_speed", what, rows))


if __name__ == "__main__":
    main()
