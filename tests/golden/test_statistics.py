"""The statistics against SciPy, against formulas, and against simulation."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from outrider.verify.statistics import (
    gaffke_tail,
    holm,
    mean_interval,
    mean_p,
    median_with_censoring,
    paired_differences,
    sign_flip_p,
)

DIFFERENCE = (-1.0, 1.0)


@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
@pytest.mark.parametrize("n", [2, 5, 8, 12])
def test_sign_flips_equal_scipys_permutation_test(n, alternative):
    rng = np.random.default_rng(n)
    for x in (rng.normal(0.3, 1, n), rng.integers(-1, 2, n).astype(float)):
        expected = stats.permutation_test(
            (x, -x), lambda a, b, axis: a.sum(axis=axis), permutation_type="samples", alternative=alternative,
            n_resamples=np.inf, vectorized=True,
        ).pvalue  # fmt: skip
        assert sign_flip_p(x, alternative) == pytest.approx(expected, abs=1e-12)


def test_sign_flips_by_hand():
    assert sign_flip_p([1.0] * 8) == 1 / 256
    assert sign_flip_p([1.0] * 8, "two-sided") == 2 / 256
    assert sign_flip_p([1.0] * 8, "less") == 1.0
    assert sign_flip_p([0.0] * 8) == 1.0
    assert sign_flip_p([]) == 1.0
    assert sign_flip_p([0.1 + 0.2, -0.3]) == 0.75  # a tie, whatever floating point makes of it


def test_beyond_the_exact_limit_it_is_seeded_and_never_zero():
    x = np.random.default_rng(0).normal(0.25, 1, 41)
    assert sign_flip_p(x) == sign_flip_p(x)
    assert sign_flip_p(x) == pytest.approx(stats.ttest_1samp(x, 0, alternative="greater").pvalue, abs=0.01)
    assert sign_flip_p([1.0] * 41) == 1 / 100_000


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-9, 9).map(lambda i: i / 10), min_size=1, max_size=10))
def test_the_two_tails_overlap_in_the_observed_sum(x):
    both = sign_flip_p(x, "greater") + sign_flip_p(x, "less")
    assert both >= 1 - 1e-12
    assert sign_flip_p(x, "less") == sign_flip_p([-d for d in x], "greater")


@pytest.mark.parametrize(("n", "k"), [(1, 0), (5, 2), (8, 8), (8, 7), (20, 0), (40, 13)])
def test_on_data_at_the_bounds_the_interval_is_clopper_and_pearsons(n, k):
    exact = stats.binomtest(k, n).proportion_ci(0.95, "exact")
    assert mean_interval([1.0] * k + [0.0] * (n - k), (0.0, 1.0)) == pytest.approx(
        (exact.low, exact.high), abs=1e-9
    )


def test_the_interval_against_simulated_weights():
    """Gaffke's bound is a quantile over random weights: drawn here, integrated there."""
    x = np.random.default_rng(1).beta(5, 2, 12)
    w = np.random.default_rng(2).dirichlet(np.ones(13), 400_000)
    low, high = mean_interval(x, (0.0, 1.0), level=0.9)
    assert low == pytest.approx(np.quantile(w @ np.append(x, 0.0), 0.05), abs=2e-3)
    assert high == pytest.approx(np.quantile(w @ np.append(x, 1.0), 0.95), abs=2e-3)


def test_equal_differences_do_not_give_an_interval_of_width_0():
    low, high = mean_interval([1.0] * 8, DIFFERENCE)
    assert low == pytest.approx(2 * 0.025 ** (1 / 8) - 1, abs=1e-9)
    assert high == 1.0
    low, high = mean_interval([0.0] * 8, DIFFERENCE)
    assert (low, high) == pytest.approx((0.025 ** (1 / 8) - 1, 1 - 0.025 ** (1 / 8)), abs=1e-9)
    assert mean_interval([], DIFFERENCE) == DIFFERENCE


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=12), st.floats(0.5, 0.99))
def test_the_interval_holds_the_mean_mirrors_and_agrees_with_its_p_value(x, level):
    low, high = mean_interval(x, DIFFERENCE, level)
    assert -1 <= low <= np.mean(x) + 1e-9
    assert np.mean(x) - 1e-9 <= high <= 1
    mirrored = mean_interval([-d for d in x], DIFFERENCE, level)
    assert mirrored == pytest.approx((-high, -low), abs=1e-8)
    tail = (1 - level) / 2
    if -1 < low < np.mean(x) - 1e-6:
        assert mean_p(x, low, DIFFERENCE, "greater") == pytest.approx(tail, abs=1e-6)
    if np.mean(x) + 1e-6 < high < 1:
        assert mean_p(x, high, DIFFERENCE, "less") == pytest.approx(tail, abs=1e-6)


