"""Says what just happened in the full Craftax, and what holds now, as small integer codes computed inside `jit`.

Events are read off the state before and after a step and the action. What leaves no trace in the states stays unsaid,
such as a monster shot dead whose place in the list another takes in the same step.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from craftax.craftax.constants import (
    DIRECTIONS,
    MONSTERS_KILLED_TO_CLEAR_LEVEL,
    OBS_DIM,
    Action,
    BlockType,
    ItemType,
)
from jaxtyping import Array, Bool, Int, UInt32

from outrider.worlds.craftax import captions as c
from outrider.worlds.craftax.full_fights import fights
from outrider.worlds.craftax.full_words import BLOCKS, FULL, LADDER, MATERIALS, SIGHTS

MINED = {
    "wood": ("TREE", "FIRE_TREE", "ICE_SHRUB"), "stone": ("STONE", "STALAGMITE"), "coal": ("COAL",),
    "iron": ("IRON",), "diamond": ("DIAMOND",), "sapphire": ("SAPPHIRE",), "ruby": ("RUBY",),
}  # fmt: skip
BUILT = {"table": "CRAFTING_TABLE", "furnace": "FURNACE", "stone": "STONE", "plant": "PLANT"}
MADE = ("wood", "stone", "iron", "diamond")
PLACES = (
    "dungeon",
    "gnomish mines",
    "sewers",
    "vault",
    "troll mines",
    "fire realm",
    "ice realm",
    "graveyard",
)
LIT = 0.05  # as craftax's observation shows


class Glance(NamedTuple):
    """What is read off the maps before a step: with it at hand the step may write into those maps, not into copies."""

    place: Int[Array, "2"]  # before the player
    block: Int[Array, ""]  # what is there
    sight: UInt32[Array, ""]
    ladder: Bool[Array, ""]


def glance(state: Any) -> Glance:
    """What `events` asks of the maps before the step."""
    place = state.player_position + DIRECTIONS[state.player_direction]
    return Glance(place, state.map[state.player_level, place[0], place[1]], *_in_sight(state))


def events(state: Any, before: Glance, action: Int[Array, ""], after: Any) -> Int[Array, "SLOTS"]:
    """The codes of what a step did, as `captions.codes` chooses them. Of `state` it reads no map."""
    action = jnp.where(state.is_sleeping | state.is_resting, Action.NOOP.value, action)
    did, others = _tools(state, action, after), _body(state, after)
    met, killed, hit = fights(state, before.place, action, after)
    did |= killed | _works(state, before, action, after, met)
    here, there = state.player_level, after.player_level
    sunlit = (here == 0) & (there == 0)
    dark, was_dark = after.light_level < c.NIGHT, state.light_level < c.NIGHT
    others |= hit | {
        "night fell": sunlit & dark & ~was_dark,
        "day broke": sunlit & was_dark & ~dark,
        "left up": there < here,
        "ladder opened": (after.monsters_killed[here] >= MONSTERS_KILLED_TO_CLEAR_LEVEL)
        & (state.monsters_killed[here] < MONSTERS_KILLED_TO_CLEAR_LEVEL),
        "plant ripened": ((state.growing_plants_age < 600) & (after.growing_plants_age >= 600)).any(),
    }
    did |= {f"enter {place}": (there > here) & (there == k) for k, place in enumerate(PLACES, start=1)}
    sight, ladder = _in_view(after)
    seen = c.picked(sight & ~before.sight, list(SIGHTS))
    others |= {f"saw {what}": seen[k] for k, what in enumerate(SIGHTS.values())}
    others[f"saw {LADDER}"] = ladder & ~before.ladder
    return c.codes(FULL, state.achievements, after.achievements, did, others)


def _works(state: Any, before: Glance, action: Array, after: Any, met: Array) -> dict[str, Bool[Array, ""]]:
    """What was done to the block before the player."""
    works = (action == Action.DO.value) & ~met & c.within(after.map.shape[1:], before.place)
    was, now = before.block, after.map[state.player_level, before.place[0], before.place[1]]

    def is_(*blocks: str) -> Array:
        return jnp.stack([was == BlockType[block].value for block in blocks]).any()

    done = {f"collect {what}": works & is_(*blocks) & (now != was) for what, blocks in MINED.items()}
    done |= {
        f"place {what}": (action == Action[f"PLACE_{what.upper()}"].value)
        & (now == BlockType[block].value)
        & (now != was)
        for what, block in BUILT.items()
    }
    return done | {
        "collect drink": works & is_("WATER", "FOUNTAIN"),
        "eat plant": works & is_("RIPE_PLANT"),
        "open chest": works & is_("CHEST"),
        "damage necromancer": after.boss_progress > state.boss_progress,
    }


def _tools(state: Any, action: Array, after: Any) -> dict[str, Bool[Array, ""]]:
    """What was made, used up or learned, by the action and the inventory."""
    had, has = state.inventory, after.inventory

    def acts(name: str) -> Array:
        return action == Action[name].value

    armour = has.armour.sum() > had.armour.sum()
    gems = has.sapphire + has.ruby < had.sapphire + had.ruby
    paid = after.player_mana < state.player_mana
    made = {
        f"make {stuff} {tool}": (getattr(has, tool) >= k) & (getattr(had, tool) < k)
        for k, stuff in enumerate(MADE, start=1)
        for tool in ("pickaxe", "sword")
    }
    return made | {
        "collect sapling": has.sapling > had.sapling,
        "wake up": state.is_sleeping & ~after.is_sleeping,
        "make arrow": acts("MAKE_ARROW") & (has.arrows > had.arrows),
        "make torch": acts("MAKE_TORCH") & (has.torches > had.torches),
        "place torch": acts("PLACE_TORCH") & (has.torches < had.torches),
        "make iron armour": acts("MAKE_IRON_ARMOUR") & armour,
        "make diamond armour": acts("MAKE_DIAMOND_ARMOUR") & armour,
        "fire bow": acts("SHOOT_ARROW") & (has.arrows < had.arrows),
        "cast fireball": acts("CAST_FIREBALL") & paid,
        "cast iceball": acts("CAST_ICEBALL") & paid,
        "drink potion": has.potions.sum() < had.potions.sum(),
        "enchant sword": acts("ENCHANT_SWORD") & gems,
        "enchant armour": acts("ENCHANT_ARMOUR") & gems,
    }


def _body(state: Any, after: Any) -> dict[str, Bool[Array, ""]]:
    """What was felt, learned or found."""
    level = state.player_level
    needs = [jnp.stack([s.player_food, s.player_drink, s.player_energy]) for s in (state, after)]
    sunk = c.sunk(*needs)
    names = [f"{need} {depth}" for depth in ("critical", "low") for need in ("food", "drink", "energy")]
    was, now = (jax.tree.map(lambda x: x[level], s.mob_projectiles) for s in (state, after))
    there = after.player_position
    shot = was.mask & ~now.mask & ((was.position == there).all(-1) | (now.position == there).all(-1))
    rose = after.melee_mobs.attack_cooldown[level] > state.melee_mobs.attack_cooldown[level]
    had, has = state.inventory, after.inventory
    return {name: sunk[k] for k, name in enumerate(names)} | {
        "hurt by melee": rose.any(),
        "hurt by projectile": shot.any(),
        "hurt by need": (state.player_recover < -14) & (after.player_recover == 0),
        "fell asleep": after.is_sleeping & ~state.is_sleeping,
        "rested": after.is_resting & ~state.is_resting,
        "found book": has.books > had.books,
        "found potion": has.potions.sum() > had.potions.sum(),
        "enchanted bow": after.bow_enchantment != state.bow_enchantment,
        "more dexterous": after.player_dexterity > state.player_dexterity,
        "stronger": after.player_strength > state.player_strength,
        "more intelligent": after.player_intelligence > state.player_intelligence,
    }


def _in_sight(state: Any) -> tuple[Array, Array]:
    """The kinds of lit block in sight, a bit each, and whether a ladder down is."""
    level, centre = state.player_level, state.player_position
    rows, columns = c.window(state.map.shape[1:], centre, OBS_DIM)
    blocks, items, light = (
        maps.at[level, rows, columns].get(mode="promise_in_bounds")
        for maps in (state.map, state.item_map, state.light_map)
    )
    return _told(blocks, items, light)


def _in_view(state: Any) -> tuple[Array, Array]:
    """The same, by what an observation of the state computes anyway."""
    level, centre = state.player_level, state.player_position
    outside = BlockType.OUT_OF_BOUNDS.value, ItemType.NONE.value, 0.0
    maps = state.map, state.item_map, state.light_map
    return _told(*(c.shown(m[level], centre, OBS_DIM, x) for m, x in zip(maps, outside, strict=True)))


def _told(blocks: Array, items: Array, light: Array) -> tuple[Array, Array]:
    lit = light > LIT
    return c.kinds(jnp.where(lit, blocks, 0)), ((items == ItemType.LADDER_DOWN.value) & lit).any()


def situation(state: Any) -> Int[Array, "26"]:
    """What holds now, as `full_words.situation_text` says it."""
    level, bag = state.player_level, state.inventory
    floor = jnp.stack([level, state.monsters_killed[level] >= MONSTERS_KILLED_TO_CLEAR_LEVEL])
    needs = [
        state.player_health,
        state.player_food,
        state.player_drink,
        state.player_energy,
        state.player_mana,
    ]
    amounts = [getattr(bag, name) for name in MATERIALS] + [bag.potions.sum(), (bag.armour > 0).sum()]
    skills = [bag.bow > 0, *state.learned_spells, state.sword_enchantment > 0, state.bow_enchantment > 0]
    bits, ladder = _in_sight(state)
    mobs = [
        c.visible(jax.tree.map(lambda x: x[level], m), state.player_position, OBS_DIM)
        for m in (state.passive_mobs, state.melee_mobs, state.ranged_mobs)
    ]
    near = c.packed(jnp.concatenate([c.picked(bits, list(BLOCKS)), jnp.stack([ladder, *mobs])]))
    night = (level == 0) & (state.light_level < c.NIGHT)
    sleep = jnp.where(state.is_sleeping, 1, jnp.where(state.is_resting, 2, 0))
    last = jnp.stack([c.packed(jnp.stack(skills)), near, night, sleep])
    return jnp.concatenate(
        [
            floor,
            c.level(jnp.stack(needs).astype(jnp.int32)),
            jnp.stack([bag.pickaxe, bag.sword]),
            c.amount(jnp.stack(amounts)),
            last,
        ]
    ).astype(jnp.int32)
