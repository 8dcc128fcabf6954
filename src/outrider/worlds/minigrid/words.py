"""Event codes of the MiniGrid family and their English sentences. No jax: codes on the device, words on the host.

A code is a position in one table of (kind, colour, object), the same for all MiniGrid worlds; code 0 is "no event"
(a plain turn or walk). A world uses a part of the table; `codes` says what follows behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

from outrider.worlds import television
from outrider.worlds.minigrid import things
from outrider.worlds.minigrid import tiles as t

COLOURS = tuple(t.COLOUR_NAMES)
OBJECTS = tuple(t.OBJECTS)

# Kinds in the order of the table: (name, sentence, per colour?, per object?).
KINDS = (
    ("silence", "", False, False),
    ("nothing", "Nothing happened.", False, False),
    ("bumped wall", "You bumped into the wall.", False, False),
    ("reached", "You reached the green goal.", False, False),
    ("bumped locked", "You bumped into the locked {colour} door.", True, False),
    ("bumped closed", "You bumped into the closed {colour} door.", True, False),
    ("unlocked", "You unlocked the {colour} door.", True, False),
    ("opened", "You opened the {colour} door.", True, False),
    ("closed", "You closed the {colour} door.", True, False),
    ("walked through", "You walked through the {colour} door.", True, False),
    ("bumped object", "You bumped into the {colour} {object}.", True, True),
    ("picked up", "You picked up the {colour} {object}.", True, True),
    ("dropped", "You dropped the {colour} {object}.", True, True),
)


@dataclass(frozen=True)
class Event:
    """One row of the table."""

    kind: str
    sentence: str
    colour: int = 0
    object: int = 0


def _table() -> tuple[tuple[Event, ...], dict[str, int]]:
    rows: list[Event] = []
    base: dict[str, int] = {}
    for kind, text, per_colour, per_object in KINDS:
        base[kind] = len(rows)
        for colour in COLOURS if per_colour else (0,):
            for thing in OBJECTS if per_object else (0,):
                words = {"colour": t.COLOUR_NAMES.get(colour, ""), "object": t.OBJECTS.get(thing, "")}
                rows.append(Event(kind, text.format(**words), colour, thing))
    return tuple(rows), base


EVENTS, BASE = _table()
TELEVISION = len(EVENTS)  # the television's channels follow the table

# The flags that an observation carries: which kinds of event occurred in this episode. Keys and other things count
# apart, since a key is a tool and the rest are not.
FLAGS = (
    *(kind for kind, *_ in KINDS[1:10]),
    *(f"{kind} {what}" for kind in ("bumped", "picked up", "dropped") for what in ("key", "thing")),
    "television",
)


def flag_of(event: Event) -> int:
    """Which flag an event raises; -1 for silence."""
    if event.kind == "silence":
        return -1
    if not event.object:
        return FLAGS.index(event.kind)
    return FLAGS.index(f"{event.kind.removesuffix(' object')} {'key' if event.object == t.KEY else 'thing'}")


def event_text(code: int) -> str:
    """The sentence of an event code; empty for code 0."""
    return EVENTS[code].sentence if code < TELEVISION else television.sentence(code - TELEVISION)


DOOR_STATES = ("locked", "closed", "open")
_AHEAD = {
    t.FLOOR: "the floor",
    t.WALL: "a wall",
    t.GOAL: "the green goal",
    t.DOOR_LOCKED: "the locked {colour} door",
    t.DOOR_CLOSED: "the closed {colour} door",
    t.DOOR_OPEN: "the open {colour} door",
}


def situation_text(code: tuple[int, ...], article: str = "the") -> str:
    """The sentence of a situation code, such as "You carry nothing; the yellow door is locked; ahead is a wall.".

    `article` is "a" where several doors may be alike.
    """
    pocket, doors, ahead = code
    carried = f"the {t.name(pocket)}" if pocket else "nothing"
    told = [
        f"{article} {colour} door is {state}"
        for i, colour in enumerate(t.COLOUR_NAMES.values())
        for j, state in enumerate(DOOR_STATES)
        if doors >> len(COLOURS) * j + i & 1
    ]
    return f"You carry {carried}; {', '.join(told) or 'no door is here'}; ahead is {_ahead(ahead)}."


def _ahead(cell: int) -> str:
    tile, colour = divmod(cell, t.COLOURS)
    if tile >= t.TILES:
        return f"the {things.NAMES[cell - t.TILES * t.COLOURS]}"
    if tile in t.OBJECTS:
        return f"the {t.name(cell)}"
    return _AHEAD[tile].format(colour=t.COLOUR_NAMES.get(colour, ""))
