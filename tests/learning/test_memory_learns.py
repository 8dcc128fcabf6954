"""A world that must be remembered: with a memory it is solved, without one it cannot be."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import pytest

from outrider.explore.signal import nothing
from outrider.learn.ppo import PPO
from outrider.learn.settings import Settings
from outrider.ops.distribution import Discrete
from outrider.types import Atlas, Obs, Step
from outrider.worlds.batch import Batch

DELAY = 6  # steps between the cue and the question
SETTINGS = Settings(
    envs=64, rollout=32, epochs=4, minibatches=4, learning_rate=3e-3, width=32, depth=2, discount=0.9
)
UPDATES = 60


class State(NamedTuple):
    """What was shown, and how long ago."""

    cue: jax.Array
    clock: jax.Array


@dataclass(frozen=True)
class Recall:
    """A cue is shown once; `DELAY` steps later the action that names it is worth 1. Every episode terminates there."""

    id: str = "recall"
    horizon: int = 100
    space: Discrete = Discrete(2)  # noqa: RUF009
    view: tuple[int, int] = (0, 0)
    vector: int = 3
    flags: int = 0
    codes: int = 1

    def reset(self, key):
        state = State(jax.random.bernoulli(key).astype(jnp.int32), jnp.int32(0))
        return state, self._observe(state)

    def step(self, key, state, action):
        asked = state.clock == DELAY
        after = state._replace(clock=state.clock + 1)
        reward = jnp.where(asked & (action == state.cue), 1.0, 0.0)
        return Step(after, self._observe(after), reward, asked, jnp.array(False), jnp.zeros(1, jnp.int32))

    def stagger(self, key, state):
        return state, self._observe(state)

    def situation(self, state):
        return jnp.stack([state.cue])

    def flag_bits(self, codes):
        return jnp.zeros(codes.shape, jnp.uint32)

    def _observe(self, state):
        shown = jnp.where(state.clock == 0, jax.nn.one_hot(state.cue, 2), 0.0)
        asked = (state.clock == DELAY).astype(jnp.float32)
        return Obs(jnp.zeros((0, 0), jnp.uint8), jnp.append(shown, asked))


def success(settings):
    """The share of right answers in the last ten updates."""
    learner = PPO(Batch(Recall(), settings.envs, fresh=16), settings, nothing(), UPDATES)
    start = learner.init(jax.random.key(0), Atlas(jnp.zeros(1), jnp.zeros(1, bool)))
    run = jax.jit(lambda s: jax.lax.scan(lambda one, _: learner.update(one), s, None, length=UPDATES))
    lines = jax.device_get(run(start)[1])
    return lines.successes[-10:].sum() / lines.episodes[-10:].sum()


def test_without_a_memory_it_is_a_coin():
    assert abs(success(SETTINGS) - 0.5) < 0.1


@pytest.mark.parametrize("memory", ["gru", "gtrxl"])
def test_with_a_memory_it_is_solved(memory):
    assert success(replace(SETTINGS, memory=memory)) > 0.95
