"""Action spaces against SciPy: log-probabilities, entropies, samples."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats

from outrider.ops.distribution import Continuous, Discrete, MultiDiscrete

RNG = np.random.default_rng(1)


def test_several_choices_are_independent():
    space = MultiDiscrete((3, 2, 4))
    outputs = RNG.normal(size=(50, 9)).astype(np.float32) * 2
    action = np.stack([RNG.integers(0, n, 50) for n in space.sizes], -1)
    log_prob, entropy = space.log_prob_and_entropy(jnp.asarray(outputs), jnp.asarray(action))
    want, spread = np.zeros(50), np.zeros(50)
    for k, (start, n) in enumerate(((0, 3), (3, 2), (5, 4))):
        log_p = special.log_softmax(outputs[:, start : start + n].astype(np.float64), axis=1)
        want += log_p[np.arange(50), action[:, k]]
        spread += stats.entropy(np.exp(log_p), axis=1)
        assert (np.asarray(space.best(outputs))[:, k] == log_p.argmax(1)).all()
    np.testing.assert_allclose(log_prob, want, atol=1e-5)
    np.testing.assert_allclose(entropy, spread, atol=1e-5)


def test_several_choices_are_drawn_as_often_as_their_probability():
    space, outputs = MultiDiscrete((3, 2)), np.array([0.0, 1.0, -1.0, 0.5, -0.5], np.float32)
    drawn = np.asarray(space.sample(jax.random.key(0), jnp.broadcast_to(outputs, (40_000, 5))))
    p = np.outer(special.softmax(outputs[:3]), special.softmax(outputs[3:])).ravel()
    counts = np.bincount(drawn[:, 0] * 2 + drawn[:, 1], minlength=6)
    assert stats.chisquare(counts, p * 40_000).pvalue > 1e-4


def test_continuous_actions_are_normal():
    space = Continuous(2)
    mean, log_std = RNG.normal(size=(30, 2)), RNG.normal(size=(30, 2)) * 0.5
    action = RNG.normal(size=(30, 2))
    outputs = jnp.asarray(np.concatenate([mean, log_std], 1), jnp.float32)
    log_prob, entropy = space.log_prob_and_entropy(outputs, jnp.asarray(action, jnp.float32))
    law = stats.norm(mean, np.exp(log_std))
    np.testing.assert_allclose(log_prob, law.logpdf(action).sum(1), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(entropy, law.entropy().sum(1), rtol=1e-5)
    drawn = np.asarray(space.sample(jax.random.key(1), jnp.broadcast_to(outputs[0], (20_000, 4))))
    for k in range(2):
        assert stats.kstest(drawn[:, k], stats.norm(mean[0, k], np.exp(log_std[0, k])).cdf).pvalue > 1e-4
    np.testing.assert_allclose(space.best(outputs), mean, rtol=1e-5)


@pytest.mark.parametrize(
    ("space", "outputs"), [(Discrete(4), 4), (MultiDiscrete((2, 5)), 7), (Continuous(3), 6)]
)
def test_outputs(space, outputs):
    assert space.outputs == outputs
    action = space.sample(jax.random.key(0), jnp.zeros((7, outputs)))
    log_prob, entropy = space.log_prob_and_entropy(jnp.zeros((7, outputs)), action)
    assert log_prob.shape == entropy.shape == (7,)
