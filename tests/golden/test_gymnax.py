"""gymnax's worlds here: their steps are gymnax's own, CartPole is Gymnasium's, and ends are told apart."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import walks

gymnax = pytest.importorskip("gymnax")

TIMED = ("gymnax/cartpole", "gymnax/mountaincar")


@pytest.mark.parametrize("world_id", [name for name in walks.OTHERS if name.startswith("gymnax")])
def test_steps_are_gymnaxs_own(world_id):
    """Its public step, which starts ended episodes anew, gives the same rewards and ends, and keeps the last sight."""
    world = walks.world(world_id)
    walk = walks.walk(world_id)
    rows = np.random.default_rng(0).permutation(walk.action.size)[: walks.ROWS]
    states, actions = (jax.tree.map(lambda x: x[rows], walks.flat(x)) for x in (walk.world, walk.action))
    ours = walks.single_steps(world_id, states, actions)
    step = jax.jit(jax.vmap(lambda k, s, a: world.env.step(k, s, a, world.params)))
    _, _, reward, terminated, truncated, info = jax.device_get(step(walks.keys(0), states, actions))
    seen = info["final_observation"].reshape(walks.ROWS, -1)
    np.testing.assert_allclose(ours.obs.vector, seen, atol=1e-6)
    np.testing.assert_allclose(ours.reward, reward, atol=1e-6)
    np.testing.assert_array_equal(ours.terminated, terminated)
    np.testing.assert_array_equal(ours.truncated, truncated & ~terminated)


def test_cartpole_is_gymnasiums():
    gymnasium = pytest.importorskip("gymnasium")
    theirs, world = gymnasium.make("CartPole-v1"), walks.world("gymnax/cartpole")
    step = jax.jit(world.step)
    ended = 0
    for seed in range(12):
        obs, _ = theirs.reset(seed=seed)
        state, _ = world.reset(jax.random.key(seed))
        x, v, angle, turn = map(jnp.float32, obs)
        state = state.replace(x=x, x_dot=v, theta=angle, theta_dot=turn)
        for action in np.random.default_rng(seed).integers(0, 2, 60):
            obs, reward, terminated, truncated, _ = theirs.step(action)
            ours = step(jax.random.key(0), state, action)
            np.testing.assert_allclose(ours.obs.vector, obs, atol=1e-4)
            assert (float(ours.reward), bool(ours.terminated), bool(ours.truncated)) == (
                reward, terminated, truncated
            )  # fmt: skip
            state, ended = ours.state, ended + terminated
            if terminated:
                break
    assert ended > 6


@pytest.mark.parametrize("world_id", TIMED)
def test_the_clock_truncates(world_id):
    world = walks.world(world_id)
    state, _ = world.reset(jax.random.key(0))
    for hour, cut in ((world.horizon - 2, False), (world.horizon - 1, True)):
        end = world.step(jax.random.key(1), state.replace(time=jnp.int32(hour)), jnp.int32(0))
        assert (bool(end.terminated), bool(end.truncated)) == (False, cut)


def test_a_fall_in_the_last_step_is_a_termination():
    world = walks.world("gymnax/cartpole")
    state, _ = world.reset(jax.random.key(0))
    falling = state.replace(
        time=jnp.int32(world.horizon - 1), theta=jnp.float32(0.2), theta_dot=jnp.float32(2)
    )
    end = world.step(jax.random.key(1), falling, jnp.int32(0))
    assert (bool(end.terminated), bool(end.truncated)) == (True, False)


@pytest.mark.parametrize("size", [8, 20])
def test_the_treasure_of_a_deep_sea_is_worth_099(size):
    """The one way there is the fixed mapping's right actions; another key of the episode does not change them."""
    world = walks.world(f"gymnax/deepsea-{size}")
    step = jax.jit(world.step)
    for right, expected in ((True, 0.99), (False, 0.0)):
        state, _ = world.reset(jax.random.key(size))
        total = 0.0
        for row in range(size):
            action = state.action_mapping[row, state.column]
            after = step(jax.random.key(row), state, action if right else 1 - action)
            assert bool(after.terminated) == (row == size - 1)
            assert not after.truncated
            state, total = after.state, total + float(after.reward)
        assert total == pytest.approx(expected, abs=1e-5)
    mapping = world.reset(jax.random.key(99))[0].action_mapping
    np.testing.assert_array_equal(mapping, state.action_mapping)
    assert 0.2 < mapping.mean() < 0.8
