"""The statistics of a verdict: pure functions, chosen by simulation (docs/decisions/statistics.md).

The scores of exploration studies are bounded and bimodal: a seed is solved or not. At n = 5 to 40 neither
Student's t nor a bootstrap is honest for them. So the interval is Gaffke's, which equals Clopper and
Pearson's on solved-or-not data, and the test is an exact sign-flip test.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

EXACT_SIGN_FLIPS = 40  # pairs up to which all 2^n sign flips are counted
MONTE_CARLO_FLIPS = 99_999
QUANTUM = 1e-9  # differences are compared as whole multiples of this, so that ties are ties on every platform

# Nodes of the trapezoidal rule over s = log u in `gaffke_tail`. The integrand is analytic in a strip of
# half-width pi / 2 and dies off at both ends, so that the error is about exp(-pi^2 / step): below 1e-12 here.
_S = np.arange(-45.0, 45.0, 0.15)
_U = np.exp(_S)


def paired_differences(treatment: ArrayLike, control: ArrayLike) -> Floats:
    """Treatment minus control, pair by pair, [n]; ValueError where lengths differ or a score is NaN."""
    a, b = np.asarray(treatment, float), np.asarray(control, float)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"pairs need two equally long lists of scores, not {a.shape} and {b.shape}")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError(
            "a score is missing: pairs with missing scores must be taken out, and counted, by the caller"
        )
    return a - b


def sign_flip_p(differences: ArrayLike, alternative: str = "greater", seed: int = 0) -> float:
    """How often would flipping signs at random give a mean as large? The sign-flip permutation test's p.

    Null: within each pair, either arm could have had either score. Exact up to 40 pairs (all 2^n flips,
    counted by joining two sorted halves), else Monte Carlo with the +1 correction (Phipson and Smyth 2010),
    which is never 0.
    differences: [n]; alternative: "greater", "less" or "two-sided".
    """
    whole = np.rint(np.asarray(differences, float) / QUANTUM).astype(np.int64)
    if len(whole) == 0:
        return 1.0
    if alternative == "two-sided":
        observed, two_sided = abs(int(whole.sum())), True
    elif alternative in ("greater", "less"):
        whole = whole if alternative == "greater" else -whole
        observed, two_sided = int(whole.sum()), False
    else:
        raise ValueError(f"alternative {alternative!r}: use 'greater', 'less' or 'two-sided'")
    if len(whole) <= EXACT_SIGN_FLIPS:
        left, right = _flip_sums(whole[: len(whole) // 2]), np.sort(_flip_sums(whole[len(whole) // 2 :]))
        reached = np.sum(len(right) - np.searchsorted(right, observed - left, side="left"))
        share = float(reached) / (len(left) * len(right))
        # The sums are symmetric about 0, so the other tail has the same weight; at 0 the two tails overlap.
        return min(1.0, 2 * share) if two_sided else share
    draws = np.random.default_rng(seed).integers(0, 2, (MONTE_CARLO_FLIPS, len(whole)), dtype=np.int8)
    sums = (2 * draws.astype(np.int64) - 1) @ whole
    reached = np.sum((np.abs(sums) if two_sided else sums) >= observed)
    return float(reached + 1) / (MONTE_CARLO_FLIPS + 1)


def _flip_sums(whole: NDArray[np.int64]) -> NDArray[np.int64]:
    """The sums of all 2^k sign flips of k whole numbers, [2^k]."""
    sums = np.zeros(1, np.int64)
    for value in whole:
        sums = np.concatenate([sums - value, sums + value])
    return sums


def gaffke_tail(values: ArrayLike, mean: float) -> float:
    """P(w . x <= mean) where w is uniform on the simplex (Dirichlet of ones) and x are the values, [k].

    Exact but for rounding: w . x <= mean where a sum of exponentials weighted by x - mean is at most 0, and
    Gil-Pelaez (1951) inverts its characteristic function, prod_k 1 / (1 - i u (x_k - mean)). With u = e^s the
    integral becomes one over the whole line, for which the trapezoidal rule converges exponentially.
    """
    shifted = np.asarray(values, float) - mean
    if (shifted >= 0).all():
        return 0.0 if (shifted > 0).any() else 1.0
    if (shifted <= 0).all():
        return 1.0
    scaled = _U[:, None] * (shifted / np.abs(shifted).max())
    phase = np.arctan(scaled).sum(axis=1)
    size = np.exp(-0.5 * np.log1p(scaled**2).sum(axis=1))
    integral = np.sum(size * np.sin(phase)) * (_S[1] - _S[0])
    return float(np.clip(0.5 - integral / np.pi, 0.0, 1.0))


def mean_p(values: ArrayLike, mean: float, bounds: tuple[float, float], alternative: str) -> float:
    """Gaffke's p-value: "greater" tests that the true mean is at most `mean`, "less" that it is at least so.

    values: [n] independent draws within the bounds. The p-value is below a where `mean_interval` at level 1 -
    2 a lies on the named side of `mean`. No assumption beyond the bounds (J. Gaffke 2005; Learned-Miller and
    Thomas 2020, arXiv 1905.06208): the worst possible value is added to the sample, and all are weighted at
    random.
    """
    x = _checked(values, bounds)
    low, high = bounds
    if alternative == "greater":
        return gaffke_tail(np.append(x, low), mean)
    if alternative == "less":
        return gaffke_tail(-np.append(x, high), -mean)
    raise ValueError(f"alternative {alternative!r}: use 'greater' or 'less'")


def mean_interval(values: ArrayLike, bounds: tuple[float, float], level: float = 0.95) -> tuple[float, float]:
    """An interval for the mean of bounded draws, honest for few and bimodal ones: Gaffke's, two-sided.

    values: [n]. Never of width 0: eight differences of 1.0 within [-1, 1] give (0.26, 1.0) at 95 %, as eight
    of eight would by Clopper and Pearson, which it equals on data at the two bounds. With no values it is the
    bounds.
    """
    x = _checked(values, bounds)
    low, high = bounds
    if len(x) == 0:
        return low, high
    tail = (1 - level) / 2
    lower = _bisect(lambda m: gaffke_tail(np.append(x, low), m) < tail, low, float(x.mean()))
    upper = -_bisect(lambda m: gaffke_tail(-np.append(x, high), m) < tail, -high, -float(x.mean()))
    return lower, upper


def _bisect(below, low: float, high: float) -> float:
    """The point in [low, high] up to which `below` holds, to 1e-12."""
    while high - low > 1e-12:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if below(middle) else (low, middle)
    return low


def _checked(values: ArrayLike, bounds: tuple[float, float]) -> Floats:
    x = np.asarray(values, float)
    low, high = bounds
    slack = 1e-6 * (high - low)  # the curves are rounded to 6 digits
    if x.ndim != 1 or not (np.isfinite(x).all() and (x >= low - slack).all() and (x <= high + slack).all()):
        raise ValueError(f"values must be a flat list within [{low}, {high}], not {x}")
    return np.clip(x, low, high)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment: the family-wise error is alpha when each is compared with it (1979)."""
    order = np.argsort(p_values, kind="stable")
    adjusted, running = [1.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted


def median_with_censoring(values: Sequence[float | None]) -> float | None:
    """The median, with None for "not within the budget", later than every number; None if the middle is.

    For an even count the lower middle is taken only if the upper middle is a number too: else None, which
    does not flatter an arm that solved exactly half of its seeds.
    """
    if not values:
        return None
    ordered = sorted(float("inf") if v is None else float(v) for v in values)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    return None if np.isinf(middle) else middle
