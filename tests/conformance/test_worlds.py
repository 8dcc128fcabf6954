"""What every world keeps, whatever it is: one suite over all ids, with and without each option."""

import re

import jax
import numpy as np
import pytest

import walks
from outrider.ops.distribution import Continuous
from outrider.types import Step, shown_shape
from outrider.worlds.minigrid.world import State
from outrider.worlds.names import check_world, event_sentences, situation_text

CRAFTAX = tuple(name for name in walks.OTHERS if name.startswith("craftax"))
CHANCY = CRAFTAX  # what an action does hangs on chance
ALIKE = ("gymnax/deepsea-8", "gymnax/discounting")  # every episode begins the same
TOO_LONG = CRAFTAX  # to reach the horizon by chance
TOO_HARD = (  # to be ended by chance
    "gymnax/mountaincar",
    "gymnax/mountaincar-continuous",
    "minigrid/locked-room",
)
FEW_ENDS = {"craftax/full": 1}  # its walk is short, since its states are large
FAILING = ("minigrid/memory-8",)  # may end without a reward
SENTENCE = re.compile(r"[A-Z][^{}]*[^ {}]\.")


@pytest.fixture(params=walks.marked(walks.ALL))
def world(request):
    """Worlds of every family, with and without options."""
    return walks.world(request.param)


@pytest.fixture(params=walks.marked(walks.MINIGRIDS))
def minigrid(request):
    """Each MiniGrid, with and without its option."""
    return walks.world(request.param)


def shapes(tree):
    """Structure, shapes, types and weak types."""
    return jax.tree.structure(tree), [(x.shape, x.dtype, x.weak_type) for x in jax.tree.leaves(tree)]


def test_shapes_stay_the_same_from_step_to_step(world):
    key = jax.eval_shape(lambda: jax.random.key(0))
    action = action_of(world)
    state, obs = jax.eval_shape(world.reset, key)
    assert shapes(jax.eval_shape(world.stagger, key, state)) == shapes((state, obs))
    step = jax.eval_shape(world.step, key, state, action)
    assert isinstance(step, Step)
    assert shapes(step.state) == shapes(state)
    assert shapes(step.obs) == shapes(obs)
    again = jax.eval_shape(world.step, key, step.state, action)
    assert shapes(again) == shapes(step)
    assert (obs.grid.shape, obs.grid.dtype) == (world.view, np.uint8)
    assert obs.vector.shape == shown_shape(obs, world.vector)
    assert obs.vector.dtype in (np.uint8, np.float32, np.int32)
    if obs.vector.dtype == np.int32:  # the place of a single one, which leaves room for nothing beside it
        assert (world.view, world.flags) == ((0, 0), 0)
    assert (step.reward.shape, step.reward.dtype) == ((), np.float32)
    assert {(x.shape, str(x.dtype)) for x in (step.terminated, step.truncated)} == {((), "bool")}
    assert step.events.ndim == 1
    assert step.events.dtype == np.int32


def action_of(world):
    """Shape and type of an action."""
    if isinstance(world.space, Continuous):
        return jax.ShapeDtypeStruct((world.space.size,), np.float32)
    return jax.ShapeDtypeStruct((), np.int32)


def test_situations_are_sentences(world):
    states = walks.flat(walks.walk(walks.base(world.id)).world, 7)  # resets and later
    codes = np.asarray(jax.jit(jax.vmap(world.situation), compiler_options=walks.QUICK)(states))
    assert codes.min() >= 0
    assert codes.dtype == np.int32
    reached = np.unique(codes, axis=0)
    texts = [situation_text(world.id, tuple(code)) for code in reached.tolist()]
    assert len(texts) == len(set(texts)) > 2
    assert all(SENTENCE.fullmatch(text) for text in texts), texts


def test_one_world_steps_as_many_do(world):
    """A jitted step of one world is a row of the vmapped step of many."""
    walk = walks.walk(walks.base(world.id))
    states, actions = jax.tree.map(
        lambda x: x[: walks.ROWS],
        walks.flat((walk.world, walk.action), every=50 if walk.after.reward.size > 50 * walks.ROWS else 1),
    )
    keys = walks.keys(4)
    found = jax.device_get(walks.stepper(world.id)(keys, states, actions))
    single = jax.jit(world.step, compiler_options=walks.QUICK)
    rounding = 0 if world.view != (0, 0) else 1e-6  # of floats, which two programs may round differently
    for row in range(0, walks.ROWS, 101):
        one = single(keys[row], jax.tree.map(lambda x, row=row: x[row], states), actions[row])
        many = jax.tree.map(lambda x, row=row: x[row], found)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=rounding), one, many)


