"""What a replayed step is paid: by a count as it stands when the step is drawn, or else as when it happened."""

from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import walks
from deep_sea import DeepSea
from outrider.explore.combine import anneal, chain, clip, normalise, scale
from outrider.explore.counts import count, episodic, episodic_count
from outrider.explore.events import event_constant
from outrider.explore.rnd import rnd
from outrider.explore.signal import Ground, nothing
from outrider.learn.collect import collect
from outrider.learn.dqn import DQN
from outrider.learn.q_settings import DQNSettings
from outrider.learn.replay import draw
from outrider.ops.distribution import Discrete
from outrider.types import Atlas, Transition
from outrider.worlds.batch import Batch
from wandering import atlas, ground, rollout

KEY = jax.random.key(5)


def steps_of(path):
    """A rollout's steps, taken out of it."""
    steps = Transition(path.obs, path.action, path.reward, path.terminated, path.reached, path.situation)
    return jax.tree.map(lambda x: jnp.asarray(x).reshape(path.reward.size, *x.shape[2:]), steps)


def after(signal, seeds=range(3)):
    """A signal's state after some rollouts."""
    state = signal.init(KEY, atlas())
    for seed in seeds:
        state, _ = signal.update(state, rollout(seed), KEY)
    return state


@pytest.mark.parametrize("of", ["observations", "situations"])
def test_counts_pay_old_steps_by_the_visits_so_far(of):
    signal, met = count(ground(), of, scale=0.5), Counter()
    for seed in range(3):
        met.update(np.asarray(rollout(seed).situation[..., 0]).ravel().tolist())
    steps = steps_of(rollout(0))
    want = [0.5 / np.sqrt(met[place]) for place in np.asarray(steps.situation[:, 0]).tolist()]
    want = np.where(steps.terminated, 0, want)
    found = signal.again(after(signal), steps)
    np.testing.assert_allclose(found, want, rtol=1e-6)
    first = np.asarray(signal.bonus(signal.init(KEY, atlas()), rollout(0))).ravel()
    assert found.sum() < 0.7 * first.sum()  # what was paid then is stale


def test_rnd_pays_old_steps_by_what_it_has_learned():
    signal, path = rnd(ground()), rollout(0)
    state = after(signal)
    np.testing.assert_allclose(
        signal.again(state, steps_of(path)), signal.bonus(state, path).ravel(), rtol=1e-5, atol=1e-7
    )


def test_what_stands_around_a_signal_pays_again_as_it_pays():
    steps = steps_of(rollout(1))
    one, seen = count(ground()), count(ground(), "situations")
    paid = one.again(after(one), steps)
    found = scale(one, 3.0)
    np.testing.assert_allclose(found.again(after(found), steps), 3 * paid)
    found = clip(one, 0.015)
    np.testing.assert_allclose(found.again(after(found), steps), jnp.minimum(paid, 0.015))
    assert 0 < (paid < 0.015).sum() < len(paid)
    found = anneal(one, 4 * rollout(0).reward.size)
    np.testing.assert_allclose(found.again(after(found), steps), 0.25 * paid, rtol=1e-5)
    found = normalise(one, ground())
    state = after(found)
    np.testing.assert_allclose(
        found.again(state, steps), paid / np.sqrt(float(state.moments.variance) + 1e-8), rtol=1e-5
    )
    found = chain(one, seen, nothing())
    both = paid + seen.again(after(seen), steps)
    np.testing.assert_allclose(found.again(after(found), steps), both, rtol=1e-6)


def test_what_depends_on_its_episode_is_not_paid_again():
    one, other = count(ground()), episodic_count(ground())
    for signal in (other, event_constant(), episodic(one, ground()), chain(one, other), scale(other, 2.0)):
        assert signal.again is None


SETTINGS = DQNSettings(envs=4, rollout=6, minibatches=1, rows=32, warmup=24, capacity=512, width=8)


def loss_by_hand(signal, paid):
    """The losses of a few updates, and the same from the rows drawn, `paid` by the bonus then and now: [update, 2]."""
    world = DeepSea(5)
    dqn = DQN(Batch(world, 4, fresh=1), SETTINGS, signal, updates=6)
    state = jax.jit(dqn.init, compiler_options=walks.QUICK)(KEY, Atlas(jnp.zeros(1), jnp.zeros(1, bool)))
    roll = jax.jit(
        lambda now, key: collect(dqn.batch, now.network, now.copies, now.sight, key, SETTINGS.rollout),
        compiler_options=walks.QUICK,
    )
    learn = jax.jit(dqn.learn, compiler_options=walks.QUICK)
    met, kept, losses = Counter(), [], []
    for key in jax.random.split(KEY, 6):
        path = roll(state, key)
        steps = steps_of(path.trajectory)
        cells = [tuple(cell) for cell in np.asarray(steps.situation).tolist()]
        then = np.asarray(signal.bonus(state.signal, path.trajectory)).ravel()
        met.update(cells)
        kept += list(zip(cells, np.asarray(steps.reward), then, np.asarray(steps.terminated), strict=True))
        network, target = state.network.values, state.target
        state, line = learn(state, path, key)
        where = state.replay._replace(rows=jnp.arange(SETTINGS.capacity))
        draw_key = jax.random.split(jax.random.split(key)[1], 1)[0]
        drawn, part = draw(where, draw_key, SETTINGS.rows), draw(state.replay, draw_key, SETTINGS.rows)
        reward = [paid(kept[row], met) for row in drawn.tolist()]
        part = part._replace(reward=jnp.asarray(reward, jnp.float32))
        losses.append((float(line.loss), float(dqn.loss(network, target, state.rates, part))))
    return np.array(losses)


def test_dqn_learns_from_what_drawn_steps_are_worth_now():
    here = Ground(4, lambda obs: obs.vector, 25, Discrete(2))

    def now(row, met):
        cell, reward, _, terminated = row
        return reward + (0 if terminated else 1 / np.sqrt(met[cell]))

    losses = loss_by_hand(count(here, scale=1.0), now)
    np.testing.assert_allclose(losses[:, 0], losses[:, 1], rtol=1e-4)
    stale = loss_by_hand(count(here, scale=1.0), lambda row, met: row[1] + row[2])
    assert (np.abs(stale[2:, 0] - stale[2:, 1]) > 1e-2 * stale[2:, 0]).all()


def test_dqn_keeps_what_an_episodes_visits_were_paid():
    here = Ground(4, lambda obs: obs.vector, 25, Discrete(2))
    losses = loss_by_hand(episodic_count(here, scale=1.0), lambda row, met: row[1] + row[2])
    np.testing.assert_allclose(losses[:, 0], losses[:, 1], rtol=1e-4)
