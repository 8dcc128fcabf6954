"""Memories: many steps at once are as many single ones, and nothing crosses the beginning of an episode."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from outrider.agents import actor_critic
from outrider.agents.actor_critic import ActorCritic
from outrider.agents.features import Features
from outrider.agents.gtrxl import GTrXL
from outrider.agents.memory import GRU
from outrider.learn import settings
from outrider.ops.distribution import Continuous, Discrete, MultiDiscrete
from outrider.types import Obs
from walks import QUICK

COPIES, LENGTH, WIDTH = 5, 23, 16
RNG = np.random.default_rng(0)
X = jnp.asarray(RNG.normal(size=(COPIES, LENGTH, WIDTH)), jnp.float32)
RESTART = jnp.asarray(RNG.random((COPIES, LENGTH)) < 0.15).at[0].set(False)


@pytest.fixture(params=["gru", "gtrxl"])
def memory(request):
    """Each memory; the transformer's window is shorter than the sequence, its gates wide open."""
    if request.param == "gru":
        return GRU(jax.random.key(0), WIDTH)
    made = GTrXL(jax.random.key(0), WIDTH, blocks=2, heads=4, window=6)
    louder = jax.tree.map(lambda x: x + 0.3 * jax.random.normal(jax.random.key(x.size), x.shape), made)
    return louder


def quick(method):
    """A method of a module, compiled as fast as can be."""
    return jax.jit(lambda *given: method(*given), compiler_options=QUICK)


def stepped(memory, held, x, restart):
    """One step after another."""
    out, step = [], quick(memory.step)
    for t in range(x.shape[1]):
        held, y = step(held, x[:, t], restart[:, t])
        out.append(y)
    return held, jnp.stack(out, axis=1)


def test_unrolling_is_stepping(memory):
    """From a memory that already holds something, too."""
    held = memory.start(COPIES)
    held, first = stepped(memory, held, X, RESTART)
    unroll = quick(memory.unroll)
    np.testing.assert_allclose(unroll(memory.start(COPIES), X, RESTART), first, atol=2e-5)
    more = X[:, ::-1] * 1.5
    _, second = stepped(memory, held, more, RESTART)
    np.testing.assert_allclose(unroll(held, more, RESTART), second, atol=2e-5)


def test_nothing_is_remembered_across_a_restart(memory):
    """What came before a restart does not matter after it; without one it does."""
    other = X.at[:, :10].set(-X[:, :10])
    begins = jnp.zeros((COPIES, LENGTH), bool).at[:, 10].set(True)
    unroll = quick(memory.unroll)
    one, two = (unroll(memory.start(COPIES), x, begins) for x in (X, other))
    np.testing.assert_allclose(one[:, 10:], two[:, 10:], atol=1e-6)
    never = jnp.zeros_like(begins)
    one, two = (unroll(memory.start(COPIES), x, never) for x in (X, other))
    assert np.abs(one[:, 10] - two[:, 10]).min(axis=1).max() > 1e-4


def test_nothing_comes_from_the_future(memory):
    later = X.at[:, 12:].add(1.0)
    unroll = quick(memory.unroll)
    one, two = (unroll(memory.start(COPIES), x, RESTART) for x in (X, later))
    np.testing.assert_allclose(one[:, :12], two[:, :12], atol=1e-6)
    assert np.abs(one[:, 12] - two[:, 12]).max() > 1e-4


def test_the_transformer_forgets_what_left_its_windows():
    """Two blocks reach back two windows, and no further."""
    made = GTrXL(jax.random.key(1), WIDTH, blocks=2, heads=2, window=4)
    never = jnp.zeros((COPIES, LENGTH), bool)
    one, two = (made.unroll(made.start(COPIES), x, never) for x in (X, X.at[:, 0].add(3.0)))
    moved = np.abs(np.asarray(one - two)).max(axis=(0, 2))
    assert (moved[:9] > 0).all()
    assert (moved[9:] < 1e-6).all()


