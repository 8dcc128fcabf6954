"""Which interval for a mean paired difference is honest at n = 5 to 40? Candidates, simulated.

    python benchmarks/interval_coverage.py          # about two minutes on one core

writes benchmarks/results/interval_coverage.json and the tables of docs/decisions/statistics.md.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from outrider.verify.statistics import gaffke_tail, holm, mean_interval, mean_p, sign_flip_p

Floats = NDArray[np.float64]
SIZES = (5, 8, 10, 20, 40)
REPEATS, WIDTH_REPEATS, RESAMPLES, FLIPS = 4_000, 100, 999, 999
ALPHA = 0.05
RESULTS = Path(__file__).parent / "results" / "interval_coverage.json"
PAGE = Path(__file__).parents[1] / "docs" / "decisions" / "statistics.md"
MARKS = ("<!-- written by benchmarks/interval_coverage.py -->", "<!-- end -->")
Draw = Callable[[np.random.Generator, tuple[int, int]], Floats]


def solved(p: float) -> Draw:
    """A score of 1 with probability p, else 0."""
    return lambda rng, shape: (rng.random(shape) < p).astype(float)


def nearly_solved(p: float) -> Draw:
    """As `solved`, but scores near 1 and near 0: Beta(30, 2) and Beta(1, 30)."""
    return lambda rng, s: np.where(rng.random(s) < p, rng.beta(30, 2, s), rng.beta(1, 30, s))


def beta(a: float, b: float) -> Draw:
    """Scores spread over [0, 1]."""
    return lambda rng, shape: rng.beta(a, b, shape)


def rarely_worse(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """A treatment better by 0.1 in nine of ten seeds, worse by 0.9 in the tenth: the mean difference is 0."""
    return np.where(rng.random(shape) < 0.9, 0.1, -0.9)


# Paired differences, [repeats, n], and their true mean.
SCENARIOS: dict[str, tuple[Draw, float]] = {
    "bimodal, .95 solved against .05": (lambda r, s: solved(0.95)(r, s) - solved(0.05)(r, s), 0.90),
    "bimodal, .9 against .25": (lambda r, s: solved(0.9)(r, s) - solved(0.25)(r, s), 0.65),
    "bimodal, .5 against .5": (lambda r, s: solved(0.5)(r, s) - solved(0.5)(r, s), 0.0),
    "bimodal, 1 against .95": (lambda r, s: 1 - solved(0.95)(r, s), 0.05),
    "near-bimodal, .8 against .3": (
        lambda r, s: nearly_solved(0.8)(r, s) - nearly_solved(0.3)(r, s),
        0.5 * (30 / 32 - 1 / 31),
    ),
    "skewed, +.1 or rarely -.9": (rarely_worse, 0.0),
    "smooth, Beta(8,2) against Beta(5,5)": (lambda r, s: beta(8, 2)(r, s) - beta(5, 5)(r, s), 0.3),
}


# Each candidate says whether it accepts a mean, and gives its interval, for one sample, [n].
def t_interval(x: Floats) -> tuple[float, float]:
    """Student's t; no guard against a spread of 0."""
    half = stats.t.ppf(1 - ALPHA / 2, len(x) - 1) * x.std(ddof=1) / math.sqrt(len(x))
    return x.mean() - half, x.mean() + half


def bca_interval(x: Floats) -> tuple[float, float]:
    """Efron's bias-corrected and accelerated bootstrap; the point itself where all values are equal."""
    if np.ptp(x) == 0:
        return x[0], x[0]
    n = len(x)
    means = np.sort(x[_resamples(n)].mean(axis=1))
    share = np.clip((np.sum(means < x.mean()) + 0.5 * np.sum(means == x.mean())) / len(means), 1e-6, 1 - 1e-6)
    z0 = stats.norm.ppf(share)
    jack = (x.sum() - x) / (n - 1)
    d = jack.mean() - jack
    a = np.sum(d**3) / (6 * np.sum(d**2) ** 1.5) if np.any(d) else 0.0
    z = stats.norm.ppf([ALPHA / 2, 1 - ALPHA / 2])
    return tuple(np.quantile(means, stats.norm.cdf(z0 + (z0 + z) / (1 - a * (z0 + z)))))


@functools.cache
def _resamples(n: int) -> NDArray[np.int64]:
    return np.random.default_rng(7).integers(0, n, (RESAMPLES, n))


@functools.cache
def _flips(n: int) -> Floats:
    if n <= 10:
        return 1.0 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    drawn = np.random.default_rng(8).integers(0, 2, (FLIPS, n)) * 2.0 - 1
    return np.vstack([np.ones(n), drawn])


