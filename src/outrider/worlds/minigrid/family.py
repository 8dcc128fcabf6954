"""The MiniGrid family: its worlds, its options and its words. No jax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from outrider.worlds import television
from outrider.worlds.facts import WorldFacts
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid import words

COLOURED = tuple(t.COLOUR_NAMES)
THINGS = tuple(o for o in t.OBJECTS if o != t.KEY)


@dataclass(frozen=True, kw_only=True)
class MiniGridFacts(WorldFacts):
    """What a MiniGrid holds."""

    layout: str  # xminigrid's id
    colours: tuple[int, ...]
    objects: tuple[int, ...]
    has_goal_tile: bool
    actions: tuple[str, ...] = t.ACTION_NAMES


def _doorkey(size: int, description: str) -> MiniGridFacts:
    return MiniGridFacts(
        name=f"minigrid/doorkey-{size}x{size}",
        layout=f"MiniGrid-DoorKey-{size}x{size}",
        mission="use the key to open the door and then get to the goal",
        horizon=10 * size * size,
        colours=(5,),
        objects=(t.KEY,),
        has_goal_tile=True,
        description=description,
    )


def _unlock(name: str, layout: str, horizon: int, description: str) -> MiniGridFacts:
    return MiniGridFacts(
        name=f"minigrid/{name}",
        layout=f"MiniGrid-{layout}",
        mission="use the key to unlock the door and then pick up the object",
        horizon=horizon,
        colours=COLOURED,
        objects=(t.KEY, *THINGS),
        has_goal_tile=False,
        description=description,
    )


WORLDS = {
    facts.name: facts
    for facts in (
        _doorkey(8, "find the key, unlock the door, reach the goal"),
        _doorkey(16, "the same on a large grid, where chance does not find the goal"),
        _unlock("unlock-pickup", "UnlockPickUp", 288, "unlock the door, pick up the thing behind it"),
        _unlock(
            "blocked-unlock-pickup", "BlockedUnlockPickUp", 576, "the same with a thing in front of the door"
        ),
    )
}
OPTIONS = {"television": "toggling or dropping nothing shows endless irrelevant pictures"}


@dataclass(frozen=True)
class MiniGridFamily:
    """As `Family` says."""

    package: str = ""
    worlds: Mapping[str, MiniGridFacts] = field(default_factory=lambda: WORLDS)
    options: Mapping[str, str] = field(default_factory=lambda: OPTIONS)

    def sentences(self, name: str, options: frozenset[str]) -> dict[int, str]:
        """The part of the table of events that this world can reach, then the television's pictures."""
        facts = WORLDS[name]
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

    def kind(self, code: int) -> str:
        """The kind of an event code, as the observation's flags tell kinds apart."""
        if code >= words.TELEVISION:
            return "television"
        flag = words.flag_of(words.EVENTS[code])
        return words.FLAGS[flag] if flag >= 0 else "no event"

    def situation_text(self, name: str, code: tuple[int, ...]) -> str:
        """What is carried, and the state of the first door."""
        return words.situation_text(code)