@pytest.mark.parametrize("spread", [1.0, 1e-3, 1e-7])
def test_the_tail_is_exact_at_every_scale(spread):
    """Weights on two values are Beta: P(1 - w <= m) for n equal values and the added bound."""
    assert gaffke_tail([1.0] * 6 + [1.0 - spread], 1.0 - spread / 3) == pytest.approx((2 / 3) ** 6, abs=1e-10)


SCENARIOS = {
    "solved .9 against .25": (lambda r, s: (r.random(s) < 0.9) * 1.0 - (r.random(s) < 0.25), 0.65),
    "solved .5 against .5": (lambda r, s: (r.random(s) < 0.5) * 1.0 - (r.random(s) < 0.5), 0.0),
    "solved 1 against .95": (lambda r, s: 1.0 - (r.random(s) < 0.95), 0.05),
    "+.1, rarely -.9": (lambda r, s: np.where(r.random(s) < 0.9, 0.1, -0.9), 0.0),
}


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("n", [5, 8, 20])
def test_coverage_by_simulation(scenario, n):
    """At least 95 %; Student's t covers 22 to 98 % of the same data (docs/decisions/statistics.md)."""
    draw, mean = SCENARIOS[scenario]
    x = np.sort(draw(np.random.default_rng([n, 1]), (3_000, n)), axis=1)
    distinct, counts = np.unique(x, axis=0, return_counts=True)
    missed = [
        min(mean_p(row, mean, DIFFERENCE, "greater"), mean_p(row, mean, DIFFERENCE, "less")) < 0.025
        for row in distinct
    ]
    assert np.average(missed, weights=counts) <= 0.05


def test_the_control_student_t_would_fail_the_coverage_test():
    draw, mean = SCENARIOS["solved 1 against .95"]
    x = draw(np.random.default_rng([8, 1]), (3_000, 8))
    half = stats.t.ppf(0.975, 7) * x.std(axis=1, ddof=1) / np.sqrt(8)
    assert np.mean(np.abs(x.mean(axis=1) - mean) > half) > 0.5


@pytest.mark.parametrize("solved", [0.1, 0.5, 0.9])
def test_false_positives_under_the_null_of_bimodal_scores(solved):
    """n = 8: at most alpha of studies reject, one-sided, when both arms solve a seed with the same chance."""
    rng = np.random.default_rng(int(100 * solved))
    x = np.sort((rng.random((6_000, 8)) < solved) * 1.0 - (rng.random((6_000, 8)) < solved), axis=1)
    distinct, counts = np.unique(x, axis=0, return_counts=True)
    assert np.average([sign_flip_p(row) < 0.05 for row in distinct], weights=counts) <= 0.05


def test_family_wise_error_with_holm():
    """Four null comparisons that share their treatment: at most alpha of studies call any of them better."""
    rng, false = np.random.default_rng(5), 0
    for _ in range(1_500):
        scores = (rng.random((5, 12)) < 0.5) * 1.0
        false += min(holm([sign_flip_p(scores[0] - control) for control in scores[1:]])) < 0.05
    assert false / 1_500 <= 0.05


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_medians_with_censoring():
    assert median_with_censoring([3, 1, None]) == 3
    assert median_with_censoring([1, None, None]) is None
    assert median_with_censoring([1, 2, 3, None]) == 2.5
    assert median_with_censoring([1, 2, None, None]) is None
    assert median_with_censoring([]) is None


def test_wrong_use_is_refused():
    with pytest.raises(ValueError, match="equally long"):
        paired_differences([1, 2], [1])
    with pytest.raises(ValueError, match="missing"):
        paired_differences([1, float("nan")], [1, 2])
    with pytest.raises(ValueError, match="within"):
        mean_interval([1.5], DIFFERENCE)
    with pytest.raises(ValueError, match="alternative"):
        sign_flip_p([1.0], "bigger")


def test_the_decision_page_shows_the_simulated_numbers():
    """The tables of docs/decisions/statistics.md are those of benchmarks/results/interval_coverage.json."""
    path = Path(__file__).parents[2] / "benchmarks" / "interval_coverage.py"
    spec = importlib.util.spec_from_file_location("interval_coverage", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = script.PAGE.read_text()
    assert page == script.with_tables(page, json.loads(script.RESULTS.read_text()))
