"""Engines with the right form and no knowledge, and one with all of it: what a model's help is measured
against.

All are deterministic and answer the same whatever the order of the questions. Each answers `Rate` with one
weight (a wrapped engine's raw scores are kept only by `shuffled`, which moves whole answers) and abstains
from `Score`.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from outrider.errors import OutriderError
from outrider.lm.question import Answer, Engine, Question, Rate

RATES_ONLY = Answer(abstention="a placebo rates captions; it scores no options")


@dataclass(frozen=True)
class Constant:
    """Every caption matters equally: with an event count, this is the event count without a model."""

    weight: float = 1.0

    @property
    def name(self) -> str:
        return "constant" if self.weight == 1.0 else f"constant {self.weight!r}"

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        return [
            Answer((self.weight,)) if isinstance(question, Rate) else RATES_ONLY for question in questions
        ]


@dataclass(frozen=True)
class WordOverlap:
    """1 where a caption shares a word with the mission (by its first four letters), else 0: relevance for nothing.

    Words of fewer than three letters and "the", "and", "you", "then" do not count.
    """

    @property
    def name(self) -> str:
        return "word-overlap"

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        return [self._one(question) if isinstance(question, Rate) else RATES_ONLY for question in questions]

    def _one(self, rate: Rate) -> Answer:
        return Answer((float(bool(_stems(rate.caption) & _stems(rate.mission))),))


def _stems(text: str) -> set[str]:
    words = re.findall(r"[a-z]{3,}", text.lower())
    return {word[:4] for word in words if word not in ("the", "and", "you", "then")}


@dataclass(frozen=True)
class Random:
    """Uniform in [0, 1): a hash of the question and the seed."""

    seed: int = 0

    @property
    def name(self) -> str:
        return f"random seed {self.seed}"

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        return [self._one(question) if isinstance(question, Rate) else RATES_ONLY for question in questions]

    def _one(self, rate: Rate) -> Answer:
        digest = _digest([self.seed, rate.caption, rate.mission])
        return Answer((int.from_bytes(digest[:8], "big") / 2**64,))


@dataclass(frozen=True)
class Shuffled:
    """The engine's own answers, dealt out anew among the captions of one call: the same weights, the wrong
    places.

    Who gets whose answer depends on the set of questions asked together (and the seed), not on their order;
    so the captions of a study belong into one call. A caption may by chance keep its own answer.
    """

    engine: Engine
    seed: int = 0

    @property
    def name(self) -> str:
        return f"shuffled seed {self.seed} ({self.engine.name})"

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        rates = sorted(
            {q for q in questions if isinstance(q, Rate)}, key=lambda rate: (rate.mission, rate.caption)
        )
        answers = self.engine.answer(rates)
        seed = _digest([self.seed, *([rate.mission, rate.caption] for rate in rates)])
        random.Random(int.from_bytes(seed, "big")).shuffle(answers)
        dealt = dict(zip(rates, answers, strict=True))
        return [dealt[question] if isinstance(question, Rate) else RATES_ONLY for question in questions]


@dataclass(frozen=True)
class Inverted:
    """One minus the engine's weight: help that points away."""

    engine: Engine

    @property
    def name(self) -> str:
        return f"inverted ({self.engine.name})"

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        rates = [question for question in questions if isinstance(question, Rate)]
        answers = iter(self.engine.answer(rates))
        return [
            _invert(next(answers)) if isinstance(question, Rate) else RATES_ONLY for question in questions
        ]


@dataclass(frozen=True)
class Oracle:
    """Hand-written weights by caption, whatever the mission: the ceiling. Abstains from captions it does
    not list.
    """

    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        for caption, weight in self.weights.items():
            if not 0 <= weight <= 1:
                raise OutriderError(f"the oracle's weight of {caption!r} is {weight}: it must lie in [0, 1]")

    @property
    def name(self) -> str:
        return f"oracle {_digest(sorted(self.weights.items())).hex()[:12]}"

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        return [self._one(question) if isinstance(question, Rate) else RATES_ONLY for question in questions]

    def _one(self, rate: Rate) -> Answer:
        if rate.caption not in self.weights:
            return Answer(abstention=f"the oracle has no weight for {rate.caption!r}")
        return Answer((float(self.weights[rate.caption]),))


def _invert(answer: Answer) -> Answer:
    return answer if answer.abstention else replace(answer, values=(1.0 - answer.values[0],))


def _digest(content: object) -> bytes:
    return hashlib.sha256(json.dumps(content).encode()).digest()
