"""Craftax's worlds: what is known of them, their options and their words. No jax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from outrider.errors import OutriderError
from outrider.worlds.craftax import classic_words, full_words
from outrider.worlds.craftax.words import ROWS, Vocabulary, mission
from outrider.worlds.facts import MAXIMUM, RULES, Reference, WorldFacts, by_chance

ONLY = "only="
BOARD = "Craftax's scoreboard, README of github.com/MichaelTMatthews/Craftax (Matthews et al. 2024)"
ON_PIXELS = "on pixels; Dedieu et al. 2025, arXiv:2502.01591"

# In craftax's order, see `craftax_classic/constants.py` and `craftax/constants.py`, whose first ones are the same.
ACTIONS = (
    "wait", "left", "right", "up", "down", "do", "sleep", "place stone", "place table", "place furnace", "place plant",
    "make wood pickaxe", "make stone pickaxe", "make iron pickaxe", "make wood sword", "make stone sword",
    "make iron sword",
)  # fmt: skip
ALL_ACTIONS = (
    *ACTIONS, "rest", "descend", "ascend", "make diamond pickaxe", "make diamond sword", "make iron armour",
    "make diamond armour", "shoot arrow", "make arrow", "cast fireball", "cast iceball", "place torch",
    "drink red potion", "drink green potion", "drink blue potion", "drink pink potion", "drink cyan potion",
    "drink yellow potion", "read book", "enchant sword", "enchant armour", "make torch", "level up dexterity",
    "level up strength", "level up intelligence", "enchant bow",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class CraftaxFacts(WorldFacts):
    """`most` is the largest return: every achievement once, no health lost. `only` is craftax's number of the one
    achievement that is rewarded, -1 for all."""

    most: float
    vocabulary: Vocabulary
    only: int = -1
    copies_a_reset: int = 64
    dear_reset: bool = True
    drawn: bool = False

    def under(self, options: frozenset[str]) -> Self:
        """With `only=...`: a return above 0.5 is a success, and 1 is the most."""
        (option,) = options or ("",)
        if not option:
            return self
        goal = option.removeprefix(ONLY)
        if goal not in self.vocabulary.goals:
            raise OutriderError(f"world {self.name} has no achievement {goal!r}; craftax/full has it")
        number = self.vocabulary.goals[goal]
        name = mission(number)
        return replace(
            self,
            only=number,
            mission=name,
            description=f"{name}: the only reward, 1, and the end",
            solved_above=0.5,
            most=1.0,
            references=(*by_chance(f"{self.name}+{option}"), Reference(MAXIMUM, 1.0, RULES)),
        )


def _board(name: str, percent: float, steps: str) -> Reference:
    """A line of the scoreboard, which tells percent of 226."""
    return Reference(
        f"{name}, {steps} steps", round(2.26 * percent, 2), f"{percent} % of the maximum; {BOARD}"
    )


WORLDS = {
    facts.name: facts
    for facts in (
        CraftaxFacts(
            name="craftax/classic",
            mission="survive, gather, build tools and find a diamond",
            horizon=10_000,
            description="gather, craft, fight and survive; a reward for each of 22 achievements",
            solved_above=20.5,
            actions=ACTIONS,
            most=22.0,
            vocabulary=classic_words.CLASSIC,
            references=(
                *by_chance("craftax/classic"),
                Reference(MAXIMUM, 22.0, RULES),
                Reference(
                    "PPO, 1 G steps", 19.8, "90 % of the maximum; Matthews et al. 2024, arXiv:2402.16801"
                ),
                Reference("human expert", 14.3, f"65.0 % of the maximum, {ON_PIXELS}"),
                Reference("DreamerV3, 1 M steps", 11.7, f"53.2 % of the maximum, {ON_PIXELS}"),
                Reference("TWM, 1 M steps", 15.3, f"69.7 % of the maximum, {ON_PIXELS}"),
            ),
        ),
        CraftaxFacts(
            name="craftax/full",
            mission="survive, gather, build tools, and descend floor by floor to defeat the necromancer",
            horizon=100_000,
            description="nine floors of monsters and treasure; a reward for each of 67 achievements, by hardness",
            solved_above=225.5,
            actions=ALL_ACTIONS,
            most=226.0,
            vocabulary=full_words.FULL,
            references=(
                *by_chance("craftax/full"),
                Reference(MAXIMUM, 226.0, RULES),
                _board("PPO", 2.2, "1 M"),
                _board("PPO-RNN", 2.3, "1 M"),
                _board("Simulus", 6.6, "1 M"),
                _board("PPO", 11.9, "1 G"),
                _board("PPO-RNN", 15.3, "1 G"),
                _board("PQN-RNN", 16.0, "1 G"),
                _board("PPO-GTrXL", 18.3, "1 G"),
            ),
        ),
    )
}
OPTIONS = {
    f"{ONLY}{goal}": f"{mission(number)}: the only reward, 1, and the end"
    for goal, number in full_words.FULL.goals.items()
}


@dataclass(frozen=True)
class CraftaxFamily:
    """As `Family` says."""

    package: str = "craftax"
    worlds: Mapping[str, CraftaxFacts] = field(default_factory=lambda: WORLDS)
    options: Mapping[str, str] = field(default_factory=lambda: OPTIONS)

    def sentences(self, name: str, options: frozenset[str]) -> dict[int, str]:
        """The part of the table of events that the world uses, whatever is rewarded."""
        return WORLDS[name].vocabulary.said

    def kind(self, code: int) -> str:
        """The event itself."""
        return ROWS[code - 1][0] if code else "no event"

    def situation_text(self, name: str, code: tuple[int, ...]) -> str:
        """Needs, things carried, what is in sight, the hour or the floor."""
        return (classic_words if name == "craftax/classic" else full_words).situation_text(code)
