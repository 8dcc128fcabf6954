"""When DQN does what: its first gradient, its target, its share of actions by chance, its learning rate."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

import walks
from deep_sea import DeepSea
from outrider.explore.signal import nothing
from outrider.learn.dqn import DQN
from outrider.learn.q_settings import DQNSettings
from outrider.learn.rates import QRates
from outrider.types import Atlas
from outrider.worlds.batch import Batch

UPDATES = 8
SETTINGS = DQNSettings(
    envs=4,
    rollout=8,
    minibatches=2,
    rows=16,
    warmup=70,  # reached by the third update's rollout
    capacity=UPDATES * 32,
    target_every=3,
    learning_rate=1e-2,
    epsilon_start=0.9,
    epsilon_end=0.0,
    explore=0.5,
    width=8,
)


@pytest.fixture(scope="module")
def states():
    """The learner before its first update and after each, with the lines of those."""
    dqn = DQN(Batch(DeepSea(4), SETTINGS.envs, fresh=1), SETTINGS, nothing(), UPDATES)
    start = jax.jit(dqn.init, compiler_options=walks.QUICK)(
        jax.random.key(8), Atlas(jnp.zeros(1), jnp.zeros(1, bool))
    )
    found, update = [(start, None)], jax.jit(dqn.update, compiler_options=walks.QUICK)
    for _ in range(UPDATES):
        found.append(update(found[-1][0]))
    return found


def flat(network):
    return np.asarray(ravel_pytree(network)[0])


def test_nothing_is_learned_before_the_replay_is_warm(states):
    first = flat(states[0][0].network.values)
    for number, (state, line) in enumerate(states[1:], start=1):
        moved = (flat(state.network.values) != first).any()
        assert moved == (number >= 3) == (float(line.loss) > 0)
        steps = [int(x) for x in jax.tree.leaves(state.optimiser) if x.ndim == 0]
        assert set(steps) == {2 * max(0, number - 2)}


def test_the_target_is_the_network_of_every_third_update(states):
    want = flat(states[0][0].network.values)
    for number, (state, _) in enumerate(states[1:], start=1):
        now = flat(state.network.values)
        if number % SETTINGS.target_every == 0:
            want = now
        np.testing.assert_array_equal(flat(state.target), want)
        assert number < 3 or (now == want).all() == (number % SETTINGS.target_every == 0)


def test_chance_gives_way_to_values_over_the_first_half(states):
    for number, (state, _) in enumerate(states[1:]):
        share = 0.9 * max(0.0, 1 - number / (0.5 * UPDATES))
        assert float(state.network.epsilon) == pytest.approx(share, abs=1e-6)
    (before, _), (after, _) = states[-2:]
    rows = jax.tree.map(lambda x: x[-SETTINGS.batch :], after.replay.rows)  # the last rollout's
    best = before.network.values(rows.obs.vector.astype(jnp.float32)).argmax(-1)
    np.testing.assert_array_equal(rows.action, best)
    early = jax.tree.map(lambda x: x[: SETTINGS.batch], after.replay.rows)
    assert (early.action != states[0][0].network.values(early.obs.vector * 1.0).argmax(-1)).mean() > 0.2


@pytest.mark.parametrize("warmup", [1, 32, 33, 70])
def test_the_learning_rate_is_down_to_its_last_share_at_the_last_gradient_step(warmup):
    """Updates that only fill the replay make no step."""
    settings = replace(SETTINGS, anneal=True, warmup=warmup)
    optimiser = DQN(Batch(DeepSea(4), 4, 1), settings, nothing(), UPDATES)._optimiser(QRates.of(settings))
    steps = 2 * sum(number * settings.batch >= warmup for number in range(1, UPDATES + 1))
    state, sizes = optimiser.init(jnp.zeros(3)), []
    for _ in range(steps):
        change, state = optimiser.update(jnp.ones(3), state)
        sizes.append(float(-change[0]))
    np.testing.assert_allclose(sizes, 1e-2 * (1 - np.arange(steps) / steps), rtol=1e-3)
