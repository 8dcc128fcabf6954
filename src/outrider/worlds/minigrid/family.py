"""The MiniGrid family: its worlds, its options and its words. No jax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from outrider.worlds import television
from outrider.worlds.minigrid import codes, things, words
from outrider.worlds.minigrid.catalogue import WORLDS, MiniGridFacts

__all__ = ["OPTIONS", "WORLDS", "MiniGridFacts", "MiniGridFamily", "amount", "channels"]

OPTIONS = {
    "television": "toggling or dropping nothing shows endless irrelevant pictures",
    "television=mission": "toggling or dropping nothing says sentences that name the mission's own things",
    "television=10000": "toggling or dropping nothing says 10,000 irrelevant sentences, no two alike",
} | {f"clutter={n}": f"{n} irrelevant things lie on the floor, in nobody's way" for n in things.AMOUNTS}

_DOOR_KINDS = ("bumped locked", "bumped closed", "unlocked", "opened", "closed", "walked through")
_LOCK_KINDS = ("bumped locked", "unlocked")  # XLand's doors have no locks
_PASSED = ("bumped closed", "opened", "closed", "walked through")  # what comes after a door was unlocked
_HANDLED = ("picked up", "dropped")


def channels(facts: MiniGridFacts, options: frozenset[str]) -> tuple[int, tuple[str, ...]]:
    """The television's first event code, and its sentences; none without a television."""
    if "television=mission" in options:
        return codes.HEARSAY, television.hearsay(facts.named)
    if "television=10000" in options:
        return codes.MONOLOGUES, television.monologues()
    shown = range(television.CHANNELS if "television" in options else 0)
    return codes.TELEVISION, tuple(map(television.sentence, shown))


def amount(options: frozenset[str]) -> int:
    """How many things clutter the world."""
    return next((int(o.partition("=")[2]) for o in options if o.startswith("clutter=")), 0)


@dataclass(frozen=True)
class MiniGridFamily:
    """As `Family` says."""

    package: str = ""
    worlds: Mapping[str, MiniGridFacts] = field(default_factory=lambda: WORLDS)
    options: Mapping[str, str] = field(default_factory=lambda: OPTIONS)

    def sentences(self, name: str, options: frozenset[str]) -> dict[int, str]:
        """The part of the table of events that this world can reach, then what its rules and options add."""
        facts = WORLDS[name]
        said = {
            code: event.sentence
            for code, event in enumerate(words.EVENTS)
            if event.sentence
            and (not event.colour or event.colour in facts.colours)
            and (not event.object or facts.holds(event.object, event.colour))
            and (event.kind != "reached" or facts.success == "goal")
            and (event.kind not in _DOOR_KINDS or facts.doors)
            and (event.kind not in _LOCK_KINDS or not facts.rules)
            and (event.kind not in _PASSED or facts.success != "open")
            and (event.kind not in _HANDLED or facts.success != "match")
            and not (event.object and facts.hushes(event.kind, event.object, event.colour))
        }
        if facts.success == "match":
            said[codes.MATCHED] = "You went to the matching object."
            said[codes.MISTOOK] = "You went to the wrong object."
        if facts.rules:
            said |= {codes.RULES + i: rule.sentence for i, rule in enumerate(facts.rules.rules)}
            if done := facts.rules.goal.sentence:
                said[codes.RULES + len(facts.rules.rules)] = done
        for deed, told in enumerate(things.DEEDS):
            if deed == things.LIFTED and facts.success == "match":
                continue  # where picking up is toggling, nothing is lifted
            start = codes.CLUTTER + deed * things.MOST
            said |= {start + i: told.format(things.NAMES[i]) for i in range(amount(options))}
        first, shown = channels(facts, options)
        return said | dict(enumerate(shown, start=first))

    def kind(self, code: int) -> str:
        """The kind of an event code, as the observation's flags tell kinds apart."""
        return codes.kind(code)

    def situation_text(self, name: str, code: tuple[int, ...]) -> str:
        """What is carried, the state of the doors, what is ahead."""
        return words.situation_text(code, "a" if WORLDS[name].rules and WORLDS[name].doors > 1 else "the")
