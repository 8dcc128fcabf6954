"""Says what just happened in Craftax-Classic, and what holds now, as small integer codes computed inside `jit`.

Events are read off the state before and after a step and the action. Two things leave no trace in the states and stay
unsaid: a tenth sapling, since nine are carried at most, and a table or furnace that an arrow takes away in the step in
which it was placed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
from craftax.craftax_classic import game_logic as rules
from craftax.craftax_classic.constants import DIRECTIONS, OBS_DIM, Action, BlockType
from jaxtyping import Array, Bool, Int, UInt32

from outrider.worlds.craftax import captions as c
from outrider.worlds.craftax.classic_words import BLOCKS, CLASSIC, MATERIALS, SIGHTS

MINED = {"wood": "TREE", "stone": "STONE", "coal": "COAL", "iron": "IRON", "diamond": "DIAMOND"}
BUILT = {"table": "CRAFTING_TABLE", "furnace": "FURNACE", "stone": "STONE", "plant": "PLANT"}
STUFF = ("wood", "stone", "iron")


class Glance(NamedTuple):
    """What is read off the map before a step. With these at hand the step may write into that map, not into a copy."""

    place: Int[Array, "2"]  # before the player
    block: Int[Array, ""]  # what is there
    sight: UInt32[Array, ""]


def glance(state: Any) -> Glance:
    """What `events` asks of the map before the step."""
    place = state.player_position + DIRECTIONS[state.player_direction]
    return Glance(place, state.map[place[0], place[1]], _in_sight(state))


def events(state: Any, before: Glance, action: Int[Array, ""], after: Any) -> Int[Array, "SLOTS"]:
    """The codes of what a step did, as `captions.codes` chooses them. Of `state` it reads no map."""
    action = jnp.where(state.is_sleeping, Action.NOOP.value, action)
    place = before.place
    damage = rules.get_player_attack_damage(state)
    blows = {
        name: c.struck(mobs, place, damage)
        for name, mobs in (("zombie", state.zombies), ("skeleton", state.skeletons), ("cow", state.cows))
    }
    doing = action == Action.DO.value
    others = {f"hit {name}": doing & hit & ~died for name, (hit, died) in blows.items()}
    others |= _body(state, after)
    sky = {
        "plant ripened": ((state.growing_plants_age < 600) & (after.growing_plants_age >= 600)).any(),
        "night fell": (after.light_level < c.NIGHT) & (state.light_level >= c.NIGHT),
        "day broke": (after.light_level >= c.NIGHT) & (state.light_level < c.NIGHT),
    }
    view = c.shown(after.map, after.player_position, OBS_DIM, BlockType.OUT_OF_BOUNDS.value)
    new = c.kinds(view) & ~before.sight
    sights = c.picked(new, list(SIGHTS))
    others |= sky | {f"saw {what}": sights[k] for k, what in enumerate(SIGHTS.values())}
    done = _done(state, before, action, after, blows)
    return c.codes(CLASSIC, state.achievements, after.achievements, done, others)


def _done(
    state: Any, before: Glance, action: Array, after: Any, blows: dict[str, Any]
) -> dict[str, Bool[Array, ""]]:
    """Which achievements this step would reach if none had been reached before, by name."""
    doing = action == Action.DO.value
    met = blows["zombie"][0] | blows["skeleton"][0] | blows["cow"][0]
    works = doing & ~met & c.within(after.map.shape, before.place)
    was, now = before.block, after.map[before.place[0], before.place[1]]
    had, has = state.inventory, after.inventory
    done = {
        f"collect {what}": works & (was == BlockType[block].value) & (now != was)
        for what, block in MINED.items()
    }
    done |= {
        f"place {what}": (action == Action[f"PLACE_{what.upper()}"].value)
        & (now == BlockType[block].value)
        & (now != was)
        for what, block in BUILT.items()
    }
    done |= {
        f"make {stuff} {tool}": getattr(has, f"{stuff}_{tool}") > getattr(had, f"{stuff}_{tool}")
        for stuff in STUFF
        for tool in ("pickaxe", "sword")
    }
    return done | {
        "collect sapling": has.sapling > had.sapling,
        "collect drink": works & (was == BlockType.WATER.value),
        "eat plant": works & (was == BlockType.RIPE_PLANT.value),
        "eat cow": doing & blows["cow"][1],
        "defeat zombie": doing & blows["zombie"][1],
        "defeat skeleton": doing & blows["skeleton"][1],
        "wake up": state.is_sleeping & ~after.is_sleeping,
    }


def _body(state: Any, after: Any) -> dict[str, Bool[Array, ""]]:
    """What was felt: blows, arrows, needs, sleep."""
    x, y = after.player_position
    bitten, shoots = (
        now.attack_cooldown > was.attack_cooldown  # it only rises with an attack
        for was, now in ((state.zombies, after.zombies), (state.skeletons, after.skeletons))
    )
    empty = ~state.arrows.mask  # the first of these take the arrows that are shot now
    flies = state.arrows.mask | (empty & (jnp.cumsum(empty) <= shoots.sum()))
    shot = flies & (after.arrows.position == after.player_position).all(axis=-1)
    was, now = state.player_recover, after.player_recover
    sunk = c.sunk(*(jnp.stack([s.player_food, s.player_drink, s.player_energy]) for s in (state, after)))
    names = [f"{need} {level}" for level in ("critical", "low") for need in ("food", "drink", "energy")]
    return {name: sunk[k] for k, name in enumerate(names)} | {
        "hurt by lava": after.map[x, y] == BlockType.LAVA.value,
        "hurt by zombie": bitten.any(),
        "hurt by arrow": shot.any(),
        "hurt by need": (was < -14) & (now == 0),
        "fell asleep": after.is_sleeping & ~state.is_sleeping,
    }


def _in_sight(state: Any) -> Array:
    cells = c.window(state.map.shape, state.player_position, OBS_DIM)
    return c.kinds(state.map.at[cells].get(mode="promise_in_bounds"))


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
