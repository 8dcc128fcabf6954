"""Is a scorer any good? It has to give the better caption of hand-written pairs the higher weight."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from importlib import resources

from outrider.lm.question import Answer, Engine, Rate

ALPHA = 0.05


@dataclass(frozen=True)
class Pair:
    """Two captions; the first matters more to the mission."""

    better: str
    worse: str


@dataclass(frozen=True)
class Gold:
    """A gold set, and the mission it was written for."""

    name: str
    mission: str
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Judged:
    """A pair and the weights it got; `outcome` is right, wrong, tie or abstained."""

    pair: Pair
    better: float | None
    worse: float | None
    outcome: str


@dataclass(frozen=True)
class Validation:
    """How a scorer did. Accuracy counts a tie as half and leaves abstentions out (nan where all abstained).

    `p` is the two-sided binomial probability, without ties, of a coin doing so. Pairs share words and
    captions, so that it flatters a little.
    """

    engine: str
    mission: str
    judged: tuple[Judged, ...]
    accuracy: float
    p: float

    def count(self, outcome: str) -> int:
        return sum(judged.outcome == outcome for judged in self.judged)

    @property
    def better_than_chance(self) -> bool:
        return self.p < ALPHA and self.accuracy > 0.5

    @property
    def sentence(self) -> str:
        """The result in words, for reports."""
        right, ties, abstained = (self.count(outcome) for outcome in ("right", "tie", "abstained"))
        extra = "".join(f", {n} {what}" for n, what in ((ties, "ties"), (abstained, "abstained")) if n)
        verdict = "better than chance" if self.better_than_chance else "no better than chance"
        if self.p < ALPHA and self.accuracy < 0.5:
            verdict = "worse than chance"
        return f"{right} of {len(self.judged)} gold pairs in order{extra}: {verdict} (p = {self.p:.2g})"


def load(name: str = "minigrid") -> Gold:
    """A gold set of this package."""
    text = (resources.files("outrider.lm") / "gold" / f"{name}.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return Gold(name, table["mission"], tuple(Pair(pair["better"], pair["worse"]) for pair in table["pairs"]))


def validate(engine: Engine, *, mission: str = "", gold: Gold | None = None) -> Validation:
    """Ask the engine about every caption of the gold set in one call, for this mission (default: its own)."""
    gold = gold or load()
    mission = mission or gold.mission
    captions = list(dict.fromkeys(caption for pair in gold.pairs for caption in (pair.better, pair.worse)))
    said = engine.answer([Rate(caption, mission) for caption in captions])
    answers = dict(zip(captions, said, strict=True))
    judged = tuple(_judge(pair, answers[pair.better], answers[pair.worse]) for pair in gold.pairs)
    outcomes = [one.outcome for one in judged]
    right, wrong, ties = (outcomes.count(outcome) for outcome in ("right", "wrong", "tie"))
    answered = right + wrong + ties
    accuracy = (right + ties / 2) / answered if answered else math.nan
    return Validation(engine.name, mission, judged, accuracy, two_sided(right, right + wrong))


def two_sided(right: int, n: int) -> float:
    """The probability that a fair coin deviates from n / 2 by as much as `right` does."""
    tail = sum(math.comb(n, k) for k in range(max(right, n - right), n + 1))
    return min(1.0, 2 * tail / 2**n)


def _judge(pair: Pair, better: Answer, worse: Answer) -> Judged:
    if better.abstention or worse.abstention:
        return Judged(pair, _weight(better), _weight(worse), "abstained")
    b, w = better.values[0], worse.values[0]
    return Judged(pair, b, w, "right" if b > w else "wrong" if b < w else "tie")


def _weight(answer: Answer) -> float | None:
    return answer.values[0] if answer.values else None
