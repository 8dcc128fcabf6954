"""Bootstrapped DQN against NumPy: members beside their priors, which of them acts, the loss of them all."""

from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

import walks
from deep_sea import DeepSea
from outrider.agents.bootstrapped import Bootstrapped, Members
from outrider.agents.q_network import QNetwork
from outrider.agents.rows import RowFeatures
from outrider.explore.signal import nothing
from outrider.learn.dqn import DQN
from outrider.learn.q_settings import DQNSettings
from outrider.learn.rates import QRates
from outrider.ops.distribution import Discrete
from outrider.types import Atlas, Obs, Transition
from outrider.worlds.batch import Batch
from outrider.worlds.spaces import Part, Row

SIZE, ACTIONS, MEMBERS, PRIOR, ROWS = 5, 3, 4, 2.5, 60
FEATURES = RowFeatures(Row((Part((), SIZE),), "float32"))


@cache
def members(seed, dueling=True, norm=False):
    """Some members that have learned: their biases and gains are no zeros and ones."""

    def made(key):
        def one(key):
            return QNetwork(key, FEATURES, Discrete(ACTIONS), 8, 2, "flat", dueling, norm)

        flat, as_members = ravel_pytree(Members(key, one, MEMBERS, PRIOR))
        return as_members(flat + 0.3 * jax.random.normal(key, flat.shape))

    return jax.jit(made, compiler_options=walks.QUICK)(jax.random.key(seed))


def sights(seed, rows=ROWS):
    vector = np.random.default_rng(seed).normal(size=(rows, SIZE)).astype(np.float32)
    return Obs(jnp.zeros((rows, 0, 0), jnp.uint8), jnp.asarray(vector))


def slow_network(network, member, x):
    """One member's values, layer by layer."""

    def affine(layer, x):
        return x @ np.asarray(layer.weight[member], np.float64) + np.asarray(layer.bias[member])

    for place, layer in enumerate(network.layers):
        x = affine(layer, x)
        if network.norms:
            norm = network.norms[place]
            x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
            x = x * np.asarray(norm.gain[member]) + np.asarray(norm.offset[member])
        x = np.maximum(x, 0)
    advantage = affine(network.advantage, x)
    if network.value is None:
        return advantage
    return affine(network.value, x) + advantage - advantage.mean(-1, keepdims=True)


def slow_members(made, x):
    """Osband et al. 2018, eq. 5, member by member: [member, row, action]."""
    x = np.asarray(x, np.float64)
    return np.stack(
        [slow_network(made.learned, k, x) + PRIOR * slow_network(made.priors, k, x) for k in range(MEMBERS)]
    )


@pytest.mark.parametrize("sizes", [{}, {"dueling": False}, {"norm": True}])
def test_a_members_values_are_the_learned_ones_and_its_priors(sizes):
    made, x = members(5, **sizes), sights(0).vector
    want = slow_members(made, x)
    np.testing.assert_allclose(made(x), want, rtol=1e-3, atol=1e-3)
    assert np.abs(want[0] - want[1]).max() > 1  # no two are alike, nor one like its prior
    assert np.abs(want - np.stack([slow_network(made.priors, k, x) for k in range(MEMBERS)])).max() > 1
    assert made.size == MEMBERS


def test_no_gradient_reaches_a_prior():
    made, x = members(5), sights(1).vector
    gradient = jax.grad(lambda made: (made(x) ** 2).sum())(made)
    assert all((g == 0).all() for g in jax.tree.leaves(gradient.priors))
    assert all(
        (np.abs(g).reshape(MEMBERS, -1).max(-1) > 1e-3).all() for g in jax.tree.leaves(gradient.learned)
    )


def mixed(word):
    """The next word, in Python's integers."""
    word = (word + 0x9E3779B9) % 2**32
    word = (word ^ word >> 16) * 0x85EBCA6B % 2**32
    word = (word ^ word >> 13) * 0xC2B2AE35 % 2**32
    return word ^ word >> 16


def test_a_copy_follows_the_member_that_its_word_names():
    made, obs, rng = members(5), sights(2), np.random.default_rng(6)
    agent = Bootstrapped(made, jnp.float32(0.25))
    held = rng.integers(0, 2**32, ROWS, np.uint32)
    restart = rng.random(ROWS) < 0.5
    log_p, value, words = agent.act(jnp.asarray(held), obs, jnp.asarray(restart))
    want = [mixed(w) if new else w for w, new in zip(held.tolist(), restart.tolist(), strict=True)]
    np.testing.assert_array_equal(words, want)  # an episode that goes on keeps its word
    assert words.dtype == np.uint32
    every = slow_members(made, obs.vector)
    followed = np.array([word % MEMBERS for word in want])
    assert set(followed) == set(range(MEMBERS))
    own = every[followed, np.arange(ROWS)]
    np.testing.assert_allclose(value, own.max(-1), rtol=1e-3, atol=1e-3)
    chance = np.full((ROWS, ACTIONS), 0.25 / ACTIONS)
    chance[np.arange(ROWS), own.argmax(-1)] += 0.75
    np.testing.assert_allclose(np.exp(log_p), chance, atol=1e-6)
    assert (own.argmax(-1) != every[0].argmax(-1)).mean() > 0.2  # it matters whom a copy follows


