"""Says what just happened in the full Craftax, and what holds now, as small integer codes computed inside `jit`.

Events are read off the state before and after a step and the action. What leaves no trace in the states stays unsaid,
such as a monster shot dead whose place in the list another takes in the same step.
"""

from __future__ import annotations

from typing import Any

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
from jaxtyping import Array, Int, UInt32

from outrider.worlds.craftax import captions as c
from outrider.worlds.craftax.full_fights import HIT, KILLED, fights
from outrider.worlds.craftax.full_words import BLOCKS, FULL, LADDER, MATERIALS, SIGHTS

# What can be taken off which blocks.
USED = {
    "wood": ("TREE", "FIRE_TREE", "ICE_SHRUB"), "stone": ("STONE", "STALAGMITE"), "coal": ("COAL",),
    "iron": ("IRON",), "diamond": ("DIAMOND",), "sapphire": ("SAPPHIRE",), "ruby": ("RUBY",),
    "drink": ("WATER", "FOUNTAIN"), "plant": ("RIPE_PLANT",), "chest": ("CHEST",),
}  # fmt: skip
MINED = tuple(USED)[:7]  # and is gone then
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
COUNTED = (
    "sapling", "arrows", "torches", "books", "potions", "armour", "gems", "mana", "dexterity", "strength",
    "intelligence", "boss_progress", "is_sleeping", "is_resting",
)  # fmt: skip
# Events by the facts that make them, `_facts` says which; all others are facts of that name.
RULES = {
    **{f"collect {what}": ("works", f"was {what}", "changed") for what in MINED},
    **{f"place {what}": (f"PLACE_{what.upper()}", f"is {block}", "changed") for what, block in BUILT.items()},
    "collect drink": ("works", "was drink"),
    "eat plant": ("works", "was plant"),
    "open chest": ("works", "was chest"),
    "damage necromancer": ("boss_progress rose",),
    "collect sapling": ("sapling rose",),
    "wake up": ("is_sleeping fell",),
    "fell asleep": ("is_sleeping rose",),
    "rested": ("is_resting rose",),
    "make arrow": ("MAKE_ARROW", "arrows rose"),
    "make torch": ("MAKE_TORCH", "torches rose"),
    "place torch": ("PLACE_TORCH", "torches fell"),
    "make iron armour": ("MAKE_IRON_ARMOUR", "armour rose"),
    "make diamond armour": ("MAKE_DIAMOND_ARMOUR", "armour rose"),
    "fire bow": ("SHOOT_ARROW", "arrows fell"),
    "cast fireball": ("CAST_FIREBALL", "mana fell"),
    "cast iceball": ("CAST_ICEBALL", "mana fell"),
    "drink potion": ("potions fell",),
    "enchant sword": ("ENCHANT_SWORD", "gems fell"),
    "enchant armour": ("ENCHANT_ARMOUR", "gems fell"),
    "enchanted bow": ("ENCHANT_BOW", "gems fell"),
    "found book": ("books rose",),
    "found potion": ("potions rose",),
    "more dexterous": ("dexterity rose",),
    "stronger": ("strength rose",),
    "more intelligent": ("intelligence rose",),
}
LIT = 0.05  # as craftax's observation shows


def ahead(state: Any) -> Int[Array, "2"]:
    """The place before the player."""
    return state.player_position + DIRECTIONS[state.player_direction]


def glance(state: Any, place: Int[Array, "2"]) -> c.Glance:
    """What `events` asks of the maps before and after the step."""
    return c.Glance(state.map[state.player_level, place[0], place[1]], _in_sight(state))


def events(
    state: Any, before: c.Glance, action: Int[Array, ""], after: Any, now: c.Glance
) -> Int[Array, "SLOTS"]:
    """The codes of what a step did, as `captions.codes` chooses them. Of the states it reads no map."""
    action = jnp.where(state.is_sleeping | state.is_resting, Action.NOOP.value, action)
    facts = _facts(state, before, action, after, now) | _body(state, after)
    sights = tuple(f"saw {what}" for what in (LADDER, *SIGHTS.values()))
    facts[sights] = c.picked(now.sight & ~before.sight, [0, *SIGHTS])
    return c.codes(FULL, state.achievements, after.achievements, facts, RULES)


