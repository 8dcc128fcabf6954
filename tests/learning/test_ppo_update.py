"""One training step of PPO on a real world, retold in NumPy: bootstrapping, losses, clipping, the diary."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import walks
from outrider.explore.events import event_constant
from outrider.learn.collect import collect, next_value
from outrider.learn.ppo import PPO
from outrider.learn.rates import Rates
from outrider.learn.settings import Settings
from outrider.types import Atlas, Obs
from outrider.worlds.batch import Batch, Copies

WORLD = "minigrid/doorkey-8x8"
COPIES, LENGTH = 16, 48
SETTINGS = Settings(
    envs=COPIES,
    rollout=LENGTH,
    epochs=1,
    minibatches=1,
    anneal=False,
    learning_rate=1.0,
    gradient_norm=1e-4,
    width=16,
)
KEYS = jax.random.split(jax.random.key(5), 4)


@pytest.fixture(scope="module")
def learner():
    """A learner, with a network whose policy and values are far from uniform."""
    batch = Batch(walks.world(WORLD), COPIES, fresh=2)
    made = PPO(batch, SETTINGS, event_constant(5.0), updates=1)
    codes = batch.world.codes
    atlas = Atlas(1 - 0.1 * (jnp.arange(codes) % 7), jnp.ones(codes, bool))
    begin = jax.jit(made.init, compiler_options=walks.QUICK)(KEYS[0], atlas)
    louder = jax.tree.map(lambda x: x * 3, begin.network)
    # Half of the copies run out of time within the rollout, each at another step; the others do not end.
    grid = begin.copies.world.grid
    clock = jnp.where(jnp.arange(COPIES) < 8, walks.world(WORLD).horizon - 4 * jnp.arange(1, COPIES + 1), 0)
    world = begin.copies.world._replace(grid=grid._replace(clock=clock))
    return made, begin._replace(network=louder, copies=begin.copies._replace(world=world))


@pytest.fixture(scope="module")
def told(learner):
    """The rollout that the learner's next update will see."""
    made, begin = learner
    key = jax.random.split(begin.key, 3)[1]
    run = jax.jit(
        lambda network, copies, sight, key: collect(made.batch, network, copies, sight, key, LENGTH),
        compiler_options=walks.QUICK,
    )
    return jax.device_get(run(begin.network, begin.copies, begin.sight, key))


@pytest.fixture(scope="module")
def updated(learner):
    """The learner after one update, and its line."""
    made, begin = learner
    return jax.device_get(jax.jit(made.update, compiler_options=walks.QUICK)(begin))


def value(network, obs):
    """The critic's opinion of some sights."""
    return network.act((), obs, None)[1]


def replay(begin, told):
    """What the rollout's actions lead to when no one is ever reset: [LENGTH, COPIES] sights with flags."""
    world, states = walks.world(WORLD), jax.device_get(begin.copies.world)
    flags, sights = np.zeros(COPIES, np.uint32), []
    for action in told.trajectory.action:
        step = walks.stepped(WORLD, states, action)
        flags |= np.bitwise_or.reduce(np.asarray(world.flag_bits(step.events)), axis=1)
        raised = (flags[:, None] >> np.arange(world.flags)) & 1
        sights.append(Obs(step.obs.grid, raised.astype(np.uint8)))
        states = step.state
    return sights


def test_truncated_episodes_are_bootstrapped_from_their_own_end(learner, told):
    _, begin = learner
    path = told.trajectory
    assert path.truncated.sum() == 8
    found = np.asarray(next_value(begin.network, told))
    sights = replay(begin, told)
    cut = np.argwhere(path.truncated)
    assert sorted(step for step, _ in cut) == [4 * n - 1 for n in range(1, 9)]
    first_values = []
    for step, copy in cut:
        end = jax.tree.map(lambda x, copy=copy: x[copy : copy + 1], sights[step])
        assert found[step, copy] == pytest.approx(float(value(begin.network, end)[0]), abs=1e-5)
        first_values.append(abs(found[step, copy] - path.value[step + 1, copy]))
    assert np.median(first_values) > 0.01  # the next episode's first sight is worth something else
    rest = ~path.truncated
    last = np.asarray(value(begin.network, told.end.obs))
    following = np.concatenate([path.value[1:], last[None]])
    np.testing.assert_allclose(found[rest], following[rest], atol=1e-5)


def test_the_rollout_says_what_the_network_did(learner, told):
    """Log-probabilities and values are those of the sights on which the actions were chosen."""
    _, begin = learner
    path = told.trajectory
    sights = jax.tree.map(lambda x: x.reshape(LENGTH * COPIES, *x.shape[2:]), path.obs)
    logits, value = jax.device_get(begin.network.act((), sights, None)[:2])
    np.testing.assert_allclose(path.value.reshape(-1), value, atol=1e-4)
    log_p = jax.nn.log_softmax(logits)[np.arange(len(logits)), path.action.reshape(-1)]
    np.testing.assert_allclose(path.log_prob.reshape(-1), log_p, atol=1e-4)
    live = np.argwhere(~(path.terminated | path.truncated)[:-1])
    sights = replay(begin, told)
    for step, copy in live[live[:, 1] >= 8][:200]:
        np.testing.assert_array_equal(path.obs.grid[step + 1, copy], sights[step].grid[copy])
        np.testing.assert_array_equal(path.obs.vector[step + 1, copy], sights[step].vector[copy])


