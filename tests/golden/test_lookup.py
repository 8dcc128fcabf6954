"""A sight said by the place of its only one is what the whole row is: values, gradients, whole agents."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from outrider.agents.actor_critic import ActorCritic
from outrider.agents.bootstrapped import Bootstrapped, Members
from outrider.agents.features import Features
from outrider.agents.q_network import EpsilonGreedy, QNetwork
from outrider.agents.released import Policy
from outrider.agents.rows import RowFeatures
from outrider.errors import OutriderError
from outrider.learn.fit import check_fit
from outrider.ops.distribution import Discrete
from outrider.ops.layers import Layer
from outrider.types import Obs
from outrider.worlds.spaces import Part, Row
from toy_world import SMALL, Toy

SIZE, ROWS = 12, 200
FEATURES = Features("planes", (0, 0), SIZE)


def sights(seed=0):
    """The same sights said by their places, `SIZE` for nothing, and as whole rows."""
    place = np.random.default_rng(seed).integers(0, SIZE + 1, ROWS).astype(np.int32)
    rows = (place[:, None] == np.arange(SIZE)).astype(np.float32)
    assert (rows.sum(-1) == 0).any()
    grid = jnp.zeros((ROWS, 0, 0), jnp.uint8)
    return Obs(grid, jnp.asarray(place[:, None])), Obs(grid, jnp.asarray(rows))


def test_a_layer_looks_up_what_it_would_multiply():
    """Beyond the row, on either side, there are only zeros; rows met twice add their gradients."""
    layer = Layer(jax.random.key(0), SIZE, 7, 1.0)
    layer = jax.tree.map(lambda x: x + 0.3, layer)
    place = jnp.asarray([3, 0, SIZE - 1, 3, SIZE, -1, SIZE + 40])
    rows = jax.nn.one_hot(place, SIZE)
    assert rows.sum() == 4
    np.testing.assert_allclose(layer(place), layer(rows), rtol=1e-6)
    aim = jnp.asarray(np.random.default_rng(1).normal(size=(7, 7)))
    found, want = (jax.grad(lambda layer, x=x: ((layer(x) - aim) ** 2).sum())(layer) for x in (place, rows))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), found, want)
    assert np.abs(found.weight[3]).min() > 0
    assert not np.asarray(found.weight[1]).any()


def test_features_tell_the_whole_row():
    short, whole = sights()
    np.testing.assert_array_equal(FEATURES(short), FEATURES(whole))
    np.testing.assert_array_equal(FEATURES.inputs(short), short.vector[:, 0])
    np.testing.assert_array_equal(FEATURES.inputs(whole), whole.vector)


def test_a_hosts_only_choice_is_looked_up_and_nothing_else_is():
    features = RowFeatures(Row((Part((), 1, choices=5),), "uint8"))
    obs = Obs(jnp.zeros((3, 0, 0), jnp.uint8), jnp.asarray([[4], [0], [2]], jnp.uint8))
    assert features.inputs(obs).tolist() == [4, 0, 2]
    np.testing.assert_array_equal(jax.nn.one_hot(features.inputs(obs), 5), features(obs))
    for parts in ((Part(("a",), 1, choices=5), Part(("b",), 1)), (Part((), 1, 0.5),)):
        features = RowFeatures(Row(parts, "float32"))
        obs = Obs(jnp.zeros((3, 0, 0), jnp.uint8), jnp.ones((3, len(parts)), jnp.float32))
        np.testing.assert_array_equal(features.inputs(obs), features(obs))


def agents():
    """One of each kind that acts on features."""

    def one(key):
        return QNetwork(key, FEATURES, Discrete(3), 8, 2, dueling=True)

    yield EpsilonGreedy(one(jax.random.key(1)), jnp.float32(0.1)), ()
    yield (
        Bootstrapped(Members(jax.random.key(2), one, 3, 2.0), jnp.float32(0.1)),
        jnp.arange(ROWS, dtype=jnp.uint32),
    )
    for memory in ("none", "gru"):
        network = ActorCritic(jax.random.key(3), FEATURES, Discrete(3), 8, 2, memory=memory)
        yield network, network.start(ROWS)


def test_a_released_policy_takes_both_forms():
    network = ActorCritic(jax.random.key(3), FEATURES, Discrete(3), 8, 2)
    policy, held, rng = Policy(network, {"world": "sea"}), network.start(ROWS), jax.random.key(4)
    actions = [policy.act(held, obs, np.zeros(ROWS, bool), rng)[0] for obs in sights()]
    np.testing.assert_array_equal(*actions)
    short = sights()[0]
    with pytest.raises(OutriderError, match="acts on a grid, a vector and restarts"):
        policy.act(held, short._replace(vector=short.vector[:, [0, 0]]), np.zeros(ROWS, bool))


@pytest.mark.parametrize("which", range(4))
def test_agents_act_alike(which):
    agent, held = list(agents())[which]
    outputs = [agent.act(held, obs, jnp.zeros(ROWS, bool)) for obs in sights()]
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), *outputs)


@dataclass(frozen=True)
class Short(Toy):
    """Says its bit by the place of a one."""

    def reset(self, key):
        state, obs = super().reset(key)
        return state, obs._replace(vector=state.bit[None])


@dataclass(frozen=True)
class Whole(Toy):
    """Says all of its numbers, as whole ones."""

    def reset(self, key):
        state, obs = super().reset(key)
        return state, obs._replace(vector=obs.vector.astype(jnp.int32))


def test_a_place_with_flags_to_be_appended_is_refused():
    check_fit(Short(), SMALL)
    with pytest.raises(OutriderError, match="is int32, which says the place of the only one"):
        check_fit(Short(flags=2), SMALL)


@pytest.mark.parametrize("flags", [0, 2])
def test_whole_numbers_are_not_taken_for_places(flags):
    with pytest.raises(OutriderError, match="give float32 or uint8 where numbers are meant"):
        check_fit(Whole(flags=flags), SMALL)
