"""From the raw curves of runs to what is drawn: means over seeds, bands, and thinning that is told."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outrider.verify.metrics import METRICS
from outrider.verify.runs import run_from
from outrider.verify.statistics import mean_interval

SHARE = (0.0, 1.0)  # the ends that a share, as success is, cannot pass
MAX_POINTS = 100  # a point every 8 pixels of the widest drawing


@dataclass(frozen=True)
class Curve:
    """One arm's curve: steps [P], values [S, P] (NaN where no episode ended), mean, low, high and n [P]."""

    steps: NDArray[np.float64]
    values: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    n: NDArray[np.int64]
    recorded: int

    @property
    def thinned(self) -> bool:
        """Whether fewer points are drawn than were recorded."""
        return len(self.steps) < self.recorded

    @property
    def last(self) -> float | None:
        """The last mean that exists."""
        return next((float(value) for value in self.mean[::-1] if not np.isnan(value)), None)


def curve(
    runs: Sequence[dict[str, Any]],
    key: str,
    bounds: tuple[float, float] | None = None,
    points: int = MAX_POINTS,
) -> Curve:
    """The curve of one arm, the mean over the seeds that have a value there.

    The band is the pointwise 95 % interval of that mean where the quantity has bounds (the interval of the
    verdict, Gaffke's), and the range from the lowest to the highest seed where it has none.
    """
    steps = np.array(max((run["steps"] for run in runs), key=len, default=[]), dtype=float)
    values = np.full((len(runs), len(steps)), np.nan)
    for row, run in zip(values, runs, strict=True):
        column = [np.nan if value is None else value for value in run.get(key) or []]
        row[: len(column)] = column
    kept = np.unique(np.linspace(0, len(steps) - 1, min(points, len(steps))).round().astype(int))
    values = values[:, kept]
    columns = [column[~np.isnan(column)] for column in values.T]
    mean = np.array([column.mean() if len(column) else np.nan for column in columns])
    ends = np.array([_band(tuple(np.sort(column).tolist()), bounds) for column in columns]).reshape(-1, 2)
    return Curve(
        steps[kept],
        values,
        mean,
        ends[:, 0],
        ends[:, 1],
        np.array([len(c) for c in columns], int),
        len(steps),
    )


@functools.lru_cache(maxsize=4096)
def _band(column: tuple[float, ...], bounds: tuple[float, float] | None) -> tuple[float, float]:
    """Where the band of one point begins and ends; NaN where fewer than two seeds have a value."""
    if len(column) < 2:
        return float("nan"), float("nan")
    return mean_interval(column, bounds) if bounds else (column[0], column[-1])


def score(run: dict[str, Any], metric: str) -> float | None:
    """One run's score, computed as the verdict computes it; `None` where it has none. Of one run: no steadiness."""
    return METRICS[metric](run_from(run, "runs.jsonl"))
