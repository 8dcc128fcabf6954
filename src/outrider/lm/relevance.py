"""How relevant is a caption to a mission? A scorer around an engine that scores options.

Two questions about one caption at a time, never pairs, lists or plans (small models answer those by
position):

  contrast   log P(" good") - log P(" bad") after the caption and "For the player this is"
  mission    log P(the mission's words) after the caption and "The goal is to"

Each becomes a z-score on the null set of irrelevant sentences; relevance is their sum. The weight is exactly
0 up to a high quantile of the null set's own relevance, then rises linearly to 1 over `span` of its standard
deviations. Every threshold comes from the null set alone, never from the other captions asked about: the
answer to a caption does not depend on when and with what it is asked. What was tried instead:
docs/decisions/relevance-scorer.md.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from outrider.lm.irrelevant import IRRELEVANT
from outrider.lm.question import Answer, Engine, Question, Rate, Score

CONTRAST = 'Game message: "{caption}" For the player this is'
GOOD_BAD = (" good", " bad")
MISSION = 'Game message: "{caption}" The goal is to'
PARTS = (
    "weight",
    "relevance",
    "contrast",
    "mission",
)  # the values of an answer, in order; the last two in nats


@dataclass(frozen=True)
class Null:
    """What the null set says about one mission: mean and standard deviation of the parts, and of their
    sum.
    """

    contrast: tuple[float, float]
    mission: tuple[float, float]
    threshold: float
    spread: float

    def relevance(self, contrast: float, mission: float) -> float:
        return (contrast - self.contrast[0]) / self.contrast[1] + (mission - self.mission[0]) / self.mission[
            1
        ]


@dataclass(frozen=True)
class Relevance:
    """Engine: answers `Rate` with (weight in [0, 1], relevance, contrast, mission), and abstains if a part
    does.

    `quantile` of the null set is where weights begin; `span`, in its standard deviations, how far above they
    are 1. The null set is asked once a mission (96 captions); its cost is in the inner engine's, not in the
    answers.
    """

    inner: Engine
    quantile: float = 0.95
    span: float = 3.0
    null_set: tuple[str, ...] = IRRELEVANT
    _nulls: dict[str, Null | str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        recipe = [CONTRAST, GOOD_BAD, MISSION, self.quantile, self.span, self.null_set]
        digest = hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:12]
        return f"relevance {digest} ({self.inner.name})"

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """All that has to be asked goes to the inner engine in one call."""
        rates = [question for question in questions if isinstance(question, Rate)]
        new = [
            mission for mission in dict.fromkeys(rate.mission for rate in rates) if mission not in self._nulls
        ]
        null = [Rate(caption, mission) for mission in new for caption in self.null_set]
        asked = list(dict.fromkeys(score for rate in null + rates for score in parts(rate)))
        said = dict(zip(asked, self.inner.answer(asked), strict=True))
        for mission in new:
            self._nulls[mission] = self._standardise(mission, said)
        return [self._rate(question, said) for question in questions]

    def _standardise(self, mission: str, said: dict[Score, Answer]) -> Null | str:
        """The null set's moments for this mission, or why there are none."""
        both = [[said[score] for score in parts(Rate(caption, mission))] for caption in self.null_set]
        reasons = [answer.abstention for pair in both for answer in pair if answer.abstention]
        if reasons:
            return f"the null set was not answered: {reasons[0]}"
        contrasts = [_contrast(pair[0]) for pair in both]
        missions = [pair[1].values[0] for pair in both]
        moments = _moments(contrasts), _moments(missions)
        if not (moments[0][1] > 0 and moments[1][1] > 0):
            return "the null set's scores do not vary"
        null = Null(*moments, 0.0, 0.0)
        sums = [null.relevance(c, m) for c, m in zip(contrasts, missions, strict=True)]
        return Null(*moments, threshold=_quantile(sums, self.quantile), spread=_moments(sums)[1])

    def _rate(self, question: Question, said: dict[Score, Answer]) -> Answer:
        if not isinstance(question, Rate):
            return Answer(abstention="relevance rates captions; put options to the engine inside it")
        good_bad, words = (said[score] for score in parts(question))
        tokens, seconds = good_bad.tokens + words.tokens, good_bad.seconds + words.seconds
        null = self._nulls[question.mission]
        reason = good_bad.abstention or words.abstention or (null if isinstance(null, str) else "")
        if reason or isinstance(null, str):
            return Answer(abstention=reason, tokens=tokens, seconds=seconds)
        contrast, mission = _contrast(good_bad), words.values[0]
        relevance = null.relevance(contrast, mission)
        weight = min(1.0, max(0.0, (relevance - null.threshold) / (self.span * null.spread)))
        return Answer((weight, relevance, contrast, mission), tokens=tokens, seconds=seconds)


def parts(rate: Rate) -> tuple[Score, Score]:
    """The two questions that a model is asked about a caption: contrast, then mission."""
    mission = " " + rate.mission.strip().rstrip(".")
    return Score(CONTRAST.format(caption=rate.caption), GOOD_BAD), Score(
        MISSION.format(caption=rate.caption), (mission,)
    )


def _contrast(answer: Answer) -> float:
    return answer.values[0] - answer.values[1]


def _moments(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation, exactly rounded: the same bits on every machine."""
    mean = math.fsum(values) / len(values)
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))


def _quantile(values: Sequence[float], q: float) -> float:
    """The q-quantile, interpolated linearly between order statistics (numpy's default)."""
    ordered = sorted(values)
    at = q * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])
