"""Which worlds there are, their missions and their words. No jax: plans and the command line read this.

A world's id is `family/name` with options behind `+`, such as `minigrid/doorkey-8x8+television`.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from outrider.errors import OutriderError
from outrider.worlds import television
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid import words

COLOURED = tuple(t.COLOUR_NAMES)
THINGS = tuple(o for o in t.OBJECTS if o != t.KEY)
OPTIONS = ("television",)
HOST = ("envpool/", "gymnasium/")  # families of host worlds: what stands behind is the package's own name


@dataclass(frozen=True)
class WorldFacts:
    """What can be said of a world without building it. `horizon` counts environment steps."""

    name: str
    layout: str  # xminigrid's id
    mission: str
    horizon: int
    colours: tuple[int, ...]
    objects: tuple[int, ...]
    has_goal_tile: bool
    description: str


_UNLOCK_MISSION = "use the key to unlock the door and then pick up the object"
WORLDS = {
    facts.name: facts
    for facts in (
        WorldFacts(
            "minigrid/doorkey-8x8", "MiniGrid-DoorKey-8x8", "use the key to open the door and then get to the goal",
            640, (5,), (t.KEY,), True, "find the key, unlock the door, reach the goal",
        ),
        WorldFacts(
            "minigrid/doorkey-16x16", "MiniGrid-DoorKey-16x16",
            "use the key to open the door and then get to the goal",
            2560, (5,), (t.KEY,), True, "the same on a large grid, where chance does not find the goal",
        ),
        WorldFacts(
            "minigrid/unlock-pickup", "MiniGrid-UnlockPickUp", _UNLOCK_MISSION,
            288, COLOURED, (t.KEY, *THINGS), False, "unlock the door, pick up the thing behind it",
        ),
        WorldFacts(
            "minigrid/blocked-unlock-pickup", "MiniGrid-BlockedUnlockPickUp", _UNLOCK_MISSION,
            576, COLOURED, (t.KEY, *THINGS), False, "the same with a thing in front of the door",
        ),
    )
}  # fmt: skip


def is_host(world_id: str) -> bool:
    """Whether a world runs on the host, in a package of others."""
    return world_id.startswith(HOST)


def check_world(world_id: str) -> tuple[WorldFacts, frozenset[str]]:
    """The facts and the options of a world's id. Errors: unknown world or option, nearest names suggested."""
    name, *options = world_id.split("+")
    if is_host(name):
        raise OutriderError(
            f"world {world_id} runs on the host, without captions: `outrider train` takes it, nothing else does yet"
        )
    if name not in WORLDS:
        raise OutriderError(
            _unknown(f"world {name!r}", name, tuple(WORLDS)) + "; `outrider worlds` lists all"
        )
    for option in options:
        if option not in OPTIONS:
            raise OutriderError(_unknown(f"option {option!r} of world {name}", option, OPTIONS))
    if len(set(options)) < len(options):
        raise OutriderError(f"world {world_id!r} names an option twice; once is enough")
    return WORLDS[name], frozenset(options)


def _unknown(what: str, given: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(given, known, n=3, cutoff=0.4) or list(known)
    return f"unknown {what}; did you mean {' or '.join(near)}?"


def event_sentences(world_id: str) -> dict[int, str]:
    """Every event code that a world can emit, with its sentence; silence (code 0) left out."""
    facts, options = check_world(world_id)
    said = {
        code: event.sentence
        for code, event in enumerate(words.EVENTS)
        if event.sentence
        and (not event.colour or event.colour in facts.colours)
        and (not event.object or event.object in facts.objects)
        and (event.kind != "reached" or facts.has_goal_tile)
    }
    if "television" in options:
        said |= {words.TELEVISION + c: television.sentence(c) for c in range(television.CHANNELS)}
    return said


def event_kind(code: int) -> str:
    """The kind of an event code, as the observation's flags tell kinds apart; "no event" for code 0."""
    if code >= words.TELEVISION:
        return "television"
    flag = words.flag_of(words.EVENTS[code])
    return words.FLAGS[flag] if flag >= 0 else "no event"
