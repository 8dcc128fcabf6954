"""Synchronous learners: what N of them do with their shares of the worlds is what one does with all."""

from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import PartitionSpec as Spec

import walks
from buttons import Buttons
from outrider.errors import OutriderError
from outrider.explore.events import event_count
from outrider.learn.collect import Rollout, collect
from outrider.learn.ppo import PPO, SHARES
from outrider.learn.pqn import PQN
from outrider.learn.q_settings import PQNSettings
from outrider.learn.settings import Settings
from outrider.learn.team import AXIS, mesh, place, spread
from outrider.learn.train import train
from outrider.types import Atlas
from outrider.worlds.batch import Batch

WORLD = "minigrid/doorkey-8x8"
SETTINGS = Settings(envs=16, rollout=32, epochs=3, minibatches=1, width=16)
ROLLOUT_SHARES = Rollout(*[Spec(AXIS)] * 4, Spec(None, AXIS))
ONE_SHARES = jax.tree.map(lambda spec: Spec(*spec[1:]), SHARES)  # of one learner, not a group


SMALL = {"envs": 8, "rollout": 16, "epochs": 2, "minibatches": 1, "width": 8}
KINDS = {
    "ppo": (PPO, walks.world(WORLD), SETTINGS),
    "gru": (PPO, Buttons(3), Settings(**SMALL, memory="gru")),
    "pqn": (PQN, Buttons(3), PQNSettings(**SMALL, learning_rate=0.1)),
}


def made(learners, kind="ppo"):
    """A learner or a team, guided by counts of events, all of weight 1."""
    algorithm, world, settings = KINDS[kind]
    settings = replace(settings, learners=learners)
    return algorithm(Batch(world, settings.envs, fresh=4), settings, event_count(), updates=4)


@cache
def rolled(kind="ppo"):
    """What `begun` gives, compiled quickly."""
    return begun(kind, walks.QUICK)


def begun(kind="ppo", options=None):
    """A learner after its first update, a rollout of all its worlds, and a key."""
    one = made(1, kind)
    codes, length = one.batch.world.codes, one.settings.rollout
    start = one.init(jax.random.key(0), Atlas(jnp.ones(codes), jnp.ones(codes, bool)))
    learner, _ = jax.jit(one.update, compiler_options=options)(start)
    rollout = jax.jit(
        lambda k: collect(one.batch, learner.network, learner.copies, learner.sight, k, length),
        compiler_options=options,
    )
    return learner, rollout(jax.random.key(1)), jax.random.key(2)


def learnt(size, kind, learner, rollout, key):
    """What a team on so many devices learns from a rollout, and the line of it."""
    team, devices = made(size, kind), mesh(size)
    learn = jax.shard_map(
        lambda *given: team.learn(*given, key),
        mesh=devices,
        in_specs=(ONE_SHARES, ROLLOUT_SHARES),
        out_specs=(ONE_SHARES, Spec()),
        check_vma=False,
    )
    learn = jax.jit(learn, compiler_options=walks.QUICK)
    return learn(place(learner, devices, ONE_SHARES), place(rollout, devices, ROLLOUT_SHARES))


@pytest.mark.parametrize(("kind", "size"), [("ppo", 2), ("ppo", 4), ("gru", 2), ("pqn", 4)])
def test_a_team_learns_what_one_learner_does_from_the_same_data(kind, size):
    learner, rollout, key = rolled(kind)
    learn = jax.jit(made(1, kind).learn, compiler_options=walks.QUICK)
    want, want_line = learn(learner, rollout, key)
    found, line = learnt(size, kind, learner, rollout, key)
    moved = [
        np.abs(a - b).max()
        for a, b in zip(jax.tree.leaves(want.network), jax.tree.leaves(learner.network), strict=True)
        if a.ndim  # epsilon is none that is learned
    ]
    assert min(moved) > 1e-3
    for a, b in zip(jax.tree.leaves(want), jax.tree.leaves(found), strict=True):
        if jnp.issubdtype(a.dtype, jax.dtypes.prng_key):
            a, b = jax.random.key_data(a), jax.random.key_data(b)
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), atol=2e-5, rtol=1e-4)
    for a, b in zip(want_line, line, strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), atol=1e-5, rtol=1e-4)


def test_each_device_keeps_the_same_parameters():
    """What is common stays common, bit for bit, without ever being sent around."""
    learner, _, _ = rolled("ppo")
    group = jax.tree.map(lambda x: x[None], learner)
    team, devices = made(4), mesh(4)
    advance = spread(lambda state: jax.lax.map(team.update, state), devices, SHARES)
    after, lines = jax.jit(advance)(place(group, devices, SHARES))
    for leaf in jax.tree.leaves((after.network, after.optimiser, after.signal, after.diary, lines)):
        shards = [np.asarray(shard.data) for shard in leaf.addressable_shards]
        assert len(shards) == 4
        assert all((shard == shards[0]).all() for shard in shards)
    worlds = after.copies.world.grid.cells.addressable_shards
    assert len({np.asarray(shard.data).tobytes() for shard in worlds}) == 4  # each met other chances


def test_a_team_trains_whole_runs_and_repeats_itself():
    settings = replace(SETTINGS, learners=4, minibatches=2)
    runs = [train(WORLD, settings, "none", None, [0, 1], 4 * settings.batch) for _ in range(2)]
    assert runs[0].lines.steps[:, -1].tolist() == [4 * settings.batch] * 2
    for a, b in zip(jax.tree.leaves(runs[0].networks), jax.tree.leaves(runs[1].networks), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_team_trains_in_a_world_without_a_grid():
    """Arrays without elements are nobody's share."""
    pytest.importorskip("gymnax")
    settings = replace(SETTINGS, learners=2, minibatches=2)
    trained = train("gymnax/cartpole", settings, "none", None, [0], 20 * settings.batch)
    assert trained.lines.steps[0, -1] == 20 * settings.batch


def test_more_learners_than_devices_are_refused():
    with pytest.raises(
        OutriderError, match=r"learners = 64 needs 64 devices here, .* JAX_NUM_CPU_DEVICES=64"
    ):
        train(WORLD, replace(SETTINGS, envs=64, learners=64), "none", None, [0], 4096)


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"learners": 3}, "envs = 16 is not divisible by learners = 3"), ({"learners": 0}, "learners is 0")],
)
def test_shares_must_be_whole(changed, said):
    with pytest.raises(OutriderError, match=said):
        replace(SETTINGS, **changed)