def sign_flip_accepts(x: Floats, mean: float) -> bool:
    """Does the two-sided sign-flip test of `mean` accept it?"""
    sums = np.abs(_flips(len(x)) @ (x - mean))
    return bool(np.mean(sums >= abs(np.sum(x - mean)) - 1e-9) > ALPHA)


def sign_flip_interval(x: Floats) -> tuple[float, float]:
    """The means that the test accepts; unbounded (the whole [-1, 1]) for n = 5, where it can never reject."""
    return _by_bisection(x, lambda m: sign_flip_accepts(x, m))


def betting_accepts(x: Floats, mean: float) -> bool:
    """Does the hedged capital against `mean` stay below 1 / alpha? Waudby-Smith and Ramdas 2024, c = 1/2.

    Predictable plug-in bets for a fixed n; x in [-1, 1] is moved to [0, 1].
    """
    y, m, n = (1 + x) / 2, (1 + mean) / 2, len(x)
    t = np.arange(1, n + 1)
    mu = (0.5 + np.cumsum(y)) / (t + 1)
    variance = (0.25 + np.cumsum((y - mu) ** 2)) / (t + 1)
    before = np.concatenate([[0.25], variance[:-1]])
    bets = np.sqrt(2 * math.log(2 / ALPHA) / (n * before))
    up = np.cumsum(np.log1p(np.minimum(bets, 0.5 / max(m, 1e-12)) * (y - m)))
    down = np.cumsum(np.log1p(-np.minimum(bets, 0.5 / max(1 - m, 1e-12)) * (y - m)))
    return bool(max(up.max(), down.max()) + math.log(0.5) < math.log(1 / ALPHA))


def betting_interval(x: Floats) -> tuple[float, float]:
    """The means against which no hedged bet grew rich."""
    return _by_bisection(x, lambda m: betting_accepts(x, m))


def gaffke_accepts(x: Floats, mean: float) -> bool:
    """Is `mean` within Gaffke's interval at 95 %?"""
    low, high = gaffke_tail(np.append(x, -1.0), mean), gaffke_tail(-np.append(x, 1.0), -mean)
    return bool(min(low, high) >= ALPHA / 2)


def _by_bisection(x: Floats, accepts: Callable[[float], bool]) -> tuple[float, float]:
    ends = []
    for end in (-1.0, 1.0):
        outside, inside = end, float(x.mean())
        if accepts(end):
            ends.append(end)
            continue
        for _ in range(16):
            middle = (outside + inside) / 2
            outside, inside = (outside, middle) if accepts(middle) else (middle, inside)
        ends.append(outside)
    return ends[0], ends[1]


def _within(interval: Callable[[Floats], tuple[float, float]]) -> Callable[[Floats, float], bool]:
    def accepts(x: Floats, mean: float) -> bool:
        low, high = interval(x)
        return bool(low - 1e-9 <= mean <= high + 1e-9)

    return accepts


CANDIDATES = {
    "Student t": (_within(t_interval), t_interval),
    "BCa bootstrap": (_within(bca_interval), bca_interval),
    "sign-flip inversion": (sign_flip_accepts, sign_flip_interval),
    "hedged betting": (betting_accepts, betting_interval),
    "Gaffke (chosen)": (gaffke_accepts, lambda x: mean_interval(x, (-1.0, 1.0))),
}


def coverage() -> list[dict]:
    """Coverage of the true mean and mean width, for every candidate, scenario and n."""
    rows = []
    for scenario, (draw, mean) in SCENARIOS.items():
        for n in SIZES:
            x = np.sort(draw(np.random.default_rng([n, len(scenario)]), (REPEATS, n)), axis=1)
            shuffled = np.random.default_rng(3).permuted(x, axis=1)  # betting sees the order
            distinct, counts = np.unique(x, axis=0, return_counts=True)
            for name, (accepts, interval) in CANDIDATES.items():
                if name == "hedged betting":
                    share = np.mean([accepts(row, mean) for row in shuffled])
                else:
                    share = np.average([accepts(row, mean) for row in distinct], weights=counts)
                width = np.mean([np.subtract(*interval(row)[::-1]) for row in shuffled[:WIDTH_REPEATS]])
                rows.append(
                    {"scenario": scenario, "n": n, "interval": name, "coverage": round(float(share), 4),
                     "width": round(float(width), 3)}
                )  # fmt: skip
    return rows


