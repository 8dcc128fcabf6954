"""Asks an engine how relevant each caption of a world is to its mission. No jax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from outrider.errors import OutriderError
from outrider.guide.vocabulary import Vocabulary
from outrider.lm.question import Answer, Engine, Rate


@dataclass(frozen=True)
class Weights:
    """What an engine said of each caption: a weight in [0, 1], or an abstention with its reason."""

    answers: Mapping[str, Answer]

    @property
    def by_caption(self) -> dict[str, float | None]:
        """Each caption's weight; None where the engine abstained, which is not 0."""
        return {caption: a.values[0] if a.values else None for caption, a in self.answers.items()}


def ask(words: Vocabulary, engine: Engine) -> Weights:
    """Put every caption to the engine, in one call. Errors: a world without captions."""
    if not words.captions:
        raise OutriderError(
            f"the world of the mission {words.mission!r} has no captions to rate; train it without signal and engine"
        )
    answers = engine.answer([Rate(caption, words.mission) for caption in words.captions])
    return Weights(dict(zip(words.captions, answers, strict=True)))
