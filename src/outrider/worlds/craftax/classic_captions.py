"""Says what just happened in Craftax-Classic, and what holds now, as small integer codes computed inside `jit`.

Events are read off the state before and after a step and the action. Two things leave no trace in the states and stay
unsaid: a tenth sapling, since nine are carried at most, and a table or furnace that an arrow takes away in the step in
which it was placed.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from craftax.craftax_classic import game_logic as rules
from craftax.craftax_classic.constants import DIRECTIONS, OBS_DIM, Action, BlockType
from jaxtyping import Array, Int, UInt32

from outrider.worlds.craftax import captions as c
from outrider.worlds.craftax.classic_words import BLOCKS, CLASSIC, MATERIALS, SIGHTS

MINED = {"wood": "TREE", "stone": "STONE", "coal": "COAL", "iron": "IRON", "diamond": "DIAMOND"}
BUILT = {"table": "CRAFTING_TABLE", "furnace": "FURNACE", "stone": "STONE", "plant": "PLANT"}
USED = ("WATER", "RIPE_PLANT")
STUFF = ("wood", "stone", "iron")
TOOLS = tuple(f"{stuff}_{tool}" for stuff in STUFF for tool in ("pickaxe", "sword"))
COUNTED = ("is_sleeping", "sapling", *TOOLS)
MOBS = ("zombie", "skeleton", "cow")
# Events by the facts that make them, `_facts` says which; all others are facts of that name.
RULES = {
    **{f"collect {what}": ("works", f"was {block}", "changed") for what, block in MINED.items()},
    **{f"place {what}": (f"PLACE_{what.upper()}", f"is {block}", "changed") for what, block in BUILT.items()},
    **{f"make {tool.replace('_', ' ')}": (f"{tool} rose",) for tool in TOOLS},
    **{f"hit {mob}": ("DO", f"{mob} struck") for mob in MOBS},
    **{f"defeat {mob}": ("DO", f"{mob} dies") for mob in MOBS[:2]},
    "collect sapling": ("sapling rose",),
    "collect drink": ("works", "was WATER"),
    "eat plant": ("works", "was RIPE_PLANT"),
    "eat cow": ("DO", "cow dies"),
    "wake up": ("is_sleeping fell",),
    "fell asleep": ("is_sleeping rose",),
}


def ahead(state: Any) -> Int[Array, "2"]:
    """The place before the player."""
    return state.player_position + DIRECTIONS[state.player_direction]


def glance(state: Any, place: Int[Array, "2"]) -> c.Glance:
    """What `events` asks of the map before and after the step."""
    return c.Glance(state.map[place[0], place[1]], _in_sight(state))


def events(
    state: Any, before: c.Glance, action: Int[Array, ""], after: Any, now: c.Glance
) -> Int[Array, "SLOTS"]:
    """The codes of what a step did, as `captions.codes` chooses them. Of the maps it reads one cell, for lava."""
    action = jnp.where(state.is_sleeping, Action.NOOP.value, action)
    facts = _facts(state, before, action, after, now) | _body(state, after)
    facts[tuple(f"saw {what}" for what in SIGHTS.values())] = c.picked(
        now.sight & ~before.sight, list(SIGHTS)
    )
    return c.codes(CLASSIC, state.achievements, after.achievements, facts, RULES)


def _facts(state: Any, before: c.Glance, action: Array, after: Any, now: c.Glance) -> c.Facts:
    """What the action met, and what it changed."""
    place, damage = ahead(state), rules.get_player_attack_damage(state)
    met, died = zip(
        *(c.struck(mobs, place, damage) for mobs in (state.zombies, state.skeletons, state.cows)), strict=True
    )
    met, died = jnp.stack(met), jnp.stack(died)
    works = (action == Action.DO.value) & ~met.any() & c.within(after.map.shape, place)
    blocks = (*MINED.values(), *USED)
    dark, was_dark = after.light_level < c.NIGHT, state.light_level < c.NIGHT
    ripe, was_ripe = after.growing_plants_age >= 600, state.growing_plants_age >= 600
    counts = [
        jnp.stack([s.is_sleeping, *(getattr(s.inventory, name) for name in COUNTED[1:])])
        for s in (state, after)
    ]
    return c.changes(COUNTED, *counts) | {
        tuple(a.name for a in Action): action == jnp.arange(len(Action)),
        tuple(f"was {name}" for name in blocks): before.block
        == jnp.asarray([BlockType[name].value for name in blocks]),
        tuple(f"is {name}" for name in BUILT.values()): now.block
        == jnp.asarray([BlockType[name].value for name in BUILT.values()]),
        tuple(f"{mob} struck" for mob in MOBS): met & ~died,
        tuple(f"{mob} dies" for mob in MOBS): died,
        ("works", "changed", "night fell", "day broke", "plant ripened"): jnp.stack(
            [works, now.block != before.block, dark & ~was_dark, was_dark & ~dark, (ripe & ~was_ripe).any()]
        ),
    }


def _body(state: Any, after: Any) -> c.Facts:
    """What was felt: blows, arrows, needs."""
    x, y = after.player_position
    bitten, shoots = (
        now.attack_cooldown > was.attack_cooldown  # it only rises with an attack
        for was, now in ((state.zombies, after.zombies), (state.skeletons, after.skeletons))
    )
    empty = ~state.arrows.mask  # the first of these take the arrows that are shot now
    flies = state.arrows.mask | (empty & (jnp.cumsum(empty) <= shoots.sum()))
    shot = flies & (after.arrows.position == after.player_position).all(axis=-1)
    starved = (state.player_recover < -14) & (after.player_recover == 0)
    needs = (jnp.stack([s.player_food, s.player_drink, s.player_energy]) for s in (state, after))
    return {
        c.SUNK: c.sunk(*needs),
        ("hurt by lava", "hurt by zombie", "hurt by arrow", "hurt by need"): jnp.stack(
            [after.map[x, y] == BlockType.LAVA.value, bitten.any(), shot.any(), starved]
        ),
    }


def _in_sight(state: Any) -> UInt32[Array, ""]:
    return c.kinds(c.shown(state.map, state.player_position, OBS_DIM, BlockType.OUT_OF_BOUNDS.value))


def situation(state: Any) -> Int[Array, "15"]:
    """What holds now, as `classic_words.situation_text` says it."""
    needs = jnp.stack([state.player_health, state.player_food, state.player_drink, state.player_energy])
    bag = state.inventory
    best = [
        jnp.max(jnp.stack([(getattr(bag, f"{stuff}_{tool}") > 0) * (k + 1) for k, stuff in enumerate(STUFF)]))
        for tool in ("pickaxe", "sword")
    ]
    mobs = [
        c.visible(m, state.player_position, OBS_DIM) for m in (state.cows, state.zombies, state.skeletons)
    ]
    near = c.packed(jnp.concatenate([c.picked(_in_sight(state), list(BLOCKS)), jnp.stack(mobs)]))
    hour = jnp.stack([near, state.light_level < c.NIGHT, state.is_sleeping])
    amounts = c.amount(jnp.stack([getattr(bag, name) for name in MATERIALS]))
    return jnp.concatenate([c.level(needs), jnp.stack(best), amounts, hour]).astype(jnp.int32)