def slow_advantage(made, begin, told):
    path, s = told.trajectory, SETTINGS
    weight = np.asarray(begin.signal.weight)
    pays = path.first & ~path.terminated[..., None]
    reward = path.reward + (5.0 * weight[path.events] * pays).sum(-1)
    sights, last = replay(begin, told), np.asarray(value(begin.network, told.end.obs))
    advantage = np.zeros((LENGTH, COPIES))
    later = np.zeros(COPIES)
    for step in reversed(range(LENGTH)):
        following = path.value[step + 1] if step + 1 < LENGTH else last
        if path.truncated[step].any():
            following = np.where(
                path.truncated[step], np.asarray(value(begin.network, sights[step])), following
            )
        error = reward[step] + s.discount * following * ~path.terminated[step] - path.value[step]
        ended = path.terminated[step] | path.truncated[step]
        later = error + s.discount * s.trace * later * ~ended
        advantage[step] = later
    return reward - path.reward, advantage


def test_an_update_is_one_clipped_step_down_the_loss(learner, told, updated):
    made, begin = learner
    bonus, advantage = slow_advantage(made, begin, told)
    path, s = told.trajectory, SETTINGS
    target = advantage + path.value
    scaled = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    sights = jax.tree.map(lambda x: x.reshape(LENGTH * COPIES, *x.shape[2:]), path.obs)

    def loss(network):
        logits, value, _ = network.act((), sights, None)
        log_p = jax.nn.log_softmax(logits)
        chosen = log_p[jnp.arange(len(logits)), path.action.reshape(-1)]
        ratio = jnp.exp(chosen - path.log_prob.reshape(-1))
        gain = (ratio * scaled.reshape(-1)).mean()  # at the old policy nothing is clipped
        error = ((value - target.reshape(-1)) ** 2).mean()
        entropy = -(jnp.exp(log_p) * log_p).sum(-1).mean()
        return -gain + s.value_weight * 0.5 * error - s.entropy * entropy, entropy

    (value, entropy), gradient = eqx.filter_value_and_grad(loss, has_aux=True)(begin.network)
    norm = np.sqrt(sum(float((g**2).sum()) for g in jax.tree.leaves(gradient)))
    assert norm > s.gradient_norm

    def first_adam_step(g):
        g = g * s.gradient_norm / norm
        return -s.learning_rate * g / (jnp.abs(g) + 1e-5)

    after, line = updated
    found = jax.tree.map(lambda a, b: a - b, after.network, jax.device_get(begin.network))
    want = jax.tree.map(first_adam_step, gradient)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(want), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3 * float(np.abs(other).max()))
    assert float(line.loss) == pytest.approx(float(value), rel=1e-3, abs=1e-4)
    assert float(line.entropy) == pytest.approx(float(entropy), rel=1e-4)
    assert float(line.bonus) == pytest.approx(bonus.mean(), rel=1e-4)


def test_an_update_goes_on_from_where_it_stopped(told, updated):
    after, _ = updated
    jax.tree.map(np.testing.assert_array_equal, after.copies, told.copies)
    jax.tree.map(np.testing.assert_array_equal, after.sight, told.end)


def test_the_diary_counts_what_happened(told, updated):
    after, line = updated
    path = told.trajectory
    codes = path.events[..., 0]
    np.testing.assert_array_equal(
        after.diary.met, np.bincount(codes.reshape(-1), minlength=len(after.diary.met))
    )
    assert codes.max() < len(after.diary.first_met)  # on the device, a code beyond it would be lost unseen
    for code in range(len(after.diary.first_met)):
        steps = np.flatnonzero((codes == code).any(axis=1))
        assert after.diary.first_met[code] == (COPIES * (steps[0] + 1) if len(steps) else -1)
    ended = path.terminated | path.truncated
    assert int(line.steps) == LENGTH * COPIES == int(after.diary.steps)
    assert int(line.episodes) == ended.sum() >= 8
    assert int(line.successes) == path.terminated.sum()
    assert float(line.returns) == pytest.approx(path.reward.sum())
    assert int(line.lengths) == path.episode_length.sum()
    assert (path.episode_length[path.truncated][:8] > 0).all()


@pytest.mark.parametrize("anneal", [True, False])
def test_the_learning_rate_falls_to_zero_over_the_budget(anneal):
    settings = Settings(envs=4, rollout=4, epochs=2, minibatches=2, anneal=anneal, learning_rate=0.01)
    optimiser = PPO(Batch(walks.world(WORLD), 4, 1), settings, event_constant(), 5)._optimiser(
        Rates.of(settings)
    )
    weights = {"a": jnp.zeros(3)}
    state, sizes = optimiser.init(weights), []
    for _ in range(5 * 2 * 2):
        change, state = optimiser.update({"a": jnp.ones(3)}, state, weights)
        sizes.append(float(-change["a"][0]))
    want = 0.01 * (1 - np.arange(20) / 20) if anneal else np.full(20, 0.01)
    np.testing.assert_allclose(sizes, want, rtol=1e-3)


def test_copies_state_has_a_row_for_each_copy(told):
    assert isinstance(told.copies, Copies)
    assert all(x.shape[0] == COPIES for x in jax.tree.leaves(told.copies))
