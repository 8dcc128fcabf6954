"""Random steps a second of our MiniGrid dynamics and of xminigrid's own, on the same layouts, without resets.

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

from outrider.worlds.minigrid.family import WORLDS
from outrider.worlds.registry import make

COPIES, STEPS, REPEATS = 64, 500, 5
WORLD = "minigrid/doorkey-8x8"


def ours() -> tuple[Any, Callable]:
    """Fresh states, and a function from (key, states) to states after one random step each, with views."""
    world = make(WORLD)

    def step(key, state):
        act_key, world_key = jax.random.split(key)
        after = world.step(world_key, state, jax.random.randint(act_key, (), 0, world.actions))
        return after.state, after.obs.grid.sum() + after.events.sum()

    return jax.vmap(world.reset)(jax.random.split(jax.random.key(0), COPIES))[0], step


def theirs() -> tuple[Any, Callable]:
    """The same of xminigrid; its own rules, views with walls that hide nothing, no captions."""
    env, params = xminigrid.make(WORLDS[WORLD].layout)

    def step(key, timestep):
        after = env.step(params, timestep, jax.random.randint(key, (), 0, env.num_actions(params)))
        return after, after.observation.sum()

    start = jax.jit(jax.vmap(lambda key: env.reset(params, key)))
    return start(jax.random.split(jax.random.key(0), COPIES)), step


def rate(start: Any, step: Callable) -> float:
    """The best of some repeats, in steps a second; compiling is not counted."""

    @jax.jit
    def run(key, states):
        def one(states, key):
            states, seen = jax.vmap(step)(jax.random.split(key, COPIES), states)
            return states, seen.sum()

        return jax.lax.scan(one, states, jax.random.split(key, STEPS))

    jax.block_until_ready(run(jax.random.key(1), start))
    taken = []
    for i in range(REPEATS):
        began = time.perf_counter()
        jax.block_until_ready(run(jax.random.key(2 + i), start))
        taken.append(time.perf_counter() - began)
    return COPIES * STEPS / min(taken)


def main() -> None:
    """Measure and write the result."""
    rows = [
        {"dynamics": name, "random steps a second": round(rate(*build()), -3)}
        for name, build in (("ours, with line of sight and captions", ours), ("xminigrid's own", theirs))
    ]
    print(rows)
    what = f"Random steps on {WORLD}, {COPIES} copies in one jitted scan, the best of {REPEATS}."
    print(record("dynamics_speed", what, rows))


if __name__ == "__main__":
    main()
