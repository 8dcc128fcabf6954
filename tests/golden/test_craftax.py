"""Craftax-Classic here and craftax's own environment, step for step; what the captioner tells of it."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import walks

pytest.importorskip("craftax")
from craftax.craftax_classic import game_logic
from craftax.craftax_classic.constants import Achievement
from craftax.craftax_env import make_craftax_env_from_name

from outrider.worlds.craftax.captions import SLOTS
from outrider.worlds.craftax.classic import SIZES
from outrider.worlds.craftax.classic_words import CLASSIC
from outrider.worlds.craftax.spawn import spawn_mobs
from outrider.worlds.craftax.words import ACHIEVEMENTS, CODE
from outrider.worlds.facts import share_of_maximum
from outrider.worlds.names import check_world

WORLD = "craftax/classic"
COPIES, LENGTH = 16, 160


def lively(key, state):
    """Mostly the actions that get somewhere: walking and doing, sometimes any other; full hands where it cheats."""
    any_key, act_key, which_key = jax.random.split(key, 3)
    busy = jax.random.randint(act_key, (), 1, 6)
    return jnp.where(jax.random.bernoulli(which_key, 0.7), busy, jax.random.randint(any_key, (), 0, 17))


def rich(state, key):
    """The same world with things in hand, at any hour: so crafting, placing and nights are tested too."""
    many = jax.random.randint(key, (12,), 0, 10)
    names = list(state.inventory.__dataclass_fields__)
    held = state.inventory.replace(**{name: many[i] for i, name in enumerate(names)})
    hour = jax.random.randint(key, (), 0, 600)
    return state.replace(inventory=held, timestep=hour, player_energy=many[0])


@pytest.fixture(scope="module")
def both():
    """Episodes stepped by both from the same states with the same keys and actions; craftax's own go on."""
    world, theirs = (
        walks.world(WORLD),
        make_craftax_env_from_name("Craftax-Classic-Symbolic-v1", auto_reset=False),
    )
    params = theirs.default_params
    alone = replace(world, facts=check_world(f"{WORLD}+only=collect-wood")[0])

    def one(state, key):
        act_key, step_key = jax.random.split(key)
        action = lively(act_key, state)
        ours = world.step(step_key, state, action)
        only = alone.step(step_key, state, action)
        obs, after, reward, done, _ = theirs.step_env(step_key, state, action, params)
        after = after.replace(state_rng=state.state_rng)  # for pixels at night only
        after = jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), after, state)
        same = jax.tree.map(lambda a, b: (a == b).all(), ours.state, after)
        told = {
            "same": jnp.stack(jax.tree.leaves(same)).all(),
            "obs": (ours.obs.vector, obs),
            "reward": (ours.reward, reward),
            "done": (ours.terminated, ours.truncated, done),
            "only": (only.reward, only.terminated, (only.obs.vector == ours.obs.vector).all()),
            "achieved": after.achievements & ~state.achievements,
            "before": state.achievements,
            "achievements": after.achievements,
            "bag": {
                name: jnp.stack([getattr(s.inventory, name) for s in (state, after)])
                for name in ("wood", "stone", "coal", "iron", "diamond", "sapling")
            },
            "life": jnp.stack([state.player_health, after.player_health]),
            "light": jnp.stack([state.light_level, after.light_level]),
            "events": ours.events,
            "mobs": sum(m.mask.sum() for m in (after.cows, after.zombies, after.skeletons)),
            "health": after.player_health,
        }
        return after, told

    def episodes(key):
        reset_key, rich_key, steps_key = jax.random.split(key, 3)
        states = jax.vmap(lambda k: world.reset(k)[0])(jax.random.split(reset_key, COPIES))
        some = jnp.arange(COPIES) % 2 == 0
        richer = jax.vmap(rich)(states, jax.random.split(rich_key, COPIES))
        richer = jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), richer, states)
        states = jax.tree.map(
            lambda a, b: jnp.where(some.reshape(-1, *[1] * (a.ndim - 1)), a, b),
            richer.replace(state_rng=states.timestep),
            states.replace(state_rng=states.timestep),
        ).replace(state_rng=states.state_rng)
        step = lambda s, k: jax.vmap(one)(s, jax.random.split(k, COPIES))  # noqa: E731
        return jax.lax.scan(step, states, jax.random.split(steps_key, LENGTH))[1]

    return jax.device_get(jax.jit(episodes, compiler_options=walks.QUICK)(jax.random.key(3)))


def test_every_step_is_craftaxs_own(both):
    assert both["same"].all(), np.argwhere(~both["same"])[:5]
    np.testing.assert_array_equal(*both["obs"])
    np.testing.assert_allclose(*both["reward"], atol=1e-6)
    terminated, truncated, done = both["done"]
    np.testing.assert_array_equal(terminated | truncated, done)


def test_the_episodes_show_what_there_is_to_compare(both):
    assert both["obs"][0].shape == (LENGTH, COPIES, 1345)
    assert both["obs"][0].dtype == np.float32
    assert both["done"][0].any()
    assert both["mobs"].max() >= 6
    assert both["achieved"].any((0, 1)).sum() >= 14  # of 22
    assert (np.diff(both["health"], axis=0) < 0).any()


