"""A manager and its worker learn what neither does alone: with one of the two standing still it goes worse."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import pytest

import walks
from buttons import Buttons
from outrider.explore.signal import nothing
from outrider.learn.evaluate import EPISODES
from outrider.learn.hierarchy import Hierarchy, subgoals
from outrider.learn.hierarchy_settings import HierarchySettings
from outrider.learn.rates import stacked
from outrider.learn.train import train
from outrider.types import Atlas
from outrider.worlds.batch import Batch

SEEDS = (0, 1, 0, 0)


def rates(settings):
    """Of two learners, and of the controls: a manager that does not learn, a worker that does not."""
    still = [replace(settings, manager_learning_rate=0.0), replace(settings, learning_rate=0.0)]
    return stacked([settings, settings, *still])


def late(lines):
    """Success and length of the episodes that ended in the last fifth, by learner."""
    last = jax.tree.map(lambda x: x[:, -x.shape[1] // 5 :].sum(axis=1), lines)
    return last.successes / last.episodes, last.lengths / last.episodes


def test_buttons_are_pressed_in_their_order():
    settings = HierarchySettings(
        envs=16, rollout=20, option_steps=10, minibatches=2, width=16, depth=1,
        learning_rate=5e-3, manager_learning_rate=2e-3, manager_entropy=0.05,
    )  # fmt: skip
    world = Buttons(5)
    batch = Batch(world, settings.envs, fresh=settings.envs)
    hierarchy = Hierarchy(batch, settings, nothing(), settings.updates(25_000), subgoals(world))

    def run(seed, own):
        start = hierarchy.init(jax.random.key(seed), Atlas(jnp.zeros(4), jnp.zeros(4, bool)), own)
        return jax.lax.scan(lambda one, _: hierarchy.update(one), start, None, length=hierarchy.updates)[1]

    run = jax.jit(jax.vmap(run), compiler_options=walks.QUICK)
    success, length = late(run(jnp.asarray(SEEDS), rates(settings)))
    assert (success[:2] >= 0.8).all(), success
    assert (length[:2] < 12).all(), length
    assert (success[2:] <= 0.5).all(), success


@pytest.mark.long
def test_doorkey_is_solved():
    """A manager that chooses by chance gets there later, since what has occurred is not chosen again."""
    settings = HierarchySettings(envs=32, option_steps=16)
    trained = train("minigrid/doorkey-5x5", settings, "none", None, SEEDS, 60_000, rates=rates(settings))
    success, length = late(trained.lines)
    assert (success[:2] >= 0.95).all(), success
    assert (trained.solved[:2] >= 0.95 * EPISODES).all(), trained.solved
    assert (length[:2] < 0.75 * length[2]).all(), length
    assert success[3] < 0.5
    assert trained.solved[3] < 0.5 * EPISODES
