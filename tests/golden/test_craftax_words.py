"""What both Craftax worlds say of things and fights: nouns that are counted, and nobody defeated who walked away."""

from types import SimpleNamespace

import pytest

from outrider.worlds.craftax import classic_words, full_words
from outrider.worlds.craftax.phrases import MASSES, held
from outrider.worlds.names import situation_text

COUNTED = {
    "diamonds", "sapphires", "rubies", "saplings", "torches", "arrows", "books", "potions", "pieces of armour",
}  # fmt: skip


@pytest.mark.parametrize("spoken", [classic_words.SPOKEN, full_words.SPOKEN], ids=["classic", "full"])
def test_what_is_counted_is_few_and_the_rest_is_little(spoken):
    assert set(spoken) <= {*MASSES, *COUNTED}
    for name in spoken:
        few = "a few" if name in COUNTED else "a little"
        assert held([0], [name]) == []
        assert held([1], [name]) == [f"{few} {name}"]
        assert held([2], [name]) == [f"plenty of {name}"]


def test_situations_of_both_worlds_say_so():
    code = [0] * 15
    code[6:12] = [1, 2, 0, 0, 1, 0]
    assert "you carry a little wood, plenty of stone, a few diamonds;" in situation_text(
        "craftax/classic", tuple(code)
    )
    code = [0] * 26
    code[9:22] = [0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 2, 1]
    told = "you have a little coal, a few rubies, a few torches, plenty of potions, a few pieces of armour;"
    assert told in situation_text("craftax/full", tuple(code))


# Monsters of a floor: where each stands, its type, and whether it lives after the step.
NEAR, NEXT, AWAY = (5, 7), (5, 6), (30, 30)


def monsters(*rows):
    """craftax's monsters of one floor before and after a step, all with one point of health."""
    jnp, mobs = pytest.importorskip("jax.numpy"), pytest.importorskip("craftax.craftax.craftax_state").Mobs
    rows = [*rows, *[((0, 0), 0, None)] * (3 - len(rows))]
    before = mobs(
        position=jnp.array([[place for place, *_ in rows]], jnp.int32),
        health=jnp.ones((1, 3)),
        mask=jnp.array([[lives is not None for *_, lives in rows]]),
        attack_cooldown=jnp.zeros((1, 3), jnp.int32),
        type_id=jnp.array([[kind for _, kind, _ in rows]], jnp.int32),
    )
    return before, before.replace(mask=jnp.array([[bool(lives) for *_, lives in rows]]))


def defeats(melee, ranged, doing=True, boss=False):
    """The names of what was killed when the player at (5, 5) looks at (5, 6)."""
    pytest.importorskip("craftax")
    import jax
    import jax.numpy as jnp
    from craftax.craftax.constants import Action

    from outrider.worlds.craftax.full_fights import SIZES, fights

    (melee, melee_left), (ranged, ranged_left) = monsters(*melee), monsters(*ranged)
    floor = SIZES.num_levels - 1 if boss else 0
    spread = lambda mobs: jax.tree.map(lambda x: jnp.repeat(x, SIZES.num_levels, axis=0), mobs)  # noqa: E731
    common = {
        "player_level": floor,
        "player_position": jnp.array([5, 5]),
        "passive_mobs": spread(monsters()[0]),
    }
    hero = {"player_strength": 1, "player_intelligence": 1, "sword_enchantment": 0}
    hero |= {"inventory": SimpleNamespace(sword=jnp.int32(0))}
    state = SimpleNamespace(**common, **hero, melee_mobs=spread(melee), ranged_mobs=spread(ranged))
    after = SimpleNamespace(**common, melee_mobs=spread(melee_left), ranged_mobs=spread(ranged_left))
    action = jnp.int32(Action.DO.value if doing else Action.NOOP.value)
    found = fights(state, jnp.array(NEXT), action, after)
    return {name for name, killed in found.killed.items() if killed}


def test_a_monster_that_left_the_world_was_not_defeated():
    """In the step in which a blow kills one, another that is too far away is taken out of the world."""
    zombie, skeleton = (NEXT, 0, False), (AWAY, 0, False)
    assert defeats([zombie], [skeleton]) == {"defeat zombie"}
    assert defeats([zombie, (AWAY, 4, False)], []) == {"defeat zombie"}
    assert defeats([], [skeleton]) == set()


def test_an_arrow_is_told_by_whom_it_killed():
    """Not by the one that left in that step, of the same kind or of another."""
    assert defeats([], [(NEAR, 0, False)], doing=False) == {"defeat skeleton"}
    assert defeats([(AWAY, 0, False)], [(NEAR, 0, False)], doing=False) == {"defeat skeleton"}
    assert defeats([], [(AWAY, 4, False), (NEAR, 0, False)], doing=False) == {"defeat skeleton"}
    assert defeats([], [(NEAR, 0, True)], doing=False) == set()


def test_a_blow_and_an_arrow_are_both_told():
    assert defeats([(NEXT, 0, False), (NEAR, 4, False)], []) == {"defeat zombie", "defeat knight"}
    assert defeats([(NEXT, 2, False)], [(NEAR, 7, False)]) == {"defeat orc solider", "defeat ice elemental"}


def test_beside_the_boss_nobody_leaves():
    assert defeats([(AWAY, 0, False)], [], doing=False, boss=True) == {"defeat zombie"}