def test_events_are_the_achievements_of_the_step(both):
    names = [achievement.name.lower().replace("_", " ") for achievement in Achievement]
    assert [name for name, _ in ACHIEVEMENTS][:22] == names
    most = 0
    for achieved, codes in zip(
        both["achieved"].reshape(-1, 22), both["events"].reshape(-1, SLOTS), strict=True
    ):
        assert {code for code in codes.tolist() if 0 < code <= 22} == set(
            (np.flatnonzero(achieved) + 1).tolist()
        )
        most = max(most, achieved.sum())
    assert most >= 1


def test_what_is_rewarded_alone_comes_once_and_ends_the_episode(both):
    """The option changes rewards, ends and facts, and nothing else."""
    reward, ended, same = both["only"]
    reached = both["achieved"][..., 0]  # wood
    assert reached.any()
    np.testing.assert_array_equal(reward, reached.astype(np.float32))
    np.testing.assert_array_equal(ended, both["done"][0] | reached)
    assert same.all()
    facts, _ = check_world(f"{WORLD}+only=collect-wood")
    assert (facts.mission, facts.solved_above, facts.horizon) == ("collect wood", 0.5, 10_000)
    assert share_of_maximum(facts, 0.5) == 0.5
    assert check_world("craftax/full+only=enter-sewers")[0].mission == "enter the sewers"


def test_what_is_told_again_was_reached_before_and_shows_in_the_state(both):
    """Each event beyond achievements beside a trace that the captioner does not read: counts, the health, the clock."""
    codes = both["events"].reshape(-1, SLOTS)
    told = lambda name: (codes == CODE[name]).any(-1)  # noqa: E731
    had, has = (both[when].reshape(-1, 22) for when in ("before", "achievements"))
    again = 0
    for name in CLASSIC.again:
        k = CLASSIC.names.index(name)
        assert had[told(f"{name} again")][:, k].all(), name
        assert has[told(name)][:, k].all()
        again += told(f"{name} again").any()
    assert again >= 9
    bag = {name: counts.reshape(-1, 2) for name, counts in both["bag"].items()}
    for name in ("wood", "stone", "coal", "iron", "diamond", "sapling"):
        collected = told(f"collect {name}") | told(f"collect {name} again")
        rose = bag[name][:, 1] > bag[name][:, 0]
        full = (bag[name] == 9).all(-1)
        np.testing.assert_array_equal(collected[~full], rose[~full], err_msg=name)
    lost = np.diff(both["life"].reshape(-1, 2), axis=-1)[:, 0] < 0
    hurt = told("hurt by zombie") | told("hurt by arrow") | told("hurt by need") | told("hurt by lava")
    np.testing.assert_array_equal(hurt & lost, lost)
    assert told("hurt by zombie").any()
    assert told("hurt by arrow").any()
    dark = both["light"].reshape(-1, 2) < 0.5
    np.testing.assert_array_equal(told("night fell"), ~dark[:, 0] & dark[:, 1])
    np.testing.assert_array_equal(told("day broke"), dark[:, 0] & ~dark[:, 1])


def test_the_horizon_truncates_and_death_terminates():
    world = walks.world(WORLD)
    state, _ = world.reset(jax.random.key(0))
    step = jax.jit(world.step, compiler_options=walks.QUICK)
    last = state.replace(timestep=jnp.int32(world.horizon - 1))
    dying = state.replace(player_health=jnp.int32(0))
    ends = [
        step(jax.random.key(1), s, 0) for s in (state, last, dying, dying.replace(timestep=last.timestep))
    ]
    assert [(bool(e.terminated), bool(e.truncated)) for e in ends] == [
        (False, False), (False, True), (True, False), (True, False)
    ]  # fmt: skip


def test_mobs_spawn_where_craftax_spawns_them():
    """Crowded chances, corners of the map and every kind of ground: each spawns, and the same as craftax's function."""
    world = walks.world(WORLD)
    params = world.params.replace(
        spawn_cow_chance=0.9, spawn_zombie_base_chance=0.9, spawn_skeleton_chance=0.9
    )
    rng = np.random.default_rng(0)
    state, _ = world.reset(jax.random.key(0))
    n = 400
    grounds = np.where(rng.random((n, 64, 64)) < rng.random((n, 1, 1)), rng.choice([2, 7], (n, 64, 64)), 4)
    states = jax.tree.map(lambda x: jnp.stack([x] * n), state).replace(
        map=jnp.asarray(grounds, state.map.dtype),
        player_position=jnp.asarray(rng.choice([0, 3, 9, 32, 55, 63], (n, 2)), jnp.int32),
        mob_map=jnp.asarray(rng.random((n, 64, 64)) < 0.2),
    )
    keys = walks.keys(5, n)
    ours = jax.jit(jax.vmap(lambda s, k: spawn_mobs(s, k, params)))(states, keys)
    theirs = jax.jit(jax.vmap(lambda s, k: game_logic.spawn_mobs(s, k, params, SIZES)))(states, keys)
    for name in ("cows", "zombies", "skeletons", "mob_map"):
        a, b = getattr(ours, name), getattr(theirs, name)
        jax.tree.map(np.testing.assert_array_equal, a, b)
    for name in ("cows", "zombies", "skeletons"):
        assert getattr(ours, name).mask.sum() > n / 4
