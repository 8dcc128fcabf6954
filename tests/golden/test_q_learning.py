"""Q-learning's targets, losses and policies against plain loops; the replay's ring against a list."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from outrider.learn.replay import add, draw, empty
from outrider.ops.q_learning import (
    chosen,
    double_value,
    epsilon_greedy,
    huber,
    lambda_return,
    one_step_return,
)
from outrider.types import Obs, Transition

RNG = np.random.default_rng(3)


def test_targets_against_a_loop():
    online, target = RNG.normal(size=(2, 50, 4)).astype(np.float32)
    reward, terminated = RNG.normal(size=50).astype(np.float32), RNG.random(50) < 0.3
    found = one_step_return(reward, double_value(online, target), terminated, 0.9)
    for row in range(50):
        best = max(range(4), key=lambda a, row=row: online[row, a])
        future = 0.0 if terminated[row] else 0.9 * target[row, best]
        assert float(found[row]) == pytest.approx(reward[row] + future, abs=1e-5)
    action = RNG.integers(0, 4, 50)
    np.testing.assert_array_equal(chosen(online, action), online[np.arange(50), action])


def slow_return(reward, next_value, terminated, truncated, discount, trace):
    """Gallici et al. 2024, section 4, step by step from the end."""
    out = np.zeros_like(reward, dtype=np.float64)
    for copy in range(reward.shape[1]):
        for t in reversed(range(len(reward))):
            future = next_value[t, copy]
            if t + 1 < len(reward) and not truncated[t, copy]:
                future = trace * out[t + 1, copy] + (1 - trace) * future
            out[t, copy] = reward[t, copy] + discount * future * (not terminated[t, copy])
    return out


@pytest.mark.parametrize(("discount", "trace"), [(0.99, 0.65), (1.0, 1.0), (0.9, 0.0)])
def test_lambda_returns_against_a_loop(discount, trace):
    reward, last = RNG.normal(size=(2, 23, 40)).astype(np.float32)
    value = RNG.normal(size=(23, 40)).astype(np.float32)
    kind = RNG.choice(3, size=(23, 40), p=[0.7, 0.15, 0.15])
    terminated, truncated = kind == 1, kind == 2
    following = np.concatenate([value[1:], last[:1]])
    next_value = np.where(truncated, last, following).astype(np.float32)
    found = lambda_return(reward, value, next_value, terminated, truncated, discount, trace)
    want = slow_return(reward, next_value, terminated, truncated, discount, trace)
    np.testing.assert_allclose(found, want, rtol=1e-4, atol=1e-4)


def test_huber():
    np.testing.assert_allclose(
        huber(jnp.array([-3.0, -1, -0.5, 0, 0.5, 1, 4])), [2.5, 0.5, 0.125, 0, 0.125, 0.5, 3.5]
    )


def test_epsilon_greedy_is_a_distribution():
    values = RNG.normal(size=(30, 5)).astype(np.float32)
    for epsilon in (0.0, 0.1, 1.0):
        p = np.exp(epsilon_greedy(values, epsilon))
        want = np.full((30, 5), epsilon / 5)
        want[np.arange(30), values.argmax(1)] += 1 - epsilon
        np.testing.assert_allclose(p, want, atol=1e-6)


def rows(first, count):
    """Transitions whose every number says which they are."""
    n = np.arange(first, first + count)
    obs = Obs(jnp.asarray(n[:, None, None] % 256, jnp.uint8), jnp.asarray(n[:, None], jnp.float32))
    after = Obs(obs.grid, obs.vector + 0.5)
    return Transition(obs, jnp.asarray(n), jnp.asarray(n, jnp.float32), jnp.asarray(n % 3 == 0), after)


def test_the_ring_overwrites_the_oldest_bit_for_bit():
    replay, ring, filled = empty(jax.tree.map(lambda x: x[0], rows(0, 1)), 10), [None] * 10, 0
    for batch in range(7):
        replay = jax.jit(add)(replay, rows(4 * batch, 4))
        for n in range(4 * batch, 4 * batch + 4):
            ring[n % 10] = n
        filled = min(10, filled + 4)
        assert int(replay.filled) == filled
        assert int(replay.at) == 4 * (batch + 1) % 10
        held = jnp.asarray([n if n is not None else -1 for n in ring])
        for place in range(filled):
            want = jax.tree.map(lambda x: x[0], rows(int(held[place]), 1))
            found = jax.tree.map(lambda x, place=place: x[place], replay.rows)
            jax.tree.map(np.testing.assert_array_equal, found, want)
        drawn = draw(replay, jax.random.key(batch), 400)
        assert set(np.asarray(drawn.action).tolist()) == {n for n in ring if n is not None}
        np.testing.assert_array_equal(drawn.reward, drawn.action)
        np.testing.assert_array_equal(drawn.next.vector[:, 0], drawn.action + 0.5)
