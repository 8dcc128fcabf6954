"""The full Craftax here and craftax's own environment, step for step on every floor; what the captioner tells of it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import walks

pytest.importorskip("craftax")
from craftax.craftax.constants import ACHIEVEMENT_REWARD_MAP, Achievement
from craftax.craftax_env import make_craftax_env_from_name

from outrider.worlds.craftax.captions import SLOTS
from outrider.worlds.craftax.full_words import FULL
from outrider.worlds.craftax.words import ACHIEVEMENTS, CODE, MELEE, RANGED

pytestmark = pytest.mark.long  # a minute and more to compile

WORLD = "craftax/full"
COPIES, LENGTH = 36, 200
FLOORS = 9


def lively(key, state):
    """Mostly walking and doing; else any action, up and down stairs often."""
    any_key, act_key, which_key = jax.random.split(key, 3)
    busy = jax.random.randint(act_key, (), 1, 6)
    stairs = jnp.where(busy > 3, 18, 19)
    chance = jax.random.uniform(which_key)
    other = jnp.where(chance > 0.9, stairs, jax.random.randint(any_key, (), 0, 43))
    return jnp.where(chance < 0.55, busy, other)


def rich(state, key, floor):
    """The same world with the player on some floor, at a ladder, with things in hand, at any hour."""
    keys = jax.random.split(key, 4)
    bag = state.inventory
    counts = {
        name: jax.random.randint(jax.random.fold_in(keys[0], i), jnp.shape(getattr(bag, name)), 0, most + 1)
        for i, (name, most) in enumerate(
            dict(wood=20, stone=20, coal=9, iron=9, diamond=9, sapling=9, pickaxe=4, sword=4, bow=1, arrows=9, armour=2,
                 torches=9, ruby=9, sapphire=9, potions=3, books=2).items()
        )
    }  # fmt: skip
    at_down = jax.random.bernoulli(keys[1])
    place = jnp.where(at_down & (floor < 8), state.down_ladders[floor], state.up_ladders[floor])
    place = jnp.where(floor == 0, jnp.where(at_down, state.down_ladders[0], state.player_position), place)
    return state.replace(
        inventory=bag.replace(**counts),
        player_level=floor,
        player_position=place,
        player_mana=jax.random.randint(keys[2], (), 0, 10),
        player_energy=jax.random.randint(keys[2], (), 1, 10),
        player_xp=2,
        learned_spells=jax.random.bernoulli(keys[3], shape=(2,)),
        monsters_killed=jnp.where(jax.random.bernoulli(keys[2]), 8, 7).repeat(FLOORS).at[0].set(10),
        boss_progress=jnp.where(floor == 8, jax.random.randint(keys[3], (), 0, 8), 0),
        timestep=jax.random.randint(keys[3], (), 0, 600),
    )


@pytest.fixture(scope="module")
def both():
    """Episodes stepped by both from the same states with the same keys and actions; craftax's own go on."""
    world, theirs = walks.world(WORLD), make_craftax_env_from_name("Craftax-Symbolic-v1", auto_reset=False)
    params = theirs.default_params

    def one(state, key):
        act_key, step_key = jax.random.split(key)
        action = lively(act_key, state)
        ours = world.step(step_key, state, action)
        obs, after, reward, done, _ = theirs.step_env(step_key, state, action, params)
        after = after.replace(state_rng=state.state_rng)  # for pixels at night only
        after = jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), after, state)
        same = jax.tree.map(lambda a, b: (a == b).all(), ours.state, after)
        told = {
            "same": jnp.stack(jax.tree.leaves(same)),
            "obs": (ours.obs.vector == obs).all(),
            "reward": (ours.reward, reward),
            "done": (ours.terminated, ours.truncated, done),
            "before": state.achievements,
            "achievements": after.achievements,
            "events": ours.events,
            "action": action,
            "floor": jnp.stack([state.player_level, after.player_level]),
            "health": jnp.stack([state.player_health, after.player_health]),
            "killed": jnp.stack([s.monsters_killed[after.player_level] for s in (state, after)]),
            "situation": world.situation(after),
        }
        return after, told

    def episodes(key):
        reset_key, rich_key, steps_key = jax.random.split(key, 3)
        states = jax.lax.map(lambda k: world.reset(k)[0], jax.random.split(reset_key, COPIES))
        floors = jnp.arange(COPIES) % FLOORS
        richer = jax.vmap(rich)(states, jax.random.split(rich_key, COPIES), floors)
        states = jax.tree.map(lambda new, old: jnp.asarray(new, old.dtype), richer, states)
        step = lambda s, k: jax.vmap(one)(s, jax.random.split(k, COPIES))  # noqa: E731
        return jax.lax.scan(step, states, jax.random.split(steps_key, LENGTH))[1]

    return jax.device_get(jax.jit(episodes, compiler_options=walks.QUICK)(jax.random.key(3)))


