"""A world that compiles at once and learns a little: match the bit that is shown. It can go bad at a known hour."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from outrider.learn.keeper import Keeper
from outrider.learn.settings import Settings
from outrider.learn.train import train
from outrider.ops.distribution import Discrete
from outrider.types import Obs, Step

SMALL = Settings(envs=4, rollout=8, epochs=1, minibatches=1, width=8, depth=1)
UPDATES = 37  # a prime: chunks of one update, with a checkpoint after each


class State(NamedTuple):
    bit: jax.Array
    clock: jax.Array  # since the world was made: no episode ends it


@dataclass(frozen=True)
class Toy:
    """`bad` names what is not finite from hour `hour` on: "reward" or "observation"."""

    bad: str = ""
    hour: int = 0
    value: float = float("nan")
    id: str = "toy/bits"
    horizon: int = 1000
    space: object = Discrete(2)
    view: tuple[int, int] = (0, 0)
    vector: int = 2
    flags: int = 0
    codes: int = 2

    def reset(self, key):
        state = State(jax.random.bernoulli(key).astype(jnp.int32), jnp.int32(0))
        return state, self._observe(state)

    def step(self, key, state, action):
        after = State(jax.random.bernoulli(key).astype(jnp.int32), state.clock + 1)
        reward = jnp.where(action == state.bit, 1.0, 0.0)
        if self.bad == "reward":
            reward = jnp.where(after.clock >= self.hour, self.value, reward)
        return Step(
            after, self._observe(after), reward, jnp.bool_(False), jnp.bool_(False), jnp.zeros(1, jnp.int32)
        )

    def stagger(self, key, state):
        return state, self._observe(state)

    def situation(self, state):
        return jnp.stack([state.bit])

    def flag_bits(self, codes):
        return jnp.zeros(codes.shape, jnp.uint32)

    def _observe(self, state):
        vector = jnp.stack([state.bit.astype(jnp.float32), 1.0 - state.bit])
        if self.bad == "observation":
            vector = jnp.where(state.clock >= self.hour, self.value, vector)
        return Obs(jnp.zeros((0, 0), jnp.uint8), vector)


def trained(world=Toy(), settings=SMALL, seeds=(3, 4), updates=UPDATES, **given):
    """`train` in a toy world."""
    return train(world, settings, "none", None, list(seeds), updates * settings.batch, **given)


def outcome(result) -> dict[str, np.ndarray]:
    """All that a run leaves, but for its seconds."""
    leaves = jax.tree.leaves((result.networks, result.lines, result.diary, result.solved, result.returned))
    return {f"leaf{i}": np.asarray(leaf) for i, leaf in enumerate(leaves)}


def same(found, wanted):
    """The same arrays, bit for bit."""
    assert found.keys() == wanted.keys()
    for name, array in wanted.items():
        assert array.tobytes() == found[name].tobytes(), name


if __name__ == "__main__":  # FOLDER OUT SETTINGS: a run that keeps checkpoints, and resumes
    folder, out = map(Path, sys.argv[1:3])
    chosen = Settings(**json.loads(sys.argv[3]))
    with Keeper(folder, resume=True, every="1") as keeper:
        kept = outcome(trained(settings=chosen, keeper=keeper))
    np.savez(out.with_suffix(".tmp.npz"), **kept)
    os.replace(out.with_suffix(".tmp.npz"), out)
