"""gymnax's worlds here: their steps are gymnax's own, CartPole is Gymnasium's, and ends are told apart."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import walks
from outrider.agents.features import Features
from outrider.ops.distribution import Continuous
from outrider.worlds.names import event_sentences, situation_text

gymnax = pytest.importorskip("gymnax")

TIMED = ("gymnax/cartpole", "gymnax/mountaincar")


@pytest.mark.parametrize("world_id", walks.marked(n for n in walks.OTHERS if n.startswith("gymnax")))
def test_steps_are_gymnaxs_own(world_id):
    """Its public step, which starts ended episodes anew, gives the same rewards and ends, and keeps the last sight."""
    world = walks.world(world_id)
    walk = walks.walk(world_id)
    rows = np.random.default_rng(0).permutation(walk.after.reward.size)[: walks.ROWS]
    states, actions = (jax.tree.map(lambda x: x[rows], walks.flat(x)) for x in (walk.world, walk.action))
    ours = walks.single_steps(world_id, states, actions)
    if isinstance(world.space, Continuous):  # which gymnax does not keep to its bounds
        assert np.abs(actions).max() > 1
        actions = np.clip(actions, -1, 1)
    step = jax.jit(jax.vmap(lambda k, s, a: world.env.step(k, s, a, world.params)))
    _, _, reward, terminated, truncated, info = jax.device_get(step(walks.keys(0), states, actions))
    seen = info["final_observation"].reshape(walks.ROWS, -1)
    told = Features("planes", world.view, world.vector)(
        ours.obs
    )  # as numbers, in whichever form they are given
    np.testing.assert_allclose(told, seen, atol=1e-6)
    if ours.obs.vector.dtype == np.int32:
        assert ours.obs.vector.min() >= 0
        assert ours.obs.vector.max() == world.vector  # at an end nothing is shown
    np.testing.assert_allclose(ours.reward, reward, atol=1e-6)
    if world_id == "gymnax/discounting":  # which bsuite terminates in its last step
        assert not terminated.any()
        terminated = truncated
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


def test_throttle_beyond_its_bounds_costs_no_more_than_full_throttle():
    """As on the host, where Gymnasium's own is given clipped actions."""
    world = walks.world("gymnax/mountaincar-continuous")
    state, _ = world.reset(jax.random.key(0))
    full, beyond, back = (world.step(jax.random.key(1), state, jnp.array([x])) for x in (1.0, 7.0, -7.0))
    jax.tree.map(np.testing.assert_array_equal, full, beyond)
    assert float(beyond.reward) == float(back.reward) == pytest.approx(-0.1)


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


def _rest(step):
    """A step as a scan wants it."""
    return step.state, (step.reward, step.terminated, step.truncated)


def said(world, state, *actions):
    """The sentences of a few actions, and the situation after them."""
    told = []
    for action in actions:
        step = world.step(jax.random.key(0), state, action)
        state = step.state
        told += [event_sentences(world.id)[code] for code in step.events.tolist() if code]
    return told, situation_text(world.id, tuple(world.situation(state).tolist()))


def test_a_deep_sea_tells_each_dive_and_its_end():
    world = walks.world("gymnax/deepsea-8")
    state, _ = world.reset(jax.random.key(0))
    right = [int(state.action_mapping[k, k]) for k in range(8)]
    assert said(world, state, right[0]) == (
        ["You dived down to the right."], "You are at depth 1, 1 to the right."
    )  # fmt: skip
    assert said(world, state, 1 - right[0])[0] == ["You dived down to the left."]
    assert said(world, state, *right)[0] == 7 * ["You dived down to the right."] + ["You found the treasure."]
    assert (
        said(world, state, *right[:7], 1 - right[7])[0][-1] == "You reached the sea floor without a treasure."
    )