def test_members_are_spread_evenly_at_the_start_and_later():
    agent = Bootstrapped(members(5), jnp.float32(0.0))
    words = agent.start(400)
    assert np.bincount(np.asarray(words) % MEMBERS).tolist() == [100] * MEMBERS
    obs, met = sights(3, 400), []
    act = jax.jit(lambda *now: agent.act(*now))
    for _ in range(50):
        *_, words = act(words, obs, jnp.ones(400, bool))
        met.append(np.asarray(words) % MEMBERS)
    shares = np.bincount(np.ravel(met), minlength=MEMBERS) / np.size(met)
    np.testing.assert_allclose(shares, 1 / MEMBERS, atol=0.015)
    followed = np.stack(met, axis=1)  # of each copy, episode after episode
    assert (followed[:, 1:] == followed[:, :-1]).mean() == pytest.approx(1 / MEMBERS, abs=0.02)


def learner(**changed):
    """Bootstrapped DQN on a DeepSea of four steps."""
    small = {"envs": 4, "rollout": 8, "minibatches": 2, "rows": 16, "warmup": 40, "capacity": 64, "width": 8}
    settings = DQNSettings(
        **small, members=3, target_every=2, epsilon_start=0.0, epsilon_end=0.0, learning_rate=1e-2
    )
    return DQN(Batch(DeepSea(4), 4, fresh=1), replace(settings, **changed), nothing(), updates=4)


def test_training_moves_every_member_and_leaves_its_prior_bit_for_bit():
    dqn = learner()
    start = jax.jit(dqn.init, compiler_options=walks.QUICK)(
        jax.random.key(8), Atlas(jnp.zeros(1), jnp.zeros(1, bool))
    )
    state, update = start, jax.jit(dqn.update, compiler_options=walks.QUICK)
    for _ in range(4):
        state, line = update(state)
    assert line.loss > 0
    for now in (state.network.values, state.target):
        jax.tree.map(np.testing.assert_array_equal, now.priors, start.network.values.priors)
        before = start.network.values.learned
        moved = jax.tree.map(lambda a, b: np.abs(a - b).reshape(3, -1).max(-1), now.learned, before)
        assert (np.stack(jax.tree.leaves(moved)) > 1e-3).all()


@pytest.mark.parametrize("double", [True, False])
def test_the_loss_is_the_sum_of_each_members_own_against_its_own_target(double):
    online, target, discount = members(5), members(6), 0.9
    rng = np.random.default_rng(10)
    action, reward = rng.integers(0, ACTIONS, ROWS), rng.normal(size=ROWS).astype(np.float32)
    terminated = rng.random(ROWS) < 0.3
    part = Transition(sights(4), jnp.asarray(action), jnp.asarray(reward), jnp.asarray(terminated), sights(5))
    now, after = slow_members(online, part.obs.vector), slow_members(online, part.next.vector)
    later, rows, want = slow_members(target, part.next.vector), np.arange(ROWS), []
    for k in range(MEMBERS):
        best = (after if double else later)[k].argmax(-1)
        error = now[k, rows, action] - (reward + discount * later[k, rows, best] * ~terminated)
        size = np.abs(error)
        want.append(np.where(size < 1, 0.5 * error**2, size - 0.5).mean())
    dqn = learner(double=double)
    rates = QRates.of(dqn.settings)._replace(discount=jnp.float32(discount))
    assert float(dqn.loss(online, target, rates, part)) == pytest.approx(sum(want), rel=1e-4)
    # A member learns from its own loss alone, and the targets from none.
    loss = jax.jit(lambda online, target: dqn.loss(online, target, rates, part))
    gradient = jax.grad(loss)(online, target)
    other = jax.grad(loss)(jax.tree.map(lambda x: x.at[1:].multiply(2.0), online), target)
    for one, two in zip(jax.tree.leaves(gradient.learned), jax.tree.leaves(other.learned), strict=True):
        np.testing.assert_allclose(one[0], two[0], rtol=1e-4, atol=1e-6)
        assert np.abs(one[1:] - two[1:]).max() > 1e-4
    assert not any(g.any() for g in jax.tree.leaves(jax.grad(loss, argnums=1)(online, target)))
