"""Environment steps per second of sample-factory's asynchronous PPO on DoorKey-8x8, in an environment of its own.

    .venv/peers/sample-factory/bin/python benchmarks/sample_factory_ppo.py 300000      # environment steps; `make bench`

Two rollout workers, one a core, each with two groups of copies that take turns, as its documentation advises. Networks,
copies, rollout, epochs and minibatches as in ppo_rate.py. The first third of the updates is left out.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from typing import Any

import gymnasium as gym
import numpy as np
from minigrid.wrappers import ImgObsWrapper
from sample_factory.algo.runners.runner import AlgoObserver
from sample_factory.algo.utils.misc import ExperimentStatus
from sample_factory.cfg.arguments import parse_full_cfg, parse_sf_args
from sample_factory.envs.env_utils import register_env
from sample_factory.train import make_runner

ENVS, ROLLOUT, EPOCHS, MINIBATCHES, RATE, WORKERS = 64, 128, 4, 8, 1e-3, 2
WORLD = "MiniGrid-DoorKey-8x8-v0"


class Flat(gym.ObservationWrapper):
    """The view as a row of floats, which sample-factory's perceptron encoder takes."""

    def __init__(self, env: gym.Env):
        super().__init__(env)
        self.observation_space = gym.spaces.Box(
            0, 255, (int(np.prod(env.observation_space.shape)),), np.float32
        )

    def observation(self, observation: np.ndarray) -> np.ndarray:
        return observation.reshape(-1).astype(np.float32)


def make(name: str, *_: Any, render_mode: str | None = None) -> gym.Env:
    """The world, as sample-factory's workers make it."""
    return Flat(ImgObsWrapper(gym.make(name, render_mode=render_mode)))


class Clock(AlgoObserver):
    """When each training step came, and how many environment steps there were by then."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, int]] = []

    def on_training_step(self, runner: Any, training_iteration_since_resume: int) -> None:
        self.seen.append((time.perf_counter(), sum(runner.env_steps.values())))


def main() -> None:
    """Train for so many environment steps and print the rate."""
    register_env(WORLD, make)
    with tempfile.TemporaryDirectory() as folder:
        options = {
            "env": WORLD,
            "experiment": "rate",
            "train_dir": folder,
            "device": "cpu",
            "train_for_env_steps": sys.argv[1],
            "use_rnn": False,
            "recurrence": 1,
            "encoder_mlp_layers": "64 64",
            "nonlinearity": "tanh",
            "actor_critic_share_weights": False,
            "normalize_input": False,
            "normalize_returns": False,
            "rollout": ROLLOUT,
            "batch_size": ENVS * ROLLOUT // MINIBATCHES,
            "num_batches_per_epoch": MINIBATCHES,
            "num_epochs": EPOCHS,
            "learning_rate": RATE,
            "exploration_loss_coeff": 0.01,
            "num_workers": WORKERS,
            "num_envs_per_worker": ENVS // WORKERS,
            "worker_num_splits": 2,
            "decorrelate_envs_on_one_worker": False,
            "decorrelate_experience_max_seconds": 0,
            "save_every_sec": 1_000_000,
            "with_wandb": False,
        }
        words = [word for key, value in options.items() for word in (f"--{key}", *str(value).split())]
        with contextlib.redirect_stdout(sys.stderr):
            parser, _ = parse_sf_args(words)
            _, runner = make_runner(parse_full_cfg(parser, words))
            clock = Clock()
            runner.register_observer(clock)
            if (status := runner.init()) == ExperimentStatus.SUCCESS:
                status = runner.run()
    if status != ExperimentStatus.SUCCESS or len(clock.seen) < 9:
        sys.exit(f"sample-factory ended with {status} after {len(clock.seen)} training steps")
    (began, before), (ended, after) = clock.seen[len(clock.seen) // 3], clock.seen[-1]
    print((after - before) / (ended - began))


if __name__ == "__main__":
    main()
