"""Cloning an expert solves DoorKey-5x5, and the same shown actions in another order do not; recordings are whole."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from outrider.learn.cloning import BC
from outrider.learn.dagger import DAgger
from outrider.learn.demonstrations import by_agent, by_expert, record
from outrider.learn.evaluate import EPISODES, solved
from outrider.learn.imitation import Shown, rows_of
from outrider.learn.imitation_settings import BCSettings, DAggerSettings
from outrider.types import Atlas
from outrider.worlds.batch import Batch
from outrider.worlds.experts import expert_of
from outrider.worlds.registry import make

WORLD = "minigrid/doorkey-5x5"
ATLAS = Atlas(jnp.zeros(1), jnp.zeros(1, bool))
SETTINGS = BCSettings(envs=8, rollout=4)
UPDATES = 150


@cache
def world():
    return make(WORLD)


@cache
def shown(episodes: int = 200):
    return record(world(), by_expert(expert_of(world())), episodes, jax.random.key(1), "expert")


@cache
def cloner():
    """From what is shown to the network that learned it: one compiled program for the proof and its control."""

    def run(shown: Shown, key):
        learner = BC(Batch(world(), SETTINGS.envs, fresh=4), SETTINGS, shown, UPDATES)
        start = learner.init(key, ATLAS)
        end, _ = jax.lax.scan(lambda one, _: learner.update(one), start, None, length=UPDATES)
        return end.network, solved(end.network, world(), jax.random.key(5))

    return jax.jit(run)


def test_recordings_are_whole_episodes_of_a_shortest_way():
    told = shown()
    assert (len(told.ends), told.ends[-1]) == (200, len(told.reward) - 1)
    assert told.terminated[told.ends].all()
    assert not told.truncated.any()
    lengths = np.diff(told.ends, prepend=-1)
    np.testing.assert_allclose(told.returns, 1 - 0.9 * lengths / world().horizon, rtol=1e-5)
    assert 9.4 < lengths.mean() < 10.4  # benchmarks/results/shortest_ways.json: 9.9
    assert (told.reward[~told.terminated] == 0).all()
    # What an episode ends in is its own: flags tell that it has gone through the door; the next one has not.
    assert told.final.vector.sum(1).min() > told.obs.vector[np.append(0, told.ends[:-1] + 1)].sum(1).max()


def test_which_episodes_are_kept_does_not_hang_on_how_many():
    few = record(world(), by_expert(expert_of(world())), 70, jax.random.key(1))
    many = shown()
    for one, other in zip(jax.tree.leaves(few.obs), jax.tree.leaves(many.obs), strict=True):
        np.testing.assert_array_equal(one, other[: len(one)])
    np.testing.assert_array_equal(few.action, many.action[: len(few.action)])
    assert len(few.ends) == 70


def test_cloning_solves_doorkey_and_of_shuffled_actions_only_their_frequencies_are_learned():
    rows = rows_of(shown())
    shuffled = rows._replace(action=jax.random.permutation(jax.random.key(2), rows.action))
    _, (won, returned) = cloner()(rows, jax.random.key(0))
    _, (won_by_chance, by_chance) = cloner()(shuffled, jax.random.key(0))
    assert won >= 0.95 * EPISODES
    assert returned >= 0.9  # 0.96 is a shortest way's
    # Who goes forward as often as the expert, whatever it sees, comes to the goal in about half of the episodes, of
    # 250 steps each, and late: random actions are paid 0.05 (benchmarks/results/random_scores.json).
    assert won_by_chance <= 0.7 * EPISODES
    assert by_chance <= 0.5


@pytest.mark.long
def test_a_policy_shows_as_well_as_an_expert_does():
    network, _ = cloner()(rows_of(shown()), jax.random.key(0))
    own = record(world(), by_agent(network), 64, jax.random.key(3))
    assert (own.returns > 0).mean() > 0.9
    assert len(own.ends) == 64


@pytest.mark.long
def test_dagger_solves_unlock_pickup():
    world, settings = make("minigrid/unlock-pickup"), DAggerSettings()
    learner = DAgger(
        Batch(world, settings.envs, fresh=8), settings, expert_of(world), settings.updates(150_000)
    )

    @jax.jit
    def run(key):
        start = learner.init(key, Atlas(jnp.zeros(world.codes), jnp.zeros(world.codes, bool)))
        end, _ = jax.lax.scan(lambda one, _: learner.update(one), start, None, length=learner.updates)
        return solved(end.network, world, jax.random.key(5))[0]

    assert run(jax.random.key(0)) >= 0.9 * EPISODES