def test_steps_are_a_function_of_the_key(world):
    walk = walks.walk(walks.base(world.id))
    states, actions = walks.flat(walk.world, 100), walks.flat(walk.action, 100)
    one, again, other = (walks.stepped(world.id, states, actions, seed=s) for s in (0, 0, 1000))
    jax.tree.map(np.testing.assert_array_equal, one, again)
    differ = any((a != b).any() for a, b in zip(*map(jax.tree.leaves, (one.state, other.state)), strict=True))
    assert differ == ("television" in world.id or world.id in CHANCY)


@pytest.mark.parametrize("world_id", walks.marked(walks.WALKED))
def test_resets_are_a_function_of_the_key(world_id):
    start = walks.starter(world_id)
    one, again, other = (jax.device_get(start(jax.random.key(s))) for s in (1, 1, 2))
    jax.tree.map(np.testing.assert_array_equal, one, again)
    differ = any(
        (a != b).any() for a, b in zip(*map(jax.tree.leaves, (one[0].world, other[0].world)), strict=True)
    )
    assert differ == (world_id not in ALIKE)


def test_episodes_end_once_and_in_time(world):
    steps = walks.steps(world.id)
    assert not (steps.terminated & steps.truncated).any()
    clock = clock_of(steps.state)
    assert clock.min() >= 1
    assert clock.max() <= world.horizon
    np.testing.assert_array_equal(steps.truncated, (clock == world.horizon) & ~steps.terminated)
    assert steps.truncated.any() == (check_world(world.id)[0].timed and world.id not in TOO_LONG)
    assert steps.terminated.any() == (world.id not in TOO_HARD)


def clock_of(state):
    """Steps that an episode has taken."""
    if isinstance(state, State):
        return state.grid.clock
    return state.timestep if "timestep" in state.__dataclass_fields__ else state.time


def test_the_final_observation_is_kept(world):
    """Where a copy ended, `final` is what its last step showed, and what comes next is another episode's beginning."""
    walk = walks.walk(walks.base(world.id))
    done = walk.after.terminated | walk.after.truncated
    states, actions = (jax.tree.map(lambda x: x[done][:16], part) for part in (walk.world, walk.action))
    assert len(actions) >= FEW_ENDS.get(world.id, 8)
    if "television" in world.id:
        return  # which its walk is without
    last = walks.single_steps(world.id, states, actions, walks.step_keys(walks.base(world.id))[done][:16])
    assert (last.terminated | last.truncated).all()
    width = world.vector
    np.testing.assert_allclose(walk.after.final.vector[done][:16, :width], last.obs.vector, atol=1e-6)
    np.testing.assert_array_equal(walk.after.final.grid[done][:16], last.obs.grid)
    begun = walk.obs.vector[1:][done[:-1]]
    np.testing.assert_array_equal(begun, walk.after.obs.vector[:-1][done[:-1]])
    lengths = walk.after.episode_length
    assert (lengths[done] > 0).all()
    assert (lengths[~done] == 0).all()


def test_rewards_lie_between_0_and_1_and_come_with_the_end(minigrid):
    steps = walks.steps(minigrid.id)
    assert steps.reward.min() >= 0
    assert steps.reward.max() <= 1
    won = steps.reward > 0
    assert not (won & ~steps.terminated).any()
    assert (steps.terminated & ~won).any() == (minigrid.id in FAILING)
    # Sooner is better.
    clock = steps.state.grid.clock[won]
    won = steps.reward[won]
    assert (np.diff(won[np.argsort(clock, kind="stable")]) <= 0).all()


def test_events_are_in_the_vocabulary(world):
    codes = set(np.unique(walks.steps(world.id).events).tolist()) - {0}
    said = event_sentences(world.id)
    assert codes <= set(said)
    assert max(said, default=0) < world.codes
    assert 0 not in said
    assert all(SENTENCE.fullmatch(sentence) for sentence in said.values())


def test_flags_are_bits_of_one_word(world):
    codes = np.arange(world.codes)
    bits = np.asarray(world.flag_bits(codes))
    assert bits[0] == 0
    assert (bits[1:] > 0).all() == bool(world.flags or world.codes == 1)
    assert (bits & (bits - 1) == 0)[bits > 0].all()
    assert bits.max() < 1 << world.flags <= 1 << 32


@pytest.mark.parametrize("world_id", walks.marked(n for n in walks.ALL if check_world(n)[0].drawn))
def test_pictures_have_a_size_that_can_be_shown(world_id):
    world, states = walks.world(world_id), walks.steps(world_id).state
    image = world.render(jax.tree.map(lambda x: x[0, 0], states))
    height, width, channels = image.shape
    assert (image.dtype, channels) == (np.uint8, 3)
    assert 64 <= height <= 1024
    assert 64 <= width <= 1024
    assert image.std() > 1
    later = world.render(jax.tree.map(lambda x: x[50, 0], states))
    assert (image != later).any()
