"""PPO over Gymnasium's own CartPole solves it; the same without a learning rate does not; a seed is a seed."""

import jax
import numpy as np
import pytest

from outrider.learn.host import train_host
from outrider.learn.settings import Settings

WORLD = "gymnasium/CartPole-v1"


def last_length(learning_rate, overlap, steps=60_000):
    """Mean length of the episodes that ended in the last tenth of training."""
    settings = Settings(envs=16, rollout=64, learning_rate=learning_rate, entropy=0.0)
    lines = train_host(WORLD, settings, 1, steps, overlap=overlap).lines
    tail = slice(-len(lines.episodes) // 10, None)
    return lines.lengths[tail].sum() / lines.episodes[tail].sum()


@pytest.mark.parametrize("overlap", [True, pytest.param(False, marks=pytest.mark.long)])
def test_it_balances_the_pole(overlap):
    assert last_length(2e-3, overlap) > 150


def test_without_learning_it_does_not():
    assert last_length(0.0, True, steps=20_000) < 40


def test_the_same_seed_learns_the_same_and_another_does_not():
    settings = Settings(envs=8, rollout=16, width=16)
    one, again, other = (train_host(WORLD, settings, seed, 1_000).network for seed in (4, 4, 5))
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(again), strict=True):
        np.testing.assert_array_equal(a, b)
    assert any((a != b).any() for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True))