def _facts(state: Any, before: c.Glance, action: Array, after: Any, now: c.Glance) -> c.Facts:
    """What the action met, and what it changed."""
    place, here, there = ahead(state), state.player_level, after.player_level
    fought = fights(state, place, action, after)
    works = (action == Action.DO.value) & ~fought.met & c.within(after.map.shape[1:], place)
    sunlit = (here == 0) & (there == 0)
    dark, was_dark = after.light_level < c.NIGHT, state.light_level < c.NIGHT
    ripe, was_ripe = after.growing_plants_age >= 600, state.growing_plants_age >= 600
    open_, was_open = (s.monsters_killed[there] >= MONSTERS_KILLED_TO_CLEAR_LEVEL for s in (after, state))
    held, has = (jnp.stack([s.inventory.pickaxe, s.inventory.sword]) for s in (state, after))
    kinds = jnp.arange(1, 1 + len(MADE))[:, None]
    return c.changes(COUNTED, _counts(state), _counts(after)) | {
        tuple(a.name for a in Action): action == jnp.arange(len(Action)),
        tuple(f"was {what}" for what in USED): c.one_of(
            before.block, [[BlockType[block].value for block in blocks] for blocks in USED.values()]
        ),
        tuple(f"is {block}" for block in BUILT.values()): now.block
        == jnp.asarray([BlockType[block].value for block in BUILT.values()]),
        tuple(f"make {stuff} {tool}" for stuff in MADE for tool in ("pickaxe", "sword")): (
            (has >= kinds) & (held < kinds)
        ).reshape(-1),
        KILLED: fought.kills,
        HIT: fought.hits,
        tuple(f"enter {name}" for name in PLACES): (there > here) & (there == jnp.arange(1, 1 + len(PLACES))),
        ("works", "changed", "left up"): jnp.stack([works, now.block != before.block, there < here]),
        ("night fell", "day broke", "plant ripened", "ladder opened"): jnp.stack(
            [
                sunlit & dark & ~was_dark,
                sunlit & was_dark & ~dark,
                (ripe & ~was_ripe).any(),
                open_ & ~was_open,
            ]
        ),
    }


def _counts(state: Any) -> Int[Array, "n"]:
    """The numbers that `COUNTED` names."""
    bag = state.inventory
    return jnp.stack(
        [
            *(bag.sapling, bag.arrows, bag.torches, bag.books, bag.potions.sum(), bag.armour.sum()),
            *(bag.sapphire + bag.ruby, state.player_mana, state.player_dexterity, state.player_strength),
            *(state.player_intelligence, state.boss_progress, state.is_sleeping, state.is_resting),
        ]
    )


def _body(state: Any, after: Any) -> c.Facts:
    """What was felt: blows, projectiles, needs. Only on the floor where the player then is do monsters move."""
    level, there = after.player_level, after.player_position
    needs = (jnp.stack([s.player_food, s.player_drink, s.player_energy]) for s in (state, after))
    strikes, shoots = (
        now.attack_cooldown[level] > was.attack_cooldown[level]  # it only rises with an attack
        for was, now in ((state.melee_mobs, after.melee_mobs), (state.ranged_mobs, after.ranged_mobs))
    )
    was, now = (jax.tree.map(lambda x: x[level], s.mob_projectiles) for s in (state, after))
    empty = ~was.mask  # the first of these take what is shot now
    flies = was.mask | (empty & (jnp.cumsum(empty) <= shoots.sum()))
    met = (was.mask & (was.position == there).all(-1)) | (now.position == there).all(-1)
    shot = flies & ~now.mask & met
    starved = (state.player_recover < -14) & (after.player_recover == 0)
    return {
        c.SUNK: c.sunk(*needs),
        ("hurt by melee", "hurt by projectile", "hurt by need"): jnp.stack(
            [strikes.any(), shot.any(), starved]
        ),
    }


def _in_sight(state: Any) -> UInt32[Array, ""]:
    """The kinds of lit block in sight, a bit each, and at 0 whether a ladder down is: as an observation shows it."""
    level, centre = state.player_level, state.player_position
    outside = BlockType.OUT_OF_BOUNDS.value, ItemType.NONE.value, 0.0
    maps = state.map, state.item_map, state.light_map
    blocks, items, light = (c.shown(m[level], centre, OBS_DIM, x) for m, x in zip(maps, outside, strict=True))
    lit = light > LIT
    return c.kinds(jnp.where(lit, blocks, 0), (items == ItemType.LADDER_DOWN.value) & lit)


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
    mobs = [
        c.visible(jax.tree.map(lambda x: x[level], m), state.player_position, OBS_DIM)
        for m in (state.passive_mobs, state.melee_mobs, state.ranged_mobs)
    ]
    near = c.packed(jnp.concatenate([c.picked(_in_sight(state), [*BLOCKS, 0]), jnp.stack(mobs)]))
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
