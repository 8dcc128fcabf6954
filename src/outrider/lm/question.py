"""What a language model is asked, and what it says. Standard library only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Score:
    """How likely is each option after the prompt? The answer's values are log P(option | prompt), in nats."""

    prompt: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Rate:
    """How relevant is this caption to this mission? The first value is a weight in [0, 1]."""

    caption: str
    mission: str


Question = Score | Rate


@dataclass(frozen=True)
class Answer:
    """Values, or an abstention with its reason; never both. Tokens and seconds are what it cost."""

    values: tuple[float, ...] = ()
    abstention: str = ""
    tokens: int = 0
    seconds: float = 0.0


class Engine(Protocol):
    """Something that answers: a model, a recording, a scorer around a model, a placebo around a scorer.

    `name` says in one line what answers, down to the weights' hash: two engines of one name give one answer.
    """

    @property
    def name(self) -> str: ...

    def answer(self, questions: Sequence[Question]) -> list[Answer]: ...
