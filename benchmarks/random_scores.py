"""What a policy by chance scores in every device world: the mean return of its episodes.

    python benchmarks/random_scores.py                   # needs the extras train and worlds; about twenty minutes
    python benchmarks/random_scores.py gymnax/acrobot    # some, without writing the result

Discrete actions are uniform, continuous ones standard normal. Episodes run from their beginning to their end: so many
copies begin together, and each one's first episode counts. The speed of the machine does not matter. Writes
benchmarks/results/random_scores.json, from where the references of `worlds/` are copied.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import outrider  # noqa: F401  first: it sets XLA up before jax is imported

# isort: split
import jax
import jax.numpy as jnp
from record import record

from outrider.worlds.names import WORLDS, check_world
from outrider.worlds.registry import make

EPISODES, DEAR_EPISODES = 4096, 256
CHUNK = 500  # steps of one compiled call


def scores(name: str) -> dict[str, Any]:
    """One row of the table."""
    facts, _ = check_world(name)
    world = make(name)
    copies = DEAR_EPISODES if facts.dear_reset else EPISODES

    def step(carry: tuple, key: jax.Array) -> tuple[tuple, None]:
        state, alive, total = carry
        act_key, step_key = jax.random.split(key)
        act_keys, step_keys = (jax.random.split(k, copies) for k in (act_key, step_key))
        action = jax.vmap(world.space.sample)(act_keys, jnp.zeros((copies, world.space.outputs)))
        after = jax.vmap(world.step)(step_keys, state, action)
        total = total + jnp.where(alive, after.reward, 0.0)
        return (after.state, alive & ~after.terminated & ~after.truncated, total), None

    steps = min(CHUNK, facts.horizon)
    walk = jax.jit(lambda carry, key: jax.lax.scan(step, carry, jax.random.split(key, steps))[0])
    state, _ = jax.jit(lambda key: jax.lax.map(world.reset, jax.random.split(key, copies)))(jax.random.key(0))
    carry = state, jnp.ones(copies, bool), jnp.zeros(copies)
    for turn in range(-(-facts.horizon // steps)):
        carry = walk(carry, jax.random.key(1 + turn))
        if not carry[1].any():
            break
    total = jax.device_get(carry[2])
    return {
        "world": name,
        "mean return": round(float(total.mean()), 4),
        "standard error": round(float(total.std() / math.sqrt(copies)), 4),
        "episodes": copies,
    }


def main() -> None:
    """Score the worlds that are named, or all; print the rows, and write them if all were scored."""
    rows = []
    for name in sys.argv[1:] or WORLDS:
        rows.append(scores(name))
        print(rows[-1], flush=True)
    if len(sys.argv) == 1:
        print(record("random_scores", "Mean return of episodes under a policy by chance.", rows))


if __name__ == "__main__":
    main()
