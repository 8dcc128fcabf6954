"""Who was struck and who was killed in a step of the full Craftax, read off the states before and after it."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from craftax.craftax.constants import MOB_TYPE_DEFENSE_MAPPING, Action
from craftax.craftax.craftax_state import EnvParams, StaticEnvParams
from craftax.craftax.util.game_logic_utils import get_player_damage_vector, is_fighting_boss
from jaxtyping import Array, Bool, Int

from outrider.worlds.craftax.words import MELEE, PASSIVE, RANGED

SIZES = StaticEnvParams()
FAR = EnvParams().mob_despawn_distance  # a mob so many steps away is taken out of the world
# Craftax's names of the achievements, where they differ from the mobs' own.
SPELT = {"orc soldier": "orc solider", "knight archer": "archer"}


class Fights(NamedTuple):
    """Whether a mob stands before the player; what was killed, by achievement; what was struck and lives."""

    met: Bool[Array, ""]
    killed: dict[str, Bool[Array, ""]]
    hit: dict[str, Bool[Array, ""]]


def fights(state: Any, place: Int[Array, "2"], action: Int[Array, ""], after: Any) -> Fights:
    """What the blow and the projectiles of a step did. `place` is the cell before the player.

    A monster that is gone was shot, unless the blow killed it or it was too far away: craftax takes out what was `FAR`
    from where the player now is, but none of those that fight beside the boss. What an animal is shot for is no food.
    """
    level, doing = state.player_level, action == Action.DO.value
    blow = get_player_damage_vector(state)
    stays = is_fighting_boss(after, SIZES)
    met, killed, hit = jnp.bool_(False), {}, {}
    classes = (("defeat", 1, MELEE, state.melee_mobs, after.melee_mobs),
               ("defeat", 2, RANGED, state.ranged_mobs, after.ranged_mobs),
               ("eat", 0, PASSIVE, state.passive_mobs, after.passive_mobs))  # fmt: skip
    for verb, kind, names, mobs, left in classes:
        mobs, left = (jax.tree.map(lambda x: x[level], m) for m in (mobs, left))
        standing = mobs.mask & (mobs.position == place).all(axis=-1)
        target = jnp.argmax(standing)
        damage = ((1 - MOB_TYPE_DEFENSE_MAPPING[mobs.type_id[target], kind]) * blow).sum()
        there = standing.any()
        dies = doing & there & (mobs.health[target] - damage <= 0)
        far = jnp.abs(mobs.position - after.player_position).sum(axis=-1) >= FAR
        gone = mobs.mask & ~left.mask & (stays | ~far)
        gone = gone & ~(dies & (jnp.arange(gone.size) == target))
        shot = gone.any() if kind else jnp.bool_(False)
        shot_type = mobs.type_id[jnp.argmax(gone)]
        met = met | there
        for k, name in enumerate(names):
            struck = mobs.type_id[target] == k
            killed[f"{verb} {SPELT.get(name, name)}"] = (dies & struck) | (shot & (shot_type == k))
            hit[f"hit {name}"] = doing & there & ~dies & struck
    return Fights(met, killed, hit)
