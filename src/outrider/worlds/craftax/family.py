"""Craftax's worlds and their words. No jax.

An event is an achievement, reached for the first time in the episode. Its code is craftax's number of it plus 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from outrider.worlds.facts import WorldFacts

# In craftax's order: what the achievement is called there, and what happened.
ACHIEVEMENTS = (
    ("collect wood", "You collected wood."),
    ("place table", "You placed a crafting table."),
    ("eat cow", "You ate a cow."),
    ("collect sapling", "You collected a sapling."),
    ("collect drink", "You drank water."),
    ("make wood pickaxe", "You made a wooden pickaxe."),
    ("make wood sword", "You made a wooden sword."),
    ("place plant", "You planted a sapling."),
    ("defeat zombie", "You defeated a zombie."),
    ("collect stone", "You collected stone."),
    ("place stone", "You placed a stone."),
    ("eat plant", "You ate a ripe plant."),
    ("defeat skeleton", "You defeated a skeleton."),
    ("make stone pickaxe", "You made a stone pickaxe."),
    ("make stone sword", "You made a stone sword."),
    ("wake up", "You woke up."),
    ("place furnace", "You placed a furnace."),
    ("collect coal", "You collected coal."),
    ("collect iron", "You collected iron."),
    ("collect diamond", "You collected a diamond."),
    ("make iron pickaxe", "You made an iron pickaxe."),
    ("make iron sword", "You made an iron sword."),
)

# In craftax's order, see `craftax_classic/constants.py`.
ACTIONS = (
    "wait", "left", "right", "up", "down", "do", "sleep", "place stone", "place table", "place furnace", "place plant",
    "make wood pickaxe", "make stone pickaxe", "make iron pickaxe", "make wood sword", "make stone sword",
    "make iron sword",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class CraftaxFacts(WorldFacts):
    """`most` is the largest return: every achievement once, no health lost."""

    most: float


WORLDS = {
    "craftax/classic": CraftaxFacts(
        name="craftax/classic",
        mission="survive, gather, build tools and find a diamond",
        horizon=10_000,
        description="gather, craft, fight and survive; a reward for each of 22 achievements",
        solved_above=20.5,
        actions=ACTIONS,
        most=22.0,
        copies_a_reset=64,
        dear_reset=True,
        drawn=False,
    )
}


@dataclass(frozen=True)
class CraftaxFamily:
    """As `Family` says."""

    package: str = "craftax"
    worlds: Mapping[str, CraftaxFacts] = field(default_factory=lambda: WORLDS)
    options: Mapping[str, str] = field(default_factory=dict)

    def sentences(self, name: str, options: frozenset[str]) -> dict[int, str]:
        """A sentence an achievement."""
        return {code: sentence for code, (_, sentence) in enumerate(ACHIEVEMENTS, start=1)}

    def kind(self, code: int) -> str:
        """The achievement itself."""
        return ACHIEVEMENTS[code - 1][0] if code else "no event"

    def situation_text(self, name: str, code: tuple[int, ...]) -> str:
        """Nothing is said."""
        return ""
