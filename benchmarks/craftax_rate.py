"""Environment steps per second on Craftax-Classic: training, our world alone, and craftax alone, interleaved.

    python benchmarks/craftax_rate.py            # needs the extras train and worlds; about five minutes

Symbolic observations, 64 copies. Training is PPO with two networks of 2 x 64 (with a GRU they share a layer and the
GRU), 64 steps a rollout, 4 epochs and 4 minibatches. Bare stepping is random actions in one jitted scan with resets,
which differ most by the fresh worlds they make: ours one, and only in a step in which episodes end; craftax's own
environment one for every copy in every step; its authors' baselines (github.com/MichaelTMatthews/Craftax_Baselines) one
in every step for 16 copies, shared among those that end. Each measurement is a process of its own; compiling and the
first calls are left out. Writes benchmarks/results/craftax_rate.json.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from peers import interleaved, rows_of
from record import record

import outrider  # noqa: F401  # sets XLA's flags before jax

COPIES, ROLLOUT, UPDATES = 64, 64, 24
RATIO = 16  # copies to a fresh world with optimistic resets, as in Craftax_Baselines
ROUNDS = 3


def training(memory: str, learners: int) -> float:
    """Steps per second of PPO with a memory or none, by synchronous learners."""
    from outrider.learn.settings import Settings
    from outrider.learn.train import train

    settings = Settings(envs=COPIES, rollout=ROLLOUT, memory=memory, learners=learners)
    trained = train("craftax/classic", settings, "none", None, [0], UPDATES * settings.batch)
    return float(trained.lines.steps[0, -1] / trained.run_seconds)


def ours() -> float:
    """Random steps of our world, resets and captions included."""
    import jax

    from outrider.worlds.batch import Batch
    from outrider.worlds.registry import make

    world = make("craftax/classic")
    batch = Batch(world, COPIES, fresh=1, sparing=True)

    def step(copies: Any, key: jax.Array) -> tuple[Any, Any]:
        act_key, step_key = jax.random.split(key)
        after = batch.step(step_key, copies, jax.random.randint(act_key, (COPIES,), 0, world.space.outputs))
        return after.copies, (after.reward.sum(), after.obs.vector.sum(), after.events.sum())

    return _rate(jax.jit(batch.reset)(jax.random.key(0))[0], step, steps=400)


def theirs(optimistic: bool) -> float:
    """Random steps of craftax's own environment: as it comes, resetting inside the step, or with optimistic resets."""
    import jax
    import jax.numpy as jnp
    from craftax.craftax_env import make_craftax_env_from_name

    env = make_craftax_env_from_name("Craftax-Classic-Symbolic-v1", auto_reset=not optimistic)
    params = env.default_params

    def reset(key: jax.Array, copies: int) -> tuple[Any, Any]:
        return jax.vmap(env.reset, in_axes=(0, None))(jax.random.split(key, copies), params)

    def step(states: Any, key: jax.Array) -> tuple[Any, Any]:
        act_key, step_key, reset_key = jax.random.split(key, 3)
        actions = jax.random.randint(act_key, (COPIES,), 0, 17)
        keys = jax.random.split(step_key, COPIES)
        obs, states, reward, done, _ = jax.vmap(env.step, in_axes=(0, 0, 0, None))(
            keys, states, actions, params
        )
        if optimistic:
            obs, states = renewed(done, reset(reset_key, COPIES // RATIO), (obs, states))
        return states, (reward.sum(), obs.sum())

    def renewed(done: jax.Array, fresh: Any, old: Any) -> Any:
        """The k-th copy that ends gets the k-th fresh world, round and round."""
        turn = jnp.cumsum(done) % (COPIES // RATIO)
        return jax.tree.map(
            lambda new, old: jnp.where(done.reshape(-1, *[1] * (old.ndim - 1)), new[turn], old), fresh, old
        )

    start = jax.jit(reset, static_argnums=1)(jax.random.key(0), COPIES)
    return _rate(start[1], step, steps=200 if optimistic else 40)


def _rate(state: Any, step: Callable[[Any, Any], tuple[Any, Any]], steps: int) -> float:
    import jax

    run = jax.jit(lambda state, key: jax.lax.scan(step, state, jax.random.split(key, steps)))
    for seed in (1, 2):  # twice, since the second call compiles anew where the first state's types are weak
        state, _ = jax.block_until_ready(run(state, jax.random.key(seed)))
    began = time.perf_counter()
    jax.block_until_ready(run(state, jax.random.key(3)))
    return COPIES * steps / (time.perf_counter() - began)


CONTENDERS = {
    "training, PPO, two synchronous learners": lambda: training("none", 2),
    "training, PPO, one learner": lambda: training("none", 1),
    "training, PPO with a GRU, two synchronous learners": lambda: training("gru", 2),
    "random steps, ours": ours,
    "random steps, craftax's own, optimistic resets": lambda: theirs(optimistic=True),
    "random steps, craftax's own": lambda: theirs(optimistic=False),
}


def main() -> None:
    """Measure every contender `ROUNDS` times in turn; print and write medians."""
    if len(sys.argv) > 1:
        print(CONTENDERS[sys.argv[1]]())
        return
    commands = {name: [sys.executable, __file__, name] for name in CONTENDERS}
    rows = rows_of(interleaved(commands, ROUNDS), "what")
    what = (
        f"Craftax-Classic with symbolic observations, {COPIES} copies; PPO with two networks of 2 x 64 (with a GRU: a "
        f"shared layer and GRU of 64, then a layer of 64 each), {ROLLOUT} steps a rollout, 4 epochs, 4 minibatches. "
        f"Random steps differ most by how many fresh worlds are made: ours one, in steps in which episodes end; "
        f"optimistic resets {COPIES // RATIO} in every step, as craftax's authors train; craftax's own step as it "
        f"comes {COPIES}. Medians of {ROUNDS} interleaved runs."
    )
    print(record("craftax_rate", what, rows))


if __name__ == "__main__":
    main()