def test_every_step_is_craftaxs_own(both):
    names = [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(
        jax.eval_shape(walks.world(WORLD).reset, jax.eval_shape(lambda: jax.random.key(0)))[0])]  # fmt: skip
    wrong = np.argwhere(~both["same"])
    assert not len(wrong), [(when, names[leaf]) for *when, leaf in wrong[:9].tolist()]
    assert both["obs"].all()
    np.testing.assert_allclose(*both["reward"], atol=1e-6)
    terminated, truncated, done = both["done"]
    np.testing.assert_array_equal(terminated | truncated, done)


def test_the_episodes_show_what_there_is_to_compare(both):
    new = (both["achievements"] & ~both["before"]).any((0, 1))
    assert new.sum() >= 35, [FULL.names[k] for k in np.flatnonzero(~new)]
    assert set(np.unique(both["floor"])) == set(range(FLOORS))
    assert set(np.unique(both["action"])) == set(range(43))
    assert both["done"][0].any()


def test_events_are_the_achievements_of_the_step(both):
    names = [""] * len(Achievement)
    for achievement in Achievement:
        names[achievement.value] = achievement.name.lower().replace("_", " ")
    assert [name for name, _ in ACHIEVEMENTS] == names
    assert int(ACHIEVEMENT_REWARD_MAP.sum()) == walks.world(WORLD).facts.most
    new = (both["achievements"] & ~both["before"]).reshape(-1, 67)
    for achieved, codes in zip(new, both["events"].reshape(-1, SLOTS), strict=True):
        told = {code for code in codes.tolist() if 0 < code <= 67}
        reached = (np.flatnonzero(achieved) + 1).tolist()
        assert told == set(reached[-2:])


def test_what_is_told_beside_achievements_shows_in_the_state(both):
    codes = both["events"].reshape(-1, SLOTS)
    told = lambda name: (codes == CODE[name]).any(-1)  # noqa: E731
    had = both["before"].reshape(-1, 67)
    for name in FULL.again:
        assert had[told(f"{name} again")][:, FULL.names.index(name)].all(), name
    said = {name for name in (*(f"{n} again" for n in FULL.again), *FULL.others) if told(name).any()}
    assert len(said) >= 45, sorted(said)
    lost = np.diff(both["health"].reshape(-1, 2), axis=-1)[:, 0] < 0
    felt = ("hurt by melee", "hurt by projectile", "hurt by need", "drink potion", "drink potion again")
    np.testing.assert_array_equal(np.any([told(name) for name in felt], axis=0) & lost, lost)
    assert {"left up", "ladder opened", "hurt by melee", "hurt by projectile", "rested", "night fell"} <= said
    floors, killed = both["floor"].reshape(-1, 2), both["killed"].reshape(-1, 2)
    np.testing.assert_array_equal(told("left up"), floors[:, 1] < floors[:, 0])
    np.testing.assert_array_equal(told("ladder opened"), (killed[:, 0] < 8) & (killed[:, 1] >= 8))
    defeats = np.zeros(len(codes), bool)
    for mob in MELEE + RANGED:
        name = {"orc soldier": "orc solider", "knight archer": "archer"}.get(mob, mob)
        defeats |= told(f"defeat {name}") | told(f"defeat {name} again")
    assert (killed[:, 1] > killed[:, 0])[defeats].all()
    assert defeats.sum() >= 0.95 * (killed[:, 1] > killed[:, 0]).sum()


def test_situations_tell_the_floor_and_are_sentences(both):
    from outrider.worlds.names import situation_text

    rows = np.unique(both["situation"].reshape(-1, both["situation"].shape[-1]), axis=0)
    texts = [situation_text(WORLD, tuple(row)) for row in rows.tolist()]
    assert len(set(texts)) == len(rows) > 500
    assert set(rows[:, 0]) == set(range(FLOORS))
    assert any("in the ice realm" in text for text in texts)
