"""What gymnax's worlds say: events by a code and situations by small numbers, a kind of world at a time. No jax.

Codes are positions in one table for all these worlds; code 0 is "no event". A world uses the rows of its kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

HILL, SWING = 12, 8  # bands of a car's way up a hill, and of an acrobot's tip's way up
HEIGHTS, SWINGS = range(1, HILL), range(1, SWING)  # the bands that are climbed to
CHAINS = 5

ROWS = (
    ("sea left", "You dived down to the left."),
    ("sea right", "You dived down to the right."),
    ("sea floor", "You reached the sea floor without a treasure."),
    ("treasure", "You found the treasure."),
    *((f"height {k}", f"The car got {k} twelfths of the way up a hill.") for k in HEIGHTS),
    ("wall", "The car hit the left wall."),
    ("flag", "The car reached the flag."),
    *((f"swing {k}", f"The tip swung up to {k} eighths of its way.") for k in SWINGS),
    ("tip over", "The tip swung over the bar."),
    ("fell", "The pole fell."),
    ("left track", "The cart left the track."),
    ("right", "You named the cue correctly."),
    ("wrong", "You named the wrong cue."),
    *((f"chose {k}", f"You chose the chain number {k + 1}.") for k in range(CHAINS)),
    ("paid", "The chain paid its reward."),
)
CODE = {name: code for code, (name, _) in enumerate(ROWS, start=1)}


@dataclass(frozen=True)
class Kind:
    """Worlds of one kind: the names of their events, and how a situation's numbers are said."""

    events: tuple[str, ...]
    situation: Callable[[tuple[int, ...]], str]


def _sea(code: tuple[int, ...]) -> str:
    row, column = code
    return f"You are at depth {row}, {column} to the right."


def _chain(code: tuple[int, ...]) -> str:
    shown, left, cue = code
    if shown:
        return f"The cue is {('low', 'high')[cue]}."
    return "You must name the cue now." if not left else f"You are asked for the cue in {left} steps."


PACE = ("fast to the left", "slowly to the left", "slowly to the right", "fast to the right")


def _car(code: tuple[int, ...]) -> str:
    side, height, pace = code
    return f"The car is {height} twelfths of the way up the {('left', 'right')[side]} hill and rolls {PACE[pace]}."


def _pole(code: tuple[int, ...]) -> str:
    place, drift, angle, turn = code
    where = ("far left", "left", "right", "far right")[place]
    lean = ("far left", "left", "right", "far right")[angle]
    return (
        f"The cart is {where} of the middle and rolls {('left', 'right')[drift]}; "
        f"the pole leans {lean} and turns {('left', 'right')[turn]}."
    )


def _acrobot(code: tuple[int, ...]) -> str:
    height, first, second = code
    ways = ("clockwise", "anticlockwise")
    return (
        f"The tip is {height} eighths up; the upper link turns {ways[first]}, the lower link {ways[second]}."
    )


def _discount(code: tuple[int, ...]) -> str:
    chain, hour = code
    on = f"You are on chain number {chain}" if chain else "You have chosen no chain"
    return f"{on}; {hour} steps have passed."


KINDS = {
    "deepsea": Kind(("sea left", "sea right", "sea floor", "treasure"), _sea),
    "memorychain": Kind(("right", "wrong"), _chain),
    "mountaincar": Kind((*(f"height {k}" for k in HEIGHTS), "wall", "flag"), _car),
    "cartpole": Kind(("fell", "left track"), _pole),
    "acrobot": Kind((*(f"swing {k}" for k in SWINGS), "tip over"), _acrobot),
    "discounting": Kind((*(f"chose {k}" for k in range(CHAINS)), "paid"), _discount),
}


def kind_name(world: str) -> str:
    """What a world such as `gymnax/deepsea-8` is one of: "deepsea"."""
    return world.partition("/")[2].partition("-")[0]