def decisions(comparisons: int = 4) -> list[dict]:
    """How often one comparison of four alike is called supported or refuted, for solved-or-not scores."""
    rows = []
    chances = ((0.5, 0.5), (0.98, 0.98), (1.0, 1.0), (0.9, 0.5), (0.9, 0.25), (0.95, 0.0))
    for smallest, of_these in ((0.1, chances), (0.2, chances[:3])):
        for treatment, control in of_these:
            for n in (8, 12, 16, 24, 32, 48):
                rng = np.random.default_rng([n, int(1000 * treatment), int(1000 * control)])
                x = np.sort(solved(treatment)(rng, (2_000, n)) - solved(control)(rng, (2_000, n)), axis=1)
                distinct, counts = np.unique(x, axis=0, return_counts=True)
                called = [_called(row, comparisons, smallest) for row in distinct]
                supported, refuted = np.average(np.array(called, float), axis=0, weights=counts)
                rows.append(
                    {"smallest_effect": smallest, "solved": [treatment, control], "n": n,
                     "supported": round(float(supported), 4), "refuted": round(float(refuted), 4)}
                )  # fmt: skip
    return rows


def _called(row: Floats, comparisons: int, smallest: float) -> tuple[bool, bool]:
    low, high = mean_interval(row, (-1.0, 1.0))
    p = holm([sign_flip_p(row)] * comparisons)[0]
    against = holm([mean_p(row, smallest, (-1.0, 1.0), "less")] * comparisons)[0]
    better = low > 0 and p < ALPHA and row.mean() >= smallest
    return better, high < smallest and against < ALPHA


def claims(studies: int = 400) -> list[dict]:
    """How often a whole claim is supported: one control solved at times, three never, and n seeds."""
    rows = []
    for treatment, control in ((0.9, 0.25), (0.95, 0.25), (0.95, 0.4), (1.0, 0.25)):
        for n in (8, 12, 16):
            rng, supported = np.random.default_rng([n, int(100 * treatment), int(100 * control)]), 0
            for _ in range(studies):
                guided, unguided = solved(treatment)(rng, (1, n))[0], solved(control)(rng, (1, n))[0]
                differences = [guided - unguided, guided, guided, guided]
                adjusted = holm([sign_flip_p(d) for d in differences])
                lows = [mean_interval(d, (-1.0, 1.0))[0] for d in differences[:2]]
                supported += max(adjusted) < ALPHA and min(lows) > 0
            rows.append({"solved": [treatment, control], "n": n, "supported": round(supported / studies, 3)})
    return rows


def tables(results: dict) -> str:
    """All three tables in Markdown."""
    names = list(CANDIDATES)
    lines = [f"| scenario | n | {' | '.join(names)} |", "| --- | ---: |" + " ---: |" * len(names)]
    for scenario in SCENARIOS:
        for n in SIZES:
            of = {r["interval"]: r for r in results["intervals"] if r["scenario"] == scenario and r["n"] == n}
            cells = [f"{100 * of[name]['coverage']:.1f} ({of[name]['width']:.2f})" for name in names]
            lines.append(f"| {scenario} | {n} | {' | '.join(cells)} |")
    lines += [
        "",
        "| smallest effect | solved by treatment, control | n | called supported | called refuted |",
    ]
    lines += ["| ---: | --- | ---: | ---: | ---: |"]
    for row in results["decisions"]:
        a, b = row["solved"]
        shares = f"{100 * row['supported']:.1f} % | {100 * row['refuted']:.1f} %"
        lines.append(f"| {row['smallest_effect']} | {a:g}, {b:g} | {row['n']} | {shares} |")
    lines += [
        "",
        "| solved by treatment, by one control | n | the whole claim supported |",
        "| --- | ---: | ---: |",
    ]
    for row in results["claims"]:
        a, b = row["solved"]
        lines.append(f"| {a:g}, {b:g} | {row['n']} | {100 * row['supported']:.0f} % |")
    return "\n".join(lines)


def with_tables(page: str, results: dict) -> str:
    """The page with the tables between its two marks."""
    before, rest = page.split(MARKS[0])
    return f"{before}{MARKS[0]}\n{tables(results)}\n{MARKS[1]}{rest.split(MARKS[1])[1]}"


def main() -> None:
    """Simulate, write the results, and the tables into the page."""
    about = {"alpha": ALPHA, "repeats": REPEATS, "width_repeats": WIDTH_REPEATS, "bounds": [-1, 1]}
    results = {**about, "intervals": coverage(), "decisions": decisions(), "claims": claims()}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    PAGE.write_text(with_tables(PAGE.read_text(), results))


if __name__ == "__main__":
    main()
