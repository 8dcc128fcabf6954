"""What can be said of a world without building it, and what a family of worlds brings. No jax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self

from outrider.errors import OutriderError

RANDOM, MAXIMUM = "random", "maximum"  # the references that every normalised score needs


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


def reference(facts: WorldFacts, name: str) -> Reference:
    """The reference of a name. Errors: the world has none of that name."""
    for one in facts.references:
        if one.name == name:
            return one
    raise OutriderError(
        f"world {facts.name} has no reference score named {name!r}, so scores cannot be normalised"
    )


def normalised(facts: WorldFacts, score: float) -> float:
    """A mean return as 0 where the random policy is and 1 at the maximum. Errors: no such reference."""
    low, high = (reference(facts, name).score for name in (RANDOM, MAXIMUM))
    return (score - low) / (high - low)


def share_of_maximum(facts: WorldFacts, score: float) -> float:
    """A mean return as a share of the maximum, as Craftax's scoreboard reports it. Errors: no maximum."""
    return score / reference(facts, MAXIMUM).score


def measured(
    random: float, maximum: float, most: str = "by the world's rules"
) -> tuple[Reference, Reference]:
    """The two references of `normalised`: a random policy's score, as `benchmarks/random_scores.py` finds it, and the
    largest return; `most` says why it is the largest."""
    return Reference(RANDOM, random, "benchmarks/random_scores.py"), Reference(MAXIMUM, maximum, most)


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
