"""The update of a host's rollout: bit for bit the device's where nothing is masked, and retold in NumPy where it is."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from jax.flatten_util import ravel_pytree

import counting
import walks
from outrider.explore.signal import nothing
from outrider.learn import host_collect, host_learner
from outrider.learn.act import actor_of
from outrider.learn.collect import Marks, next_value
from outrider.learn.collect import collect as device_collect
from outrider.learn.ppo import PPO
from outrider.learn.settings import Settings
from outrider.types import Atlas
from outrider.worlds.batch import Batch
from outrider.worlds.host import GymnasiumWorlds

LENGTH, COPIES = 24, 6
ONE_STEP = {"epochs": 1, "minibatches": 1, "anneal": False, "learning_rate": 1.0, "gradient_norm": 1e-4}


@pytest.mark.parametrize("memory", ["none", "gru"])
def test_without_a_mask_the_update_is_the_devices_bit_for_bit(memory):
    settings = Settings(envs=8, rollout=16, epochs=2, minibatches=2, width=16, memory=memory)
    world = walks.world("minigrid/doorkey-8x8")
    ppo = PPO(Batch(world, 8, 1), settings, nothing(), updates=3)
    atlas = Atlas(jnp.zeros(world.codes), jnp.zeros(world.codes, bool))
    learner = jax.jit(ppo.init, compiler_options=walks.QUICK)(jax.random.key(1), atlas)
    clock = jnp.where(jnp.arange(8) < 3, world.horizon - 5, 0)  # some are truncated on the way
    grid = learner.copies.world.grid._replace(clock=clock)
    copies = learner.copies._replace(world=learner.copies.world._replace(grid=grid))
    begin = (learner.network, copies, learner.sight, jax.random.key(2))
    rollout = jax.jit(lambda *begin: device_collect(ppo.batch, *begin, 16), compiler_options=walks.QUICK)(
        *begin
    )
    assert rollout.trajectory.truncated.sum() == 3
    done = rollout.trajectory.terminated | rollout.trajectory.truncated
    restart = jnp.concatenate([rollout.begin.restart[None], done[:-1]])
    following = jax.jit(next_value)(learner.network, rollout)
    learn = jax.jit(lambda learner, rollout: ppo.learn(learner, rollout, jax.random.key(3)))

    def learnt(valid):
        marks = Marks(valid, restart, following)
        learner_after, line = learn(learner, rollout._replace(marks=marks))
        return np.asarray(ravel_pytree(learner_after.network)[0]), float(line.loss)

    after, line = learn(learner, rollout)
    plain = np.asarray(ravel_pytree(after.network)[0])
    no_mask, loss = learnt(None)  # of worlds that never idle
    np.testing.assert_array_equal(no_mask, plain)
    assert loss == line.loss
    all_acted, loss = learnt(jnp.ones_like(done))
    if memory == "none":
        np.testing.assert_array_equal(all_acted, plain)
    else:  # XLA sums the memory's steps in another order beside weights
        np.testing.assert_allclose(all_acted, plain, atol=1e-6)
    assert loss == pytest.approx(float(line.loss), abs=1e-6)
    one_idle, _ = learnt(jnp.ones_like(done).at[3, 2].set(False))
    assert np.abs(one_idle - plain).max() > 1e-5


def filled(mode, memory="none", looks=False):
    """A learner, and the rollout that two groups of counting worlds leave."""
    settings = Settings(envs=COPIES, rollout=LENGTH, width=16, memory=memory, **ONE_STEP)
    worlds = [GymnasiumWorlds(counting.vector(mode, first=3 * g), "gymnasium/Counting") for g in range(2)]
    ppo = host_learner.learner_for(worlds[0], settings, 1)
    learner = host_learner.init(ppo, worlds[0], jax.random.key(7))
    learner = learner._replace(network=jax.tree.map(lambda x: x * 2, learner.network))
    groups = host_collect.begin(worlds, [learner.network.start(3)] * 2, [0, 0])
    page = host_collect.pages(groups, LENGTH, looks)
    parameters, key = ravel_pytree(learner.network)[0], jax.random.key(4)
    before = host_collect.Before(0, COPIES, 0)
    rollout = host_collect.collect(actor_of(learner.network), parameters, groups, page, key, before)
    return ppo, learner, rollout


@pytest.mark.parametrize("memory", ["none", "gru"])
@pytest.mark.parametrize("mode", AutoresetMode)
def test_every_step_is_bootstrapped_from_what_it_led_to(mode, memory):
    """The value of a step's own next sight, remembered as an agent would that lives through the episode alone."""
    _, learner, rollout = filled(mode, memory)
    path, valid = rollout.trajectory, rollout.marks.valid
    assert (valid is None) == (mode != AutoresetMode.NEXT_STEP)
    valid = np.ones_like(path.truncated) if valid is None else valid
    assert path.truncated.sum() > 8
    act = jax.jit(
        lambda held, row: learner.network.act(held, host_collect._obs(row[None]), jnp.zeros(1, bool))[1:]
    )
    for copy in range(COPIES):
        steps = counting.walk(copy, int(valid[:, copy].sum()))
        held, returned = learner.network.start(1), 0.0
        for t, (now, reward, terminated, truncated, then) in zip(
            np.flatnonzero(valid[:, copy]), steps, strict=True
        ):
            assert tuple(path.obs.vector[t, copy]) == now
            assert (path.reward[t, copy], path.terminated[t, copy], path.truncated[t, copy]) == (
                reward,
                terminated,
                truncated,
            )
            value, held = act(held, np.array(now, np.float32))
            assert path.value[t, copy] == pytest.approx(float(value[0]), abs=1e-4)
            if not terminated:
                ahead = float(act(held, np.array(then, np.float32))[0][0])
                assert rollout.marks.next_value[t, copy] == pytest.approx(ahead, abs=1e-4)
            returned += reward
            if terminated or truncated:
                assert path.episode_return[t, copy] == returned
                assert path.episode_length[t, copy] == then[2]
                held, returned = learner.network.start(1), 0.0


