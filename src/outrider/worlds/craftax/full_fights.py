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


# Classes of mobs: what happens to them, their number in craftax, their names, and their field of the state.
CLASSES = (
    ("defeat", 1, MELEE, "melee_mobs"),
    ("defeat", 2, RANGED, "ranged_mobs"),
    ("eat", 0, PASSIVE, "passive_mobs"),
)
KILLED = tuple(f"{verb} {SPELT.get(name, name)}" for verb, _, names, _ in CLASSES for name in names)
HIT = tuple(f"hit {name}" for _, _, names, _ in CLASSES for name in names)


class Fights(NamedTuple):
    """Whether a mob stands before the player; what was killed, as `KILLED` names it; what was struck and lives."""

    met: Bool[Array, ""]
    kills: Bool[Array, "n"]
    hits: Bool[Array, "n"]

    @property
    def killed(self) -> dict[str, Bool[Array, ""]]:
        """Kills by achievement."""
        return dict(zip(KILLED, self.kills, strict=True))


def fights(state: Any, place: Int[Array, "2"], action: Int[Array, ""], after: Any) -> Fights:
    """What the blow and the projectiles of a step did. `place` is the cell before the player.

    A monster that is gone was shot, unless the blow killed it or it was too far away: craftax takes out what was `FAR`
    from where the player now is, but none of those that fight beside the boss. What an animal is shot for is no food.
    """
    level, doing = after.player_level, action == Action.DO.value  # who climbs strikes nobody
    blow = get_player_damage_vector(state)
    stays = is_fighting_boss(after, SIZES)
    met, kills, hits = jnp.bool_(False), [], []
    for _, kind, names, field in CLASSES:
        mobs = jax.tree.map(lambda x: x[level], getattr(state, field))
        lives = getattr(after, field).mask[level]
        standing = mobs.mask & (mobs.position == place).all(axis=-1)
        target = jnp.argmax(standing)
        damage = ((1 - MOB_TYPE_DEFENSE_MAPPING[mobs.type_id[target], kind]) * blow).sum()
        there = standing.any()
        dies = doing & there & (mobs.health[target] - damage <= 0)
        far = jnp.abs(mobs.position - after.player_position).sum(axis=-1) >= FAR
        gone = mobs.mask & ~lives & (stays | ~far)
        gone = gone & ~(dies & (jnp.arange(gone.size) == target))
        shot = gone.any() if kind else jnp.bool_(False)
        types = jnp.arange(len(names))
        struck = mobs.type_id[target] == types
        kills.append((dies & struck) | (shot & (mobs.type_id[jnp.argmax(gone)] == types)))
        hits.append(doing & there & ~dies & struck)
        met = met | there
    return Fights(met, jnp.concatenate(kills), jnp.concatenate(hits))