def test_gru_against_its_equations():
    made = GRU(jax.random.key(2), WIDTH)
    cell, x = made.cell, np.asarray(X[:, 0])
    h = RNG.normal(size=(COPIES, WIDTH)).astype(np.float32)

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    reset_x, update_x, new_x = np.split(x @ np.asarray(cell.weight_ih).T + np.asarray(cell.bias), 3, axis=1)
    reset_h, update_h, new_h = np.split(h @ np.asarray(cell.weight_hh).T, 3, axis=1)
    reset, update = sigmoid(reset_x + reset_h), sigmoid(update_x + update_h)
    new = np.tanh(new_x + reset * (new_h + np.asarray(cell.bias_n)))
    want = new + update * (h - new)
    _, found = made.step(jnp.asarray(h), X[:, 0], jnp.zeros(COPIES, bool))
    np.testing.assert_allclose(found, want, atol=1e-5)


@pytest.mark.parametrize("encoder", ["flat", "convolutional"])
@pytest.mark.parametrize("kind", ["none", "gru", "gtrxl"])
@pytest.mark.parametrize("space", [Discrete(6), MultiDiscrete((3, 2)), Continuous(2)])
def test_learning_sees_what_acting_saw(encoder, kind, space):
    """`over` the rows of a rollout gives the outputs and values that `act` gave step by step."""
    features = Features("planes", (7, 7), 4)
    network = ActorCritic(jax.random.key(3), features, space, 16, 2, encoder, kind)
    grid = jnp.asarray(RNG.integers(0, 40, (3, 6, 7, 7)), jnp.uint8)
    obs = Obs(grid, jnp.asarray(RNG.integers(0, 2, (3, 6, 4)), jnp.uint8))
    restart = jnp.zeros((3, 6), bool).at[1, 3].set(True)
    held, outputs, values = network.start(3), [], []
    act = quick(network.act)
    for t in range(6):
        now = jax.tree.map(lambda x, t=t: x[:, t], obs)
        output, value, held = act(held, now, restart[:, t])
        outputs.append(output)
        values.append(value)
    rows = jax.vmap(features)(obs)
    found, value = quick(network.over)(network.start(3), rows, restart)
    assert found.shape == (3, 6, space.outputs)
    np.testing.assert_allclose(found, jnp.stack(outputs, 1), atol=2e-5)
    np.testing.assert_allclose(value, jnp.stack(values, 1), atol=2e-5)


def test_convolutions_see_neighbours_and_rows_keep_their_order():
    """Against plain loops: one convolution over the planes as `Features` lays them out."""
    features = Features("numbers", (4, 5), 0)
    network = ActorCritic(jax.random.key(4), features, Discrete(2), 8, 1, "convolutional")
    encoder, row = network.encoder, RNG.normal(size=features.size).astype(np.float32)
    planes, height, width = features.picture
    picture = row.reshape(planes, height, width)
    for kernel, bias in zip((encoder.first, encoder.second), np.asarray(encoder.biases), strict=True):
        kernel, padded = np.asarray(kernel), np.pad(picture, ((0, 0), (1, 1), (1, 1)))
        out = np.zeros((len(kernel), height, width))
        for y in range(height):
            for x in range(width):
                out[:, y, x] = (kernel * padded[:, y : y + 3, x : x + 3]).sum(axis=(1, 2, 3)) + bias
        picture = np.maximum(out, 0)
    layer = encoder.layer
    want = np.tanh(picture.reshape(-1) @ np.asarray(layer.weight) + np.asarray(layer.bias))
    np.testing.assert_allclose(encoder(jnp.asarray(row)[None])[0], want, atol=1e-4)


def test_the_settings_know_every_memory():
    """Settings are read without jax, so their names stand there once more."""
    assert set(actor_critic.MEMORIES) == set(settings.MEMORIES)
    assert [name for name, made in actor_critic.MEMORIES.items() if made is None] == ["none"]
