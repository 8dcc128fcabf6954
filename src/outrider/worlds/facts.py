"""What can be said of a world without building it, and what a family of worlds brings. No jax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class WorldFacts:
    """One world. `horizon` counts environment steps; an episode with a return above `solved_above` is a success."""

    name: str
    mission: str
    horizon: int
    description: str
    solved_above: float = 0.0
    copies_a_reset: int = (
        16  # copies that share one freshly generated world a step; 1 where making one is cheap
    )
    dear_reset: bool = (
        False  # making a world costs far more than a step: it is made only where an episode ends
    )
    timed: bool = True  # the clock cuts episodes off; else each terminates by itself within the horizon
    drawn: bool = True  # a film can be made of it


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
