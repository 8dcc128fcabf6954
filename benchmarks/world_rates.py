"""Steps a second of random actions in every device world, its events, flags and resets included; what it sees and does.

    python benchmarks/world_rates.py                 # all worlds; about six seconds each, mostly compiling
    python benchmarks/world_rates.py deepsea         # those with that in their name, beside what was measured before

Copies are stepped in jitted scans, as training steps them; the best of some repeats counts, compiling does not. Nobody
reads situations here, so that none are made, as where training reads none.
`docs/generate.py --write` takes the result into docs/worlds.md and into the package, for `outrider worlds`.
"""

from __future__ import annotations

import sys
import time

import outrider  # noqa: F401  first: it sets XLA up before jax is imported

# isort: split
import jax
import jax.numpy as jnp
from record import by_world, record

from outrider.ops.distribution import Continuous, Discrete, Space
from outrider.worlds.batch import Batch
from outrider.worlds.listing import matching
from outrider.worlds.names import WORLDS
from outrider.worlds.registry import make
from outrider.worlds.world import World

SECONDS, REPEATS = 0.5, 4  # of each repeat, at least
COPIES, DEAR_COPIES, STEPS = 512, 64, 64  # fewer copies where making a world is dear; steps of a scan


def rate(name: str, world: World) -> float:
    """Random steps a second of a world."""
    facts = WORLDS[name]
    copies = DEAR_COPIES if facts.dear_reset else COPIES
    fresh = max(1, copies // facts.copies_a_reset)
    batch = Batch(world, copies, fresh, facts.solved_above, facts.dear_reset)

    def one(copied, key):
        act_key, step_key = jax.random.split(key)
        actions = by_chance(world.space, act_key, copies)
        after = batch.step(step_key, copied, actions)
        seen = (
            after.reward.sum(),
            after.obs.grid.sum(),
            after.obs.vector.sum(),
            after.events.sum(),
            after.first.sum(),
        )
        return after.copies, seen

    run = jax.jit(lambda state, key: jax.lax.scan(one, state, jax.random.split(key, STEPS)), donate_argnums=0)
    state, _ = jax.block_until_ready(run(jax.jit(batch.reset)(jax.random.key(0))[0], jax.random.key(1)))
    best = 0.0
    for repeat in range(REPEATS):
        began, scans = time.perf_counter(), 0
        while (taken := time.perf_counter() - began) < SECONDS:
            state, _ = jax.block_until_ready(
                run(state, jax.random.fold_in(jax.random.key(2 + repeat), scans))
            )
            scans += 1
        best = max(best, copies * STEPS * scans / taken)
    return best


def by_chance(space: Space, key: jax.Array, copies: int) -> jax.Array:
    """Random actions: alike probable where they are choices, normally distributed where they are numbers."""
    if isinstance(space, Discrete):
        return jax.random.randint(key, (copies,), 0, space.n)
    return space.sample(key, jnp.zeros((copies, space.outputs)))


def sees(world: World) -> str:
    """What an observation holds, without the flags."""
    grid = "x".join(map(str, world.view)) + " cells" if any(world.view) else ""
    vector = f"{world.vector:,} numbers" if world.vector else ""
    return " + ".join(filter(None, (grid, vector)))


def _does(space: Space) -> str:
    """What an action is: a choice of so many, or numbers."""
    if isinstance(space, Discrete):
        return str(space.n)
    if isinstance(space, Continuous):
        return f"{space.size} number" + "s" * (space.size > 1)
    return " x ".join(map(str, space.sizes))


def main(pattern: str) -> None:
    """Measure, and write the result beside what it leaves out."""
    rows = []
    for name in matching(pattern) if pattern else WORLDS:
        world = make(name)
        does = _does(world.space)
        rows.append(
            {
                "world": name,
                "sees": sees(world),
                "actions": does,
                "random steps a second": float(f"{rate(name, world):.3g}"),
            }
        )
        print(rows[-1], flush=True)
        jax.clear_caches()
    what = (
        f"Random actions in jitted scans of {COPIES} copies ({DEAR_COPIES} where making a world is dear), events, "
        f"flags and resets included, situations not; the best of {REPEATS}."
    )
    print(record("world_rates", what, rows, table=by_world(list(WORLDS))))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
