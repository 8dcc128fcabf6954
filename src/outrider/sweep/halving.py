"""Successive halving: many candidates briefly, the best of them longer (Jamieson and Talwalkar 2016, algorithm 1).

Every rung spends the same share of the budget, so a rung with a `keep`-th of the candidates trains each `keep` times as
long. Departure: a survivor is trained anew and not continued, since its learning rate falls over the rung's own length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outrider.errors import OutriderError

WHOLE_UPDATES = 8  # runs of at least so many updates are made of whole chunks


@dataclass(frozen=True)
class Rung:
    """`candidates` of them, each trained for at most `steps` environment steps a seed and world."""

    candidates: int
    steps: int


@dataclass(frozen=True)
class Score:
    """What a candidate reached on one world: the evaluated success or return, and the area under its curve."""

    final: float
    area: float


def rungs(budget: int, candidates: int, keep: int, runs: int) -> list[Rung]:
    """The rungs of a budget in environment steps; each candidate of a rung is trained in `runs` runs."""
    sizes = [candidates]
    while -(-sizes[-1] // keep) > 1:
        sizes.append(-(-sizes[-1] // keep))
    return [Rung(size, budget // (len(sizes) * size * runs)) for size in sizes]


def steps_of_run(steps: int, batch: int, where: str) -> int:
    """The whole updates of `batch` steps that fit; in whole chunks where there are enough."""
    updates = steps // batch
    if updates >= WHOLE_UPDATES:
        updates -= updates % WHOLE_UPDATES
    if updates < 1:
        raise OutriderError(
            f"{where}: the budget leaves {steps:,} steps for a run of the first rung, one update takes {batch:,}; "
            "raise steps, or lower candidates or seeds"
        )
    return updates * batch


def order(scores: Mapping[int, Sequence[Score | None]], combine: str) -> list[int]:
    """The candidates from best to worst. `scores` has one a world for each; None (it failed) is below all others.

    `combine` "rank": by the mean over worlds of a candidate's rank, in which equals share the mean of their places.
    "mean": by the mean over worlds of the score, which is rescaled to [0, 1] over the candidates; equals by the areas.
    What is still equal goes by number, so that the present settings win a tie.
    """
    worlds = range(len(next(iter(scores.values()))))
    if combine == "rank":
        ranks = [_ranks({c: of[world] for c, of in scores.items()}) for world in worlds]
        return sorted(scores, key=lambda c: (sum(rank[c] for rank in ranks) / len(ranks), c))
    finals = [_rescaled({c: of[world] for c, of in scores.items()}) for world in worlds]

    def key(c: int) -> tuple[float, float, int]:
        areas = [-1.0 if score is None else score.area for score in scores[c]]
        return (-sum(final[c] for final in finals), -sum(areas), c)

    return sorted(scores, key=key)


def _ranks(scores: Mapping[int, Score | None]) -> dict[int, float]:
    """1 for the best; by final score, equals by area."""

    def value(score: Score | None) -> tuple[float, float]:
        return (float("-inf"), 0.0) if score is None else (score.final, score.area)

    values = [value(score) for score in scores.values()]
    return {
        c: sum(other > value(score) for other in values) + (values.count(value(score)) + 1) / 2
        for c, score in scores.items()
    }


def _rescaled(scores: Mapping[int, Score | None]) -> dict[int, float]:
    """0 for the worst, 1 for the best; -1 for what failed."""
    reached = [score.final for score in scores.values() if score]
    low, high = min(reached, default=0.0), max(reached, default=0.0)
    span = (high - low) or 1.0
    return {c: -1.0 if score is None else (score.final - low) / span for c, score in scores.items()}
