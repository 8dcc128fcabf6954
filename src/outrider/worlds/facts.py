"""What can be said of a world without building it, and what a family of worlds brings. No jax."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Protocol, Self

from outrider.errors import OutriderError

RANDOM, MAXIMUM, SOLVED = "random", "maximum", "solved"
RULES = "by the world's rules"  # the source of what follows from them
MEASURED = "benchmarks/random_scores.py"  # the source of what a policy by chance scored here
SHORTEST = "shortest ways, which no policy can pass; benchmarks/shortest_ways.py"


@dataclass(frozen=True)
class Reference:
    """A score to compare with: mean return of an episode, who reached it, and where that is said."""

    name: str
    score: float
    source: str


@dataclass(frozen=True, kw_only=True)
class WorldFacts:
    """One world. `horizon` counts environment steps; an episode with a return above `solved_above` is a success."""

    name: str
    mission: str
    horizon: int
    description: str
    solved_above: float = 0.0
    actions: tuple[str, ...] = ()  # what each discrete action does, in their order; empty where nobody said
    copies_a_reset: int = (
        16  # copies that share one freshly generated world a step; 1 where making one is cheap
    )
    dear_reset: bool = (
        False  # making a world costs far more than a step: it is made only where an episode ends
    )
    timed: bool = True  # the clock cuts episodes off; else each terminates by itself within the horizon
    drawn: bool = True  # a film can be made of it
    references: tuple[Reference, ...] = ()

    def under(self, options: frozenset[str]) -> Self:
        """The facts of this world with options. Errors: an option that this world of the family lacks."""
        return self


def reference(facts: WorldFacts, *names: str) -> Reference:
    """The reference of the first name that the world has. Errors: it has none of them."""
    for name in names:
        for one in facts.references:
            if one.name == name:
                return one
    raise OutriderError(
        f"world {facts.name} has no reference score named {' or '.join(names)}, so scores of it cannot be normalised"
    )


def normalised(facts: WorldFacts, score: float) -> float:
    """A mean return as 0 where a policy by chance is and 1 at the maximum, or, where no maximum is known, where the
    world counts as solved. Errors: no such references.
    """
    low, high = reference(facts, RANDOM).score, reference(facts, MAXIMUM, SOLVED).score
    return (score - low) / (high - low)


def share_of_maximum(facts: WorldFacts, score: float) -> float:
    """A mean return as a share of the maximum, as Craftax's scoreboard reports it. Errors: no maximum."""
    return score / reference(facts, MAXIMUM).score


def between(random: float, maximum: float, *, measured: bool = True) -> tuple[Reference, Reference]:
    """The two references of `normalised`: what a policy by chance scores, by `MEASURED` or else by the rules, and the
    largest return by the rules. MiniGrid's maximum is 1: `between(random=0.02, maximum=1.0)`."""
    return Reference(RANDOM, random, MEASURED if measured else RULES), Reference(MAXIMUM, maximum, RULES)


@cache
def scores() -> Mapping[str, Mapping[str, float]]:
    """What benchmarks found: "random" and "shortest", by world. `scores.json` is made from their results by
    `docs/generate.py`, so that an installed package can tell them."""
    file = resources.files("outrider.worlds") / "scores.json"
    found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return {kind: found.get(kind, {}) for kind in ("random", "shortest")}


def by_chance(world_id: str) -> tuple[Reference, ...]:
    """What a policy by chance scored in a world; nothing where that was not measured."""
    found = scores()["random"].get(world_id)
    return () if found is None else (Reference(RANDOM, found, MEASURED),)


class Family(Protocol):
    """Worlds of one kind: their facts, their options and their words."""

    @property
    def package(self) -> str:
        """What must be installed to build them, beside the extra `train`; empty for nothing."""
        ...

    @property
    def worlds(self) -> Mapping[str, WorldFacts]: ...
    @property
    def options(self) -> Mapping[str, str]:
        """What may follow a `+`, with what it does."""
        ...

    def sentences(self, name: str, options: frozenset[str]) -> dict[int, str]:
        """Every event code that a world can emit, with its sentence; silence (code 0) left out."""
        ...

    def kind(self, code: int) -> str:
        """The kind of an event code; "no event" for code 0."""
        ...

    def situation_text(self, name: str, code: tuple[int, ...]) -> str:
        """The sentence of a situation; no two situations of a world share one."""
        ...
