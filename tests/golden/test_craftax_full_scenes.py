"""What the full Craftax tells of scenes set by hand, each one step of the whole world."""

import jax
import jax.numpy as jnp
import pytest

import walks

pytest.importorskip("craftax")
from craftax.craftax.constants import MONSTERS_KILLED_TO_CLEAR_LEVEL, Action, BlockType, ProjectileType

from outrider.worlds.craftax.words import ROWS

pytestmark = pytest.mark.long  # a minute and more to compile

WORLD = "craftax/full"
RIGHT = jnp.array([0, 1])
CENTRE = jnp.array([24, 24])
MOBS = ("melee_mobs", "ranged_mobs", "passive_mobs")


@pytest.fixture(scope="module")
def made():
    """A fresh world with no mob in it, on whose floor 1 nothing can walk or come up."""
    state = jax.jit(walks.world(WORLD).reset, compiler_options=walks.QUICK)(jax.random.key(0))[0]
    nobody = {kind: getattr(state, kind) for kind in MOBS}
    nobody = {kind: mobs.replace(mask=jnp.zeros_like(mobs.mask)) for kind, mobs in nobody.items()}
    walls = state.map.at[1].set(BlockType.WALL.value)
    return state.replace(**nobody, map=walls, mob_map=jnp.zeros_like(state.mob_map))


@pytest.fixture(scope="module")
def play():
    """The compiled step: from a state and an action, the state after and the names of what is told."""
    compiled = jax.jit(walks.world(WORLD).step, compiler_options=walks.QUICK)

    def play(state, action):
        like = jax.eval_shape(walks.world(WORLD).reset, jax.random.key(0))[0]
        state = jax.tree.map(lambda x, form: jnp.asarray(x, form.dtype), state, like)
        step = compiled(jax.random.key(1), state, action.value)
        return step.state, {ROWS[code - 1][0] for code in step.events.tolist() if code}

    return play


def beset(state, **places):
    """The state with a weak monster or animal of each of these kinds on floor 1, ready to attack."""
    for kind, place in places.items():
        mobs = getattr(state, kind)
        mobs = mobs.replace(
            mask=mobs.mask.at[1, 0].set(True),
            position=mobs.position.at[1, 0].set(place),
            health=mobs.health.at[1, 0].set(0.5),
            type_id=mobs.type_id.at[1, 0].set(0),
            attack_cooldown=mobs.attack_cooldown.at[1, 0].set(0),
        )
        state = state.replace(**{kind: mobs}, mob_map=state.mob_map.at[1, *place].set(True))
    return state


def standing(state, **changes):
    """The state with the player in the middle of floor 1, facing right."""
    return state.replace(
        player_level=1, player_position=CENTRE, player_direction=Action.RIGHT.value, **changes
    )


def descending(state, killed=MONSTERS_KILLED_TO_CLEAR_LEVEL):
    """The state with the player on the surface's ladder down, and the place where it leads."""
    kills = state.monsters_killed.at[0].set(MONSTERS_KILLED_TO_CLEAR_LEVEL).at[1].set(killed)
    state = state.replace(player_level=0, player_position=state.down_ladders[0], monsters_killed=kills)
    return state, state.up_ladders[1]


def test_a_monster_that_craftax_takes_out_was_not_defeated(made, play):
    """A blow kills the one before the player while one far away leaves the world."""
    far = jnp.array([2, 2])
    state = beset(standing(made), melee_mobs=CENTRE + RIGHT, ranged_mobs=far)
    after, told = play(state, Action.DO)
    assert int(after.monsters_killed[1] - state.monsters_killed[1]) == 1
    assert not after.ranged_mobs.mask[1, 0] or (after.ranged_mobs.position[1, 0] != far).any()
    assert {name for name in told if name.startswith("defeat")} == {"defeat zombie"}


def test_a_shot_from_beside_the_player_is_told(made, play):
    """A monster that cannot get away shoots, and what it shoots hits within the same step."""
    state = beset(standing(made), ranged_mobs=CENTRE + RIGHT)
    after, told = play(state, Action.NOOP)
    assert not state.mob_projectiles.mask.any()
    assert after.player_health < state.player_health
    assert "hurt by projectile" in told
    assert "hurt by melee" not in told


def test_blows_and_shots_that_wait_below_the_ladder_are_told(made, play):
    state, arrival = descending(made)
    state = beset(state, melee_mobs=arrival + RIGHT, ranged_mobs=arrival - RIGHT)
    after, told = play(state, Action.DESCEND)
    assert after.player_level == 1
    assert after.player_health < state.player_health
    assert {"enter dungeon", "hurt by melee", "hurt by projectile"} <= told


def test_what_an_arrow_still_in_the_air_kills_on_arrival_is_told(made, play):
    state, arrival = descending(made, killed=MONSTERS_KILLED_TO_CLEAR_LEVEL - 1)
    state = beset(state, melee_mobs=arrival + 2 * RIGHT)
    arrows = state.player_projectiles
    state = state.replace(
        player_projectiles=arrows.replace(
            mask=arrows.mask.at[1, 0].set(True),
            position=arrows.position.at[1, 0].set(arrival + RIGHT),
            type_id=arrows.type_id.at[1, 0].set(ProjectileType.ARROW2.value),
        ),
        player_projectile_directions=state.player_projectile_directions.at[1, 0].set(RIGHT),
    )
    after, told = play(state, Action.DESCEND)
    assert after.monsters_killed[1] == MONSTERS_KILLED_TO_CLEAR_LEVEL
    assert {"enter dungeon", "defeat zombie", "ladder opened"} <= told


def test_a_bow_enchanted_anew_with_the_same_element_is_told(made, play):
    state = standing(
        made,
        map=made.map.at[1, *(CENTRE + RIGHT)].set(BlockType.ENCHANTMENT_TABLE_FIRE.value),
        inventory=made.inventory.replace(bow=1, ruby=1),
        player_mana=9,
        bow_enchantment=1,  # of fire
    )
    after, told = play(state, Action.ENCHANT_BOW)
    assert (after.bow_enchantment, after.inventory.ruby) == (1, 0)
    assert "enchanted bow" in told
    _, told = play(state.replace(player_mana=8), Action.ENCHANT_BOW)
    assert "enchanted bow" not in told
