"""DQN and PQN learn a small DeepSea on every seed; with a learning rate of 0 the same updates leave it unsolved."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import pytest

from deep_sea import DeepSea
from outrider.explore.signal import nothing
from outrider.learn.dqn import DQN
from outrider.learn.evaluate import EPISODES, solved
from outrider.learn.pqn import PQN
from outrider.learn.q_settings import DQNSettings, PQNSettings
from outrider.types import Atlas
from outrider.worlds.batch import Batch

WORLD, STEPS, SEEDS = DeepSea(8), 60_000, 3
ALGORITHMS = {"dqn": (DQN, DQNSettings()), "pqn": (PQN, PQNSettings(rollout=8))}


def evaluated(kind, settings):
    """Of each seed, how many fresh episodes its final policy solves, still acting by chance at times."""
    learner = kind(Batch(WORLD, settings.envs, fresh=4), settings, nothing(), settings.updates(STEPS))

    def one(key):
        start = learner.init(key, Atlas(jnp.zeros(1), jnp.zeros(1, bool)))
        end, _ = jax.lax.scan(lambda state, _: learner.update(state), start, None, length=learner.updates)
        return solved(end.network, WORLD, jax.random.key(1))[0]

    return jax.device_get(
        jax.jit(lambda keys: jax.lax.map(one, keys))(jax.random.split(jax.random.key(0), SEEDS))
    )


@pytest.mark.parametrize("name", ALGORITHMS)
def test_it_solves_a_small_deep_sea(name):
    assert (evaluated(*ALGORITHMS[name]) >= 0.8 * EPISODES).all()


@pytest.mark.parametrize("name", ALGORITHMS)
def test_without_learning_it_stays_unsolved(name):
    kind, settings = ALGORITHMS[name]
    assert (evaluated(kind, replace(settings, learning_rate=0.0)) <= 0.1 * EPISODES).all()
