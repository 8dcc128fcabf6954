"""Environment steps per second on Craftax-Classic: training, our world alone, and craftax alone, interleaved.

    python benchmarks/craftax_rate.py            # needs the extras train and worlds; about four minutes

Symbolic observations, 64 copies. Training is PPO with two networks of 2 x 64, 64 steps a rollout, 4 epochs and 4
minibatches. Bare stepping is random actions in one jitted scan with resets: ours are shared and made only where an
episode ends, craftax's own environment makes a world for every copy in every step. Each measurement is a process of its
own; compiling and the first call are left out. Writes benchmarks/results/craftax_rate.json.
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


def theirs() -> float:
    """Random steps of craftax's own environment as it comes, which resets inside the step."""
    import jax
    from craftax.craftax_env import make_craftax_env_from_name

    env = make_craftax_env_from_name("Craftax-Classic-Symbolic-v1", auto_reset=True)
    params = env.default_params

    def step(states: Any, key: jax.Array) -> tuple[Any, Any]:
        act_key, step_key = jax.random.split(key)
        actions = jax.random.randint(act_key, (COPIES,), 0, 17)
        keys = jax.random.split(step_key, COPIES)
        obs, states, reward, _, _ = jax.vmap(env.step, in_axes=(0, 0, 0, None))(keys, states, actions, params)
        return states, (reward.sum(), obs.sum())

    start = jax.jit(jax.vmap(env.reset, in_axes=(0, None)))(
        jax.random.split(jax.random.key(0), COPIES), params
    )
    return _rate(start[1], step, steps=40)


def _rate(state: Any, step: Callable[[Any, Any], tuple[Any, Any]], steps: int) -> float:
    import jax

    run = jax.jit(lambda state, key: jax.lax.scan(step, state, jax.random.split(key, steps)))
    state, _ = jax.block_until_ready(run(state, jax.random.key(1)))
    began = time.perf_counter()
    jax.block_until_ready(run(state, jax.random.key(2)))
    return COPIES * steps / (time.perf_counter() - began)


CONTENDERS = {
    "training, PPO, two synchronous learners": lambda: training("none", 2),
    "training, PPO, one learner": lambda: training("none", 1),
    "training, PPO with a GRU, two synchronous learners": lambda: training("gru", 2),
    "random steps, ours": ours,
    "random steps, craftax's own": theirs,
}


def main() -> None:
    """Measure every contender `ROUNDS` times in turn; print and write medians."""
    if len(sys.argv) > 1:
        print(CONTENDERS[sys.argv[1]]())
        return
    commands = {name: [sys.executable, __file__, name] for name in CONTENDERS}
    rows = rows_of(interleaved(commands, ROUNDS), "what")
    what = (
        f"Craftax-Classic with symbolic observations, {COPIES} copies; PPO with two networks of 2 x 64, {ROLLOUT} "
        f"steps a rollout, 4 epochs, 4 minibatches; medians of {ROUNDS} interleaved runs."
    )
    print(record("craftax_rate", what, rows))


if __name__ == "__main__":
    main()
