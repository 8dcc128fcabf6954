"""Environment steps per second of PPO on DoorKey-8x8: Outrider beside peers as users run them, interleaved, in one run.

    make .venv/ready-bench .venv/ready-peers && .venv/bin/python benchmarks/ppo_rate.py     # about eight minutes

Same world, view (7 x 7 cells, flat), hidden layers (2 x 64 tanh for policy and value each), copies, rollout, epochs and
minibatches; Stable-Baselines3 and sample-factory step the Python MiniGrid. Inputs are as each has them: Outrider's are
two numbers a cell and 16 flags of events, the peers' three numbers a cell. Each measurement is a process of its own;
compiling and the first updates are left out on all sides. Writes benchmarks/results/ppo_rate.json.
"""

from __future__ import annotations

import statistics
import sys
import time
from importlib.metadata import version
from pathlib import Path

from peers import interleaved, python_of, rows_of, versions_of
from record import record

ENVS, ROLLOUT, EPOCHS, MINIBATCHES, RATE = 64, 128, 4, 8, 1e-3
LEARNERS = 2  # synchronous: the copies and each minibatch are shared between two cores
ROUNDS = 5
SAMPLE_FACTORY = Path(__file__).with_name("sample_factory_ppo.py")
STEPS = "130000"  # that sample-factory trains


def outrider(signal: str, learners: int) -> float:
    """Steps per second of Outrider's PPO, by synchronous learners; with `event-count`, guided by an atlas of ones."""
    import jax.numpy as jnp

    import outrider  # noqa: F401  # sets XLA's flags before jax
    from outrider.learn.settings import Settings
    from outrider.learn.train import train
    from outrider.types import Atlas
    from outrider.worlds.registry import make

    world = "minigrid/doorkey-8x8"
    settings = Settings(
        envs=ENVS,
        rollout=ROLLOUT,
        epochs=EPOCHS,
        minibatches=MINIBATCHES,
        learning_rate=RATE,
        cells="numbers",
        learners=learners,
    )
    codes = make(world).codes
    atlas = Atlas(jnp.ones(codes).at[0].set(0.0), jnp.ones(codes, bool))
    trained = train(world, settings, signal, atlas, [0], steps=40 * settings.batch)
    return float(trained.lines.steps[0, -1] / trained.run_seconds)


def stable_baselines3() -> float:
    """Steps per second of Stable-Baselines3's PPO on the Python MiniGrid."""
    import gymnasium as gym
    from minigrid.wrappers import ImgObsWrapper
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env

    def world() -> gym.Env:
        return gym.wrappers.FlattenObservation(ImgObsWrapper(gym.make("MiniGrid-DoorKey-8x8-v0")))

    model = PPO(
        "MlpPolicy",
        make_vec_env(world, n_envs=ENVS),
        n_steps=ROLLOUT,
        batch_size=ENVS * ROLLOUT // MINIBATCHES,
        n_epochs=EPOCHS,
        learning_rate=RATE,
        ent_coef=0.01,
        device="cpu",
    )
    model.learn(ENVS * ROLLOUT)  # warm-up
    began, updates = time.perf_counter(), 4
    model.learn(updates * ENVS * ROLLOUT)
    return updates * ENVS * ROLLOUT / (time.perf_counter() - began)


CONTENDERS = {
    "outrider": lambda: outrider("none", LEARNERS),
    "outrider-guided": lambda: outrider("event-count", LEARNERS),
    "outrider-one-learner": lambda: outrider("none", 1),
    "stable-baselines3": stable_baselines3,
}


def main() -> None:
    """Measure every contender `ROUNDS` times in turn; print and write medians and ratios."""
    if len(sys.argv) > 1:
        print(CONTENDERS[sys.argv[1]]())
        return
    commands = {name: [sys.executable, __file__, name] for name in CONTENDERS}
    commands["sample-factory"] = [python_of("sample-factory"), str(SAMPLE_FACTORY), STEPS]
    peers = {"stable-baselines3": {"stable-baselines3": version("stable-baselines3")}}
    peers["sample-factory"] = versions_of("sample-factory")
    rates = interleaved(commands, ROUNDS)
    peer = statistics.median(rates["stable-baselines3"])
    rows = rows_of(rates, "learner", "stable-baselines3", peer, digits=1)
    what = (
        f"PPO on DoorKey-8x8, flat observations (Outrider's 114 inputs: 2 x 49 and 16 flags of events; the peers' 147: "
        f"3 x 49), two networks of 2 x 64, {ENVS} copies x {ROLLOUT} steps, {EPOCHS} epochs, {MINIBATCHES} "
        f"minibatches; {LEARNERS} synchronous learners where not said otherwise; medians of {ROUNDS} interleaved runs."
    )
    print(record("ppo_rate", what, rows, peers))


if __name__ == "__main__":
    main()
