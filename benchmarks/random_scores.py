"""What a policy by chance scores in every device world: the mean return of its episodes.

    python benchmarks/random_scores.py                   # needs the extras train and worlds; about twenty minutes
    python benchmarks/random_scores.py gymnax/acrobot    # some; the other rows of the result stay

Discrete actions are uniform, continuous ones standard normal. Episodes run from their beginning to their end: so many
copies begin together, and each one's first episode counts. The speed of the machine does not matter. Of Craftax it is
also counted how many of these episodes reached each achievement: that is what chance scores where it alone is
rewarded. Writes benchmarks/results/random_scores.json, from where docs/generate.py copies the references of `worlds/`.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import outrider  # noqa: F401  first: it sets XLA up before jax is imported

# isort: split
import jax
import jax.numpy as jnp
from record import by_world, record

from outrider.worlds.craftax.family import CraftaxFacts
from outrider.worlds.facts import WorldFacts
from outrider.worlds.names import WORLDS, check_world
from outrider.worlds.registry import make

EPISODES, DEAR_EPISODES = 4096, 1024
MOST_STEPS = 1 << 25  # of all episodes together: where they are long there are fewer
CHUNK = 500  # steps of one compiled call


def scores(name: str) -> dict[str, Any]:
    """One row of the table."""
    facts, _ = check_world(name)
    world = make(name)
    most = DEAR_EPISODES if facts.dear_reset else min(EPISODES, MOST_STEPS // facts.horizon)

    def step(carry: tuple, key: jax.Array) -> tuple[tuple, None]:
        state, alive, total, reached = carry
        act_key, step_key = jax.random.split(key)
        act_keys, step_keys = (jax.random.split(k, most) for k in (act_key, step_key))
        action = jax.vmap(world.space.sample)(act_keys, jnp.zeros((most, world.space.outputs)))
        after = jax.vmap(world.step)(step_keys, state, action)
        total = total + jnp.where(alive, after.reward, 0.0)
        reached = jnp.where(alive[:, None], _achieved(facts, after.state), reached)
        return (after.state, alive & ~after.terminated & ~after.truncated, total, reached), None

    steps = min(CHUNK, facts.horizon)
    walk = jax.jit(lambda carry, key: jax.lax.scan(step, carry, jax.random.split(key, steps))[0])
    state, _ = jax.jit(lambda key: jax.lax.map(world.reset, jax.random.split(key, most)))(jax.random.key(0))
    carry = state, jnp.ones(most, bool), jnp.zeros(most), jnp.zeros_like(_achieved(facts, state))
    for turn in range(-(-facts.horizon // steps)):
        carry = walk(carry, jax.random.key(1 + turn))
        if not carry[1].any():
            break
    total, reached = jax.device_get(carry[2:])
    row = {
        "world": name,
        "mean return": round(float(total.mean()), 4),
        "standard error": round(float(total.std() / math.sqrt(most)), 4),
        "episodes": most,
    }
    if isinstance(facts, CraftaxFacts):
        shares = reached.mean(axis=0)
        row["achieved"] = {goal: round(float(shares[k]), 4) for goal, k in facts.vocabulary.goals.items()}
    return row


def _achieved(facts: WorldFacts, state: Any) -> jax.Array:
    """Which of Craftax's achievements each copy has reached `[n, A]`; elsewhere there are none."""
    if isinstance(facts, CraftaxFacts):
        return state.achievements
    return jnp.zeros((jax.tree.leaves(state)[0].shape[0], 0), bool)


def main() -> None:
    """Score the worlds that are named, or all, and write their rows."""
    rows = []
    for name in sys.argv[1:] or WORLDS:
        rows.append(scores(name))
        print(rows[-1], flush=True)
    what = "Mean return of episodes under a policy by chance."
    record("random_scores", what, rows, table=by_world(list(WORLDS)))


if __name__ == "__main__":
    main()
