"""Which worlds there are, their missions and their words. No jax: plans and the command line read this.

A world's id is `family/name` with options behind `+`, such as `minigrid/doorkey-8x8+television`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec

from outrider.errors import OutriderError
from outrider.worlds import renamed
from outrider.worlds.craftax.family import CraftaxFamily
from outrider.worlds.facts import Family, WorldFacts
from outrider.worlds.gymnax.family import GymnaxFamily
from outrider.worlds.minigrid.family import MiniGridFacts, MiniGridFamily

FAMILIES: dict[str, Family] = {
    "minigrid": MiniGridFamily(),
    "gymnax": GymnaxFamily(),
    "craftax": CraftaxFamily(),
}
WORLDS = {name: facts for family in FAMILIES.values() for name, facts in family.worlds.items()}
# Families of host worlds, with what they are: what stands behind the stroke is the package's own name.
HOST = {
    "envpool": "MiniGrid, BabyAI and others in C++, under their original names",
    "gymnasium": "any world registered with Gymnasium",
    "pettingzoo": "PettingZoo's parallel worlds, as FAMILY/NAME",
    "atari": "Atari's games through ale-py, whole games with sticky actions",
    "crafter": "Crafter with and without reward",
    "nethack": "nle's worlds; +renamed",
    "minihack": "MiniHack's worlds; +renamed, +engravings=4 (16, 64)",
    "textworld": "TextWorld's challenges, such as coin-collector-5",
}


def family_of(name: str) -> Family:
    """The family of a known world."""
    return FAMILIES[name.partition("/")[0]]


def options_of(name: str) -> Mapping[str, str]:
    """What may follow a `+` in the id of a known world, with what it does: its family's, and `+renamed`."""
    family = family_of(name)
    speaks = bool(family.sentences(name, frozenset()))
    return {**family.options, **({renamed.OPTION: renamed.EFFECT} if speaks else {})}


def is_host(world_id: str) -> bool:
    """Whether a world runs on the host, in a package of others."""
    return world_id.partition("/")[0] in HOST


def check_world(world_id: str) -> tuple[WorldFacts, frozenset[str]]:
    """The facts and the options of a world's id. Errors: unknown world or option, nearest names suggested.

    With `+renamed` the mission is told in made-up words; who reads it from here rates and shows what the captions say.
    """
    name, *options = world_id.split("+")
    if is_host(name):
        raise OutriderError(
            f"world {world_id} runs on the host, where its words and sizes are not known beforehand; `outrider train`, "
            "`verify`, `sweep`, `bench`, `play` and `watch` take it"
        )
    if name not in WORLDS:
        raise OutriderError(unknown(f"world {name!r}", name, tuple(WORLDS)) + "; `outrider worlds` lists all")
    known = tuple(options_of(name))
    for option in options:
        if option not in known and not family_of(name).options:
            raise OutriderError(
                f"world {name} has no options{f' but +{known[0]}' if known else ''}; leave out +{option}"
            )
        if option not in known:
            raise OutriderError(unknown(f"option {option!r} of world {name}", option, known))
    if len({option.partition("=")[0] for option in options}) < len(options):
        raise OutriderError(f"world {world_id!r} names an option twice; once is enough")
    facts = WORLDS[name].under(frozenset(options) - {renamed.OPTION})
    return replace(facts, mission=_said(facts.mission, options)), frozenset(options)


def _said(sentence: str, options: Sequence[str] | frozenset[str]) -> str:
    return renamed.rename(sentence) if renamed.OPTION in options else sentence


def check_known(world_id: str) -> None:
    """Refuse a world that there is not. Errors: as `check_world`; whether a package has a host world, it says itself
    when it makes one."""
    if not is_host(world_id):
        check_world(world_id)


def check_installed(world_id: str) -> None:
    """Refuse a world whose package is not installed. Errors: also as `check_world`."""
    facts, _ = check_world(world_id)
    package = family_of(facts.name).package
    if package and find_spec(package) is None:
        raise OutriderError(
            f"world {facts.name} needs the package {package}; install it with `pip install 'outrider[worlds]'`"
        )


def has_expert(world_id: str) -> bool:
    """Whether a device world has an expert, as `experts.expert_of` finds it. Errors: as `check_world`."""
    facts, _ = check_world(world_id)
    return isinstance(facts, MiniGridFacts) and not facts.rules


def check_expert(world_id: str) -> None:
    """Refuse a world without an expert. Errors: also as `check_world`."""
    if not has_expert(world_id):
        raise OutriderError(without_expert(world_id))


def without_expert(world_id: str) -> str:
    """What is said of a world that has none."""
    return (
        f"world {world_id} has no expert; the worlds of minigrid/ without rule sets (xland) have one: choose "
        "one of them, or let a trained policy demonstrate"
    )


def unknown(what: str, given: str, known: Sequence[str]) -> str:
    """A message about an unknown name, with at most four of the known ones, the nearest if any is near."""
    near = difflib.get_close_matches(given, known, n=3, cutoff=0.4) or list(known)[:4]
    return f"unknown {what}; did you mean {' or '.join(near)}?"


def event_sentences(world_id: str) -> dict[int, str]:
    """Every event code that a world can emit, with its sentence; silence (code 0) left out."""
    facts, options = check_world(world_id)
    sentences = family_of(facts.name).sentences(facts.name, options - {renamed.OPTION})
    return {code: _said(sentence, options) for code, sentence in sentences.items()}


def event_kind(world_id: str, code: int) -> str:
    """The kind of an event code, as the observation's flags tell kinds apart; "no event" for code 0.

    Kinds are for people who read a record: they keep their English names in a `+renamed` world. Host worlds know of
    no other kinds than "event".
    """
    if is_host(world_id):
        return "event" if code else "no event"
    return family_of(world_id).kind(code)


def situation_text(world_id: str, code: tuple[int, ...]) -> str:
    """The sentence of a situation, such as "You carry nothing; the yellow door is locked."."""
    name, *options = world_id.split("+")
    return _said(family_of(name).situation_text(name, code), options)