@pytest.mark.parametrize("mode", AutoresetMode)
def test_signals_see_what_every_step_led_to_before_any_reset(mode):
    """The next row, but of a truncated step its episode's final sight and not the next episode's first."""
    *_, rollout = filled(mode, looks=True)
    path, valid = rollout.trajectory, rollout.marks.valid
    valid = np.ones_like(path.truncated) if valid is None else valid
    assert path.reached.vector.shape == path.obs.vector.shape
    assert path.reached.grid.shape == path.obs.grid.shape
    cut = 0
    for copy in range(COPIES):
        rows = np.flatnonzero(valid[:, copy])
        for t, (*_, terminated, truncated, then) in zip(rows, counting.walk(copy, len(rows)), strict=True):
            if not terminated:  # after those it has no meaning
                assert tuple(path.reached.vector[t, copy]) == then
            cut += truncated
    assert cut > 8
    assert filled(mode)[-1].trajectory.reached is None  # nobody looks


def slow_advantage(rollout, discount, trace):
    """GAE by a loop over each copy's acted steps alone."""
    path, valid, found = rollout.trajectory, rollout.marks.valid, np.zeros((LENGTH, COPIES))
    for copy in range(COPIES):
        later = 0.0
        for t in reversed(np.flatnonzero(valid[:, copy])):
            ahead = 0.0 if path.terminated[t, copy] else discount * rollout.marks.next_value[t, copy]
            error = path.reward[t, copy] + ahead - path.value[t, copy]
            ended = path.terminated[t, copy] or path.truncated[t, copy]
            later = error + (0.0 if ended else discount * trace * later)
            found[t, copy] = later
    return found


def forward(layers, x):
    """A perceptron in NumPy: its outputs, and what each layer was given."""
    given = []
    for which, layer in enumerate(layers):
        given.append(x)
        x = x @ np.asarray(layer.weight, np.float64) + np.asarray(layer.bias, np.float64)
        x = np.tanh(x) if which + 1 < len(layers) else x
    return x, given


def backward(layers, given, slope):
    """The gradient of each layer's weight and bias, from that of the outputs."""
    found = []
    for which in reversed(range(len(layers))):
        found.append((given[which].T @ slope, slope.sum(0)))
        slope = (slope @ np.asarray(layers[which].weight, np.float64).T) * (1 - given[which] ** 2)
    return found[::-1]


def test_a_masked_update_is_that_of_the_acted_rows_alone():
    """Loss and gradient by hand in NumPy, with the idle rows cut out; then one clipped step of Adam."""
    ppo, learner, rollout = filled(AutoresetMode.NEXT_STEP)
    s, path, acted = ppo.settings, rollout.trajectory, rollout.marks.valid
    assert 0 < (~acted).sum() < acted.sum()
    advantage = slow_advantage(rollout, s.discount, s.trace)[acted]
    target = advantage + path.value[acted]
    gain = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    x, action, n = path.obs.vector[acted].astype(np.float64), path.action[acted], int(acted.sum())

    actor, critic = learner.network.actor.layers, learner.network.critic.layers
    logits, actor_given = forward(actor, x)
    value, critic_given = forward(critic, x)
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    p, chosen = np.exp(log_p), np.eye(logits.shape[-1])[action]
    entropy = -(p * log_p).sum(-1)
    error = value[:, 0] - target
    loss = -gain.mean() + 0.5 * s.value_weight * (error**2).mean() - s.entropy * entropy.mean()
    by_logits = -gain[:, None] * (chosen - p) / n + s.entropy * p * (log_p + entropy[:, None]) / n
    gradient = {
        "actor": backward(actor, actor_given, by_logits),
        "critic": backward(critic, critic_given, s.value_weight * error[:, None] / n),
    }
    norm = np.sqrt(sum((g**2).sum() for part in gradient.values() for pair in part for g in pair))
    assert norm > s.gradient_norm

    after, line = jax.jit(ppo.learn)(learner, rollout, jax.random.key(0))
    assert float(line.loss) == pytest.approx(loss, rel=1e-3)
    assert float(line.entropy) == pytest.approx(entropy.mean(), rel=1e-4)
    for name, part in gradient.items():
        old, new = (getattr(network, name).layers for network in (learner.network, after.network))
        for before, now, pair in zip(old, new, part, strict=True):
            for field, g in zip(("weight", "bias"), pair, strict=True):
                g = g * s.gradient_norm / norm
                want = -s.learning_rate * g / (np.abs(g) + 1e-5)
                found = np.asarray(getattr(now, field)) - np.asarray(getattr(before, field))
                np.testing.assert_allclose(found, want, atol=2e-3 * np.abs(want).max())
