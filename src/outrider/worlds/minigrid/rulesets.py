"""XLand rule sets: what a few things become when they meet, and what is to be done with it. No jax.

The kinds of rule and of goal are xminigrid's (`core/rules.py`, `core/goals.py`; XLand-MiniGrid, Nikulin et al. 2024).
Its benchmarks of random rule sets are downloads; these are made by hand, each around another kind of rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from outrider.worlds.minigrid import tiles as t

# "pair": two things lie side by side after one of them was put down; "near": the agent has come to stand beside a
# thing; "hold": the agent has picked a thing up.
When = Literal["pair", "near", "hold"]

RED, GREEN, BLUE, PURPLE, YELLOW, GREY = t.COLOUR_NAMES


def _cell(tile: int, colour: int) -> int:
    return tile * t.COLOURS + colour


@dataclass(frozen=True)
class Goal:
    """What ends an episode well."""

    when: When
    of: tuple[int, ...]  # cells: two for a pair, else one

    @property
    def words(self) -> str:
        """As a mission; its event is the same in the past tense."""
        names = [f"the {t.name(cell)}" for cell in self.of]
        if self.when == "pair":
            return f"put {names[0]} next to {names[1]}"
        return f"{'pick up' if self.when == 'hold' else 'go next to'} {names[0]}"

    @property
    def sentence(self) -> str:
        """What is said when it is done; empty where picking up says it already."""
        done = {"pair": self.words, "near": self.words.replace("go", "went", 1), "hold": ""}[self.when]
        return f"You {done}." if done else ""


@dataclass(frozen=True)
class Rule:
    """What things become: of a pair, one becomes it and the other is gone."""

    when: When
    of: tuple[int, ...]
    makes: int

    @property
    def sentence(self) -> str:
        """What is said when it fires."""
        names = [f"the {t.name(cell)}" for cell in self.of]
        made = f"a {t.name(self.makes)}"
        if self.when == "pair":
            return f"You put {names[0]} next to {names[1]} and they became {made}."
        done = "picked up" if self.when == "hold" else "went next to"
        return f"You {done} {names[0]} and it became {made}."


@dataclass(frozen=True)
class RuleSet:
    """Rules in the order in which they are tried, a goal, and the things that lie about at the start."""

    name: str
    layout: str  # xminigrid's id
    rules: tuple[Rule, ...]
    goal: Goal
    start: tuple[int, ...]
    description: str

    @property
    def mission(self) -> str:
        """The goal alone: how to come by it is to be found out."""
        return self.goal.words

    def hushes(self, deed: str, cell: int) -> bool:
        """Whether "bumped object", "picked up" or "dropped" is never said of a thing: a rule or the goal is said in its
        place, what was picked up became another, or the episode is over by then."""
        said = [one.when for one in (*self.rules, self.goal) if cell in one.of]
        if deed == "bumped object":
            return "near" in said
        if any(rule.when == "hold" and rule.makes == cell for rule in self.rules):
            return False  # it may come into the hands by itself
        # What is made comes to lie out of reach, so that a goal to be near it is met before it is picked up.
        met = self.goal.when == "near" and cell in self.goal.of and cell not in self.start
        held = any(rule.when == "hold" and cell in rule.of for rule in self.rules)
        return met or held or (deed == "dropped" and "hold" in said)


_RED_BALL, _BLUE_SQUARE, _GREEN_STAR = _cell(t.BALL, RED), _cell(t.SQUARE, BLUE), _cell(t.STAR, GREEN)
_PURPLE_PYRAMID, _YELLOW_HEX = _cell(t.PYRAMID, PURPLE), _cell(t.HEX, YELLOW)
_GREY_BALL, _RED_SQUARE = _cell(t.BALL, GREY), _cell(t.SQUARE, RED)

RULE_SETS = (
    RuleSet(
        name="pair",
        layout="XLand-MiniGrid-R1-9x9",
        rules=(Rule("pair", (_RED_BALL, _BLUE_SQUARE), _GREEN_STAR),),
        goal=Goal("hold", (_GREEN_STAR,)),
        start=(_RED_BALL, _BLUE_SQUARE, _PURPLE_PYRAMID, _YELLOW_HEX),
        description="two things of four, put side by side, become the one to be picked up",
    ),
    RuleSet(
        name="near",
        layout="XLand-MiniGrid-R2-9x9",
        rules=(
            Rule("near", (_PURPLE_PYRAMID,), _RED_BALL),
            Rule("near", (_YELLOW_HEX,), _GREY_BALL),
        ),
        goal=Goal("pair", (_RED_BALL, _BLUE_SQUARE)),
        start=(_PURPLE_PYRAMID, _YELLOW_HEX, _BLUE_SQUARE),
        description="a thing becomes another when it is approached; that one is to be brought to a third",
    ),
    RuleSet(
        name="chain",
        layout="XLand-MiniGrid-R4-13x13",
        rules=(
            Rule("hold", (_RED_SQUARE,), _RED_BALL),
            Rule("pair", (_RED_BALL, _BLUE_SQUARE), _PURPLE_PYRAMID),
            Rule("pair", (_PURPLE_PYRAMID, _YELLOW_HEX), _GREEN_STAR),
            Rule("pair", (_BLUE_SQUARE, _YELLOW_HEX), _GREY_BALL),  # the dead end
        ),
        goal=Goal("near", (_GREEN_STAR,)),
        start=(_RED_SQUARE, _BLUE_SQUARE, _YELLOW_HEX),
        description="three rules one after the other in four rooms, and a fourth that spoils it",
    ),
)
