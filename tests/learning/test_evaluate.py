"""The evaluation counts each fresh episode once, played to its end: compared with a loop that plays and keeps books."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import walks
from outrider.learn.evaluate import EPISODES, solved
from outrider.learn.settings import Settings
from outrider.learn.train import learner_for
from outrider.ops.distribution import sample
from outrider.types import Atlas
from outrider.worlds.batch import Batch

WORLD = "minigrid/unlock-pickup"


def test_evaluation_equals_a_loop_over_whole_episodes():
    learner = learner_for(WORLD, Settings(), "none", updates=1)
    world = learner.batch.world
    blank = Atlas(jnp.zeros(world.codes), jnp.zeros(world.codes, bool))
    network = learner.init(jax.random.key(3), blank).network
    key = jax.random.key(11)
    counted, returned = map(float, jax.jit(lambda n, k: solved(n, world, k))(network, key))

    batch = Batch(world, EPISODES, fresh=1)
    reset_key, steps_key = jax.random.split(key)
    copies, obs = jax.jit(partial(batch.reset, stagger=False), compiler_options=walks.QUICK)(reset_key)

    @jax.jit
    def advance(copies, obs, key):
        act_key, world_key = jax.random.split(key)
        return batch.step(world_key, copies, sample(act_key, network.act((), obs, None)[0]))

    first_end = np.full(EPISODES, -1)
    won, earned = np.zeros(EPISODES, bool), np.zeros(EPISODES)
    for t, step_key in enumerate(jax.random.split(steps_key, world.horizon)):
        after = advance(copies, obs, step_key)
        ended = np.asarray(after.terminated | after.truncated) & (first_end < 0)
        first_end[ended] = t
        won |= ended & np.asarray(after.terminated)
        earned += np.where(ended, after.episode_return, 0.0)
        copies, obs = after.copies, after.obs

    assert (first_end >= 0).all()  # every episode was played to its end
    assert (
        first_end[~won] == world.horizon - 1
    ).all()  # and from its beginning: failures last the whole horizon
    assert 0 < counted == won.sum() < EPISODES
    assert returned == pytest.approx(earned.mean(), rel=1e-5)