def test_a_car_tells_what_it_climbs():
    world = walks.world("gymnax/mountaincar")
    state, _ = world.reset(jax.random.key(0))
    at = lambda x, v: state.replace(position=jnp.float32(x), velocity=jnp.float32(v))  # noqa: E731
    for name in ("gymnax/mountaincar", "gymnax/mountaincar-continuous"):
        world = walks.world(name)
        full = jnp.ones(1) if "continuous" in name else jnp.int32(2)
        start = at(0.44, 0.07).replace(time=state.time)
        if "continuous" in name:
            start = world.reset(jax.random.key(0))[0].replace(
                position=start.position, velocity=start.velocity
            )
        assert said(world, start, full)[0] == ["The car reached the flag."]
    world = walks.world("gymnax/mountaincar")
    assert said(world, at(-1.19, -0.07), 0)[0] == ["The car hit the left wall."]
    told, now = said(world, at(-0.2, 0.04), 2, 2, 2)
    heights = [f"The car got {k} twelfths of the way up a hill." for k in range(12)]
    assert told == sorted(told, key=heights.index) != []
    assert now.startswith("The car is ")
    assert "of the way up the right hill and rolls fast to the right." in now
    told, now = said(world, at(-0.5, 0.0), 1)
    assert told == []
    assert now == "The car is 0 twelfths of the way up the right hill and rolls slowly to the left."


@pytest.mark.parametrize("length", [5, 10])
def test_a_memory_chain_tells_the_cue_only_while_it_is_shown(length):
    """At the beginning and, since a step shows what was to be seen before it, after the first step."""
    world = walks.world(f"gymnax/memorychain-{length}")
    codes, step = set(), jax.jit(world.step)
    for seed in range(8):
        state, obs = world.reset(jax.random.key(seed))
        for clock in range(length + 1):
            codes.add(tuple(world.situation(state).tolist()))
            told, shown = (
                situation_text(world.id, tuple(world.situation(state).tolist())),
                float(obs.vector[2]),
            )
            assert (shown != 0) == (clock < 2)
            if shown:
                assert told == f"The cue is {'high' if shown > 0 else 'low'}."
            elif clock < length:
                assert told == f"You are asked for the cue in {length - clock} steps."
            else:
                assert told == "You must name the cue now."
            last, (state, obs) = state, step(jax.random.key(0), state, jnp.int32(0))[:2]
        cue = int(state.context[0])
        assert said(world, last, jnp.int32(cue))[0] == ["You named the cue correctly."]
        assert said(world, last, jnp.int32(1 - cue))[0] == ["You named the wrong cue."]
    assert len({situation_text(world.id, code) for code in codes}) == len(codes) == length + 1


def test_the_discounting_chain_begins_at_its_beginning_and_pays_the_first_chain_most():
    world = walks.world("gymnax/discounting")
    state, _ = world.reset(jax.random.key(0))
    assert int(world.stagger(jax.random.key(1), state)[0].time) == 0
    returns = []
    for chain in range(5):
        step = lambda now, _, chain=chain: _rest(world.step(jax.random.key(0), now, jnp.int32(chain)))  # noqa: E731
        _, (reward, terminated, truncated) = jax.lax.scan(step, state, length=100)
        assert terminated.tolist() == 99 * [False] + [True]  # as in bsuite: nothing comes after
        assert not truncated.any()
        returns.append(float(reward.sum()))
    np.testing.assert_allclose(returns, [1.1, 1, 1, 1, 1])


@pytest.mark.parametrize(("chain", "pays"), [(0, 1), (1, 3), (2, 10), (3, 30), (4, 100)])
def test_the_discounting_chain_tells_each_choice_and_the_pay_that_comes_later(chain, pays):
    """The first chain pays in the step that chooses it: a step has one event, and that is the choice."""
    world = walks.world("gymnax/discounting")
    state, _ = world.reset(jax.random.key(0))
    told, now = said(world, state, jnp.int32(chain), *9 * [jnp.int32(0)])
    assert told == [f"You chose the chain number {chain + 1}."] + ["The chain paid its reward."] * (
        1 < pays <= 10
    )
    assert now == f"You are on chain number {chain + 1}; 10 steps have passed."
