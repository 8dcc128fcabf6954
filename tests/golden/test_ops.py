"""Advantages, distributions and losses against plain NumPy, and against cases worked by hand."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats

from outrider.agents.actor_critic import ActorCritic
from outrider.agents.features import Features
from outrider.ops.advantage import gae
from outrider.ops.distribution import Discrete, log_prob_and_entropy, sample
from outrider.ops.ppo import normalise, policy_loss, value_loss
from outrider.ops.shuffle import MOST, shuffled
from outrider.types import Obs
from outrider.worlds.minigrid import tiles as t

RNG = np.random.default_rng(0)


def slow_gae(reward, value, next_value, terminated, truncated, discount, trace):
    """The sum of discounted errors up to the end of the episode, term by term (Schulman et al. 2016, eq. 16)."""
    length, copies = reward.shape
    advantage = np.zeros((length, copies))
    for copy in range(copies):
        for start in range(length):
            weight = 1.0
            for step in range(start, length):
                future = 0.0 if terminated[step, copy] else next_value[step, copy]
                error = reward[step, copy] + discount * future - value[step, copy]
                advantage[start, copy] += weight * error
                if terminated[step, copy] or truncated[step, copy]:
                    break
                weight *= discount * trace
    return advantage


@pytest.mark.parametrize(("discount", "trace"), [(0.99, 0.95), (1.0, 1.0), (0.9, 0.0), (0.0, 0.5)])
def test_gae_against_a_loop(discount, trace):
    length, copies = 23, 40
    reward, value, next_value = RNG.normal(size=(3, length, copies)).astype(np.float32)
    kind = RNG.choice(4, size=(length, copies), p=[0.7, 0.15, 0.12, 0.03])
    terminated, truncated = (kind == 1) | (kind == 3), (kind == 2) | (kind == 3)
    found = jax.jit(gae, static_argnums=(5, 6))(
        reward, value, next_value, terminated, truncated, discount, trace
    )
    want = slow_gae(reward, value, next_value, terminated, truncated, discount, trace)
    np.testing.assert_allclose(found, want, rtol=1e-4, atol=1e-5)


def column(*numbers, dtype=np.float32):
    return np.array(numbers, dtype)[:, None]


def hand(terminated, truncated):
    """Three steps, reward 1 each, values 10, 20, 30, and 20, 30, 40 after them; discount 1/2, trace 1/2."""
    end = [column(*flags, dtype=bool) for flags in (terminated, truncated)]
    found = gae(column(1, 1, 1), column(10, 20, 30), column(20, 30, 40), *end, 0.5, 0.5)
    return np.asarray(found)[:, 0].tolist()


def test_gae_by_hand():
    # The errors are 1 + 20/2 - 10 = 1, 1 + 30/2 - 20 = -4 and 1 + 40/2 - 30 = -9, each weighing a quarter of the last.
    assert hand((0, 0, 0), (0, 0, 0)) == [1 - 4 / 4 - 9 / 16, -4 - 9 / 4, -9]
    # Terminated in the middle: no future there, 1 - 20 = -19, and nothing from the episode after it.
    assert hand((0, 1, 0), (0, 0, 0)) == [1 - 19 / 4, -19, -9]
    # Truncated in the middle: the future counts, but the next episode's advantage does not come back.
    assert hand((0, 0, 0), (0, 1, 0)) == [1 - 4 / 4, -4, -9]
    # At the very end.
    assert hand((0, 0, 1), (0, 0, 0)) == [1 - 4 / 4 - 29 / 16, -4 - 29 / 4, -29]
    assert hand((0, 0, 0), (0, 0, 1)) == hand((0, 0, 0), (0, 0, 0))


def test_log_prob_and_entropy():
    logits = (RNG.normal(size=(500, 6)) * 5).astype(np.float32)
    action = RNG.integers(0, 6, 500)
    log_prob, entropy = log_prob_and_entropy(logits, action)
    log_p = special.log_softmax(logits.astype(np.float64), axis=1)
    np.testing.assert_allclose(log_prob, log_p[np.arange(500), action], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(entropy, stats.entropy(np.exp(log_p), axis=1), rtol=1e-4, atol=1e-5)
    _, flat = log_prob_and_entropy(jnp.zeros((1, 6)), jnp.zeros(1, int))
    assert float(flat[0]) == pytest.approx(np.log(6), rel=1e-6)


def test_log_prob_of_a_certain_action_is_finite():
    log_prob, entropy = log_prob_and_entropy(jnp.array([[1e4, 0.0]]), jnp.array([0]))
    assert (float(log_prob[0]), float(entropy[0])) == (0.0, 0.0)


def test_actions_are_drawn_as_often_as_their_probability():
    logits = np.array([0.0, 1.0, -1.0, 2.0, 0.5, -3.0], np.float32)
    drawn = np.bincount(sample(jax.random.key(1), jnp.broadcast_to(logits, (60_000, 6))), minlength=6)
    expected = special.softmax(logits.astype(np.float64)) * 60_000
    assert stats.chisquare(drawn, expected).pvalue > 1e-4


def test_policy_loss():
    old, new = RNG.normal(size=(2, 1000)) * 0.3
    advantage = RNG.normal(size=1000)
    want = 0.0
    for before, after, worth in zip(old, new, advantage, strict=True):
        ratio = np.exp(after - before)
        want -= min(ratio * worth, min(max(ratio, 0.8), 1.2) * worth) / 1000
    assert float(policy_loss(jnp.asarray(new - old), jnp.asarray(advantage), 0.2)) == pytest.approx(
        want, rel=1e-4
    )


def test_policy_loss_pushes_only_within_the_clip():
    """Beyond the clip a good action is not pushed further; a bad one that became likelier still is."""
    slope = jax.grad(lambda log_ratio, worth: policy_loss(log_ratio[None], jnp.array([worth]), 0.2))
    assert float(slope(jnp.log(1.5), 1.0)) == 0.0
    assert float(slope(jnp.log(0.5), -1.0)) == 0.0
    assert float(slope(jnp.log(1.5), -1.0)) == pytest.approx(1.5)
    assert float(slope(jnp.log(0.5), 1.0)) == pytest.approx(-0.5)


def test_value_loss():
    value, old, target = RNG.normal(size=(3, 1000))
    want = 0.0
    for now, before, goal in zip(value, old, target, strict=True):
        near = before + min(max(now - before, -0.2), 0.2)
        want += 0.5 * max((now - goal) ** 2, (near - goal) ** 2) / 1000
    assert float(value_loss(*map(jnp.asarray, (value, old, target)), 0.2)) == pytest.approx(want, rel=1e-4)
    # By hand: within the clip 0.5 * 0.9^2; far beyond it the clipped value is the worse one.
    one = lambda now: float(value_loss(jnp.array([now]), jnp.array([0.0]), jnp.array([1.0]), 0.2))  # noqa: E731
    assert one(0.1) == pytest.approx(0.405)
    assert one(1.0) == pytest.approx(0.32)
    assert one(-3.0) == pytest.approx(8.0)


def test_normalise():
    advantage = RNG.normal(size=512).astype(np.float32) * 7 + 3
    want = (advantage - advantage.mean()) / advantage.std()
    np.testing.assert_allclose(normalise(jnp.asarray(advantage)), want, rtol=1e-4, atol=1e-5)
    assert np.isfinite(normalise(jnp.full(8, 2.0))).all()


@pytest.fixture(scope="module")
def seen():
    """As many random sights as a large batch holds."""
    rows = 8192
    tile, colour = RNG.integers(0, t.TILES, (rows, 7, 7)), RNG.integers(0, t.COLOURS, (rows, 7, 7))
    vector = RNG.integers(0, 2, (rows, 16)).astype(np.uint8)
    return tile, colour, Obs((tile * t.COLOURS + colour).astype(np.uint8), vector)


def test_features_in_planes(seen):
    """One plane a class of tiles: walls, things but keys, keys, the three states of doors, goals."""
    tile, _, obs = seen
    features = Features("planes", (7, 7), 16)
    classes = [[2], [3, 4, 5, 11, 12], [7], [8], [9], [10], [6]]
    planes = [np.isin(tile, tiles).reshape(len(tile), -1) for tiles in classes]
    want = np.concatenate([*planes, obs.vector], axis=1).astype(np.float32)
    np.testing.assert_array_equal(jax.jit(features)(obs), want)
    assert features.size == want.shape[1]


def test_features_in_numbers(seen):
    tile, colour, obs = seen
    features = Features("numbers", (7, 7), 16)
    parts = [tile.reshape(len(tile), -1) / t.TILES, colour.reshape(len(tile), -1) / t.COLOURS, obs.vector]
    want = np.concatenate(parts, axis=1).astype(np.float32)
    np.testing.assert_allclose(jax.jit(features)(obs), want, rtol=1e-6)
    assert features.size == want.shape[1]


def test_network_against_numpy(seen):
    """tanh between layers, none at the end; the policy starts nearly uniform; actor and critic share nothing."""
    obs = jax.tree.map(lambda x: x[:64], seen[2])
    features = Features("planes", (7, 7), 16)
    network = ActorCritic(jax.random.key(0), features, Discrete(6), width=64, depth=2)
    x = np.asarray(features(obs))

    def forward(perceptron):
        y = x
        for i, layer in enumerate(perceptron.layers):
            y = y @ np.asarray(layer.weight) + np.asarray(layer.bias)
            y = np.tanh(y) if i < 2 else y
        return y

    logits, value, _ = network.act((), obs, None)
    np.testing.assert_allclose(logits, forward(network.actor), atol=1e-4)
    np.testing.assert_allclose(value, forward(network.critic)[:, 0], atol=1e-4)
    assert np.abs(np.asarray(logits)).max() < 0.1
    assert [layer.weight.shape for layer in network.actor.layers] == [(359, 64), (64, 64), (64, 6)]
    square = np.asarray(network.critic.layers[1].weight) / 2**0.5
    np.testing.assert_allclose(square @ square.T, np.eye(64), atol=1e-4)
    assert eqx.tree_equal(network, ActorCritic(jax.random.key(0), features, Discrete(6), 64, 2))


@pytest.mark.parametrize("rows", [1, 2, 7, 64, 1000, MOST, MOST + 1])
def test_an_order_holds_every_row_once(rows):
    order = np.asarray(shuffled(jax.random.key(rows), rows))
    assert sorted(order.tolist()) == list(range(rows))


def test_every_order_of_a_few_rows_is_as_likely():
    keys = jax.random.split(jax.random.key(7), 24_000)
    orders = np.asarray(jax.vmap(lambda key: shuffled(key, 4))(keys))
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 24
    assert stats.chisquare(counts).pvalue > 1e-4


def test_ties_of_the_random_bits_favour_nobody():
    """Of so many rows that thousands tie, each quarter comes to each quarter, and rises are as many as falls."""
    orders = np.asarray(jax.vmap(lambda key: shuffled(key, MOST))(jax.random.split(jax.random.key(3), 40)))
    quarters = orders.reshape(40, 4, -1).swapaxes(0, 1) // (MOST // 4)
    counts = np.stack([np.bincount(quarter.ravel(), minlength=4) for quarter in quarters])
    assert stats.chisquare(counts.ravel()).pvalue > 1e-4
    rises = (np.diff(orders, axis=1) > 0).mean(axis=1)
    assert abs(rises.mean() - 0.5) < 4 * rises.std() / np.sqrt(40)
