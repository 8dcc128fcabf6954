"""The numbers of a report: how they are worded, and where they come to stand on a scale."""

from __future__ import annotations

import numpy as np
import pytest

from outrider.report import svg, words
from outrider.report.curves import SHARE, curve, score
from outrider.report.frontier import first, median
from outrider.report.learning import bonus_share
from outrider.report.lines import _area, _line
from outrider.verify.statistics import mean_interval


@pytest.mark.parametrize(
    ("said", "value"),
    [
        (words.signed(0.617), "+0.62"),
        (words.signed(-0.617), "−0.62"),
        (words.signed(-0.001), "0.00"),
        (words.signed(None), "–"),
        (words.interval(-0.1, float("inf")), "[−0.10, ∞]"),
        (words.probability(0.0004), "< 0.001"),
        (words.probability(0.05), "0.050"),
        (words.percent(0.0), "0 %"),
        (words.percent(0.0001), "< 1 %"),
        (words.percent(0.9999), "> 99 %"),
        (words.percent(1.0), "100 %"),
        (words.short(450_000), "450 k"),
        (words.short(999_600), "1 M"),
        (words.short(18e6), "18 M"),
        (words.short(0.25), "0.25"),
        (words.count(3_600_000), "3\u202f600\u202f000"),
        (words.duration(0.04), "0.0 s"),
        (words.duration(59.7), "1 min 00 s"),
        (words.duration(3_900), "1 h 05 min"),
        (words.plural(1, "seed"), "1 seed"),
        (words.plural(0, "seed"), "0 seeds"),
    ],
)
def test_numbers_in_words(said, value):
    assert said == value


def test_ticks_are_round_and_stay_within():
    assert svg.ticks(0, 1, 5) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert svg.ticks(-0.2, 1.06, 6) == [0, 0.25, 0.5, 0.75, 1.0]
    assert svg.ticks(0, 450_000, 5) == [0, 100_000, 200_000, 300_000, 400_000]
    assert svg.ticks(3, 3) == [3]


@pytest.mark.parametrize("seed", range(5))
def test_ticks_of_any_range(seed):
    rng = np.random.default_rng(seed)
    low = float(rng.normal() * 10.0 ** rng.integers(-4, 5))
    high = low + float(rng.random() * 10.0 ** rng.integers(-4, 5))
    found = svg.ticks(low, high)
    assert 2 <= len(found) <= 12
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in found)
    assert np.allclose(np.diff(found), found[1] - found[0])


def test_a_scale_puts_values_between_its_ends():
    scale = svg.Scale(-1, 3)
    assert [scale(v) for v in (-1, 0, 3, 9, -9)] == [0, 25, 100, 100, 0]
    assert (scale.at(0), scale.up(0)) == ("25%", "75%")
    assert svg.Scale(2, 2)(2) == 0


def test_labels_move_apart_and_keep_their_order():
    assert svg.spread([50, 10, 52], 17, 0, 100) == [50, 10, 67]
    crowded = svg.spread([100, 99, 98], 17, 0, 100)
    assert crowded == [100, 83, 66]
    assert max(svg.spread([0, 0, 0, 0], 17, 0, 100)) == 51


def test_dashes_and_markers_tell_eight_arms_apart_without_colour():
    assert len(set(svg.DASHES)) == len(set(svg.MARKERS)) == 8


def _run(success, seed=0):
    points = len(success)
    steps = [100 * (i + 1) for i in range(points)]
    episodes = [0 if value is None else 10 for value in success]
    return {"arm": "a", "seed": seed, "steps": steps, "success": success, "episodes": episodes}


def test_a_curve_is_the_mean_of_the_seeds_that_have_a_value():
    found = curve([_run([None, 0.0, 1.0]), _run([None, 0.5, 0.5]), _run([None, None, 0.0])], "success", SHARE)
    assert np.isnan(found.mean[0])
    assert np.isnan(found.low[0])
    assert found.mean[1:].tolist() == [0.25, 0.5]
    assert found.n.tolist() == [0, 2, 3]
    assert (found.low[2], found.high[2]) == pytest.approx(mean_interval([0.0, 0.5, 1.0], SHARE))
    assert found.last == 0.5
    assert not found.thinned


def test_a_band_without_bounds_is_the_range_and_one_seed_has_none():
    runs = [_run([0.1, 0.2]), _run([0.5, 0.0])]
    found = curve(runs, "success")
    assert found.low.tolist() == [0.1, 0.0]
    assert found.high.tolist() == [0.5, 0.2]
    assert np.isnan(curve(runs[:1], "success").low).all()


def test_long_curves_are_thinned_with_their_ends_kept():
    found = curve([_run([0.0] * 499 + [1.0])], "success", SHARE, points=50)
    assert len(found.steps) == 50
    assert (found.steps[0], found.steps[-1], found.mean[-1]) == (100, 50_000, 1.0)
    assert found.thinned
    assert found.recorded == 500


def test_a_score_is_the_verdicts_own():
    assert score(_run([0.0] * 9 + [0.75]), "final_success") == 0.75
    assert score(_run([0.5] * 9 + [None]), "final_success") is None


def test_lines_break_where_a_value_is_missing():
    assert _line([0, 1, 2, 3, 4], [5, 6, None, 7, 8]) == "M0 5L1 6M3 7L4 8"
    assert _line([0, 1, 2], [None, 6, None]) == "M1 6h2"
    assert _line([0, 1], [None, None]) == ""
    assert _area([0, 1, 2, 3], [1, 1, None, 1], [9, 9, None, 9]) == "M0 9L1 9L1 1L0 1ZM3 9L3 1Z"


def test_the_frontier_is_the_lower_median_with_never_as_infinity():
    runs = [{"first_kinds": one} for one in ({"a": 5, "no event": 1}, {"a": 9, "b": 70}, {"a": 7}, {"b": 20})]
    found = first(runs)
    assert found == {"a": [5, 9, 7, None], "b": [None, 70, None, 20]}
    assert median(found["a"]) == 7
    assert median(found["b"]) == 70  # half of the seeds suffice
    assert median([None, 70, None]) == median([]) == float("inf")
    assert first([{"kinds": {"a": 3}}]) == {}  # evidence from before it was recorded


def test_the_bonus_is_shared_with_the_reward_of_a_step():
    run = {"bonus": [0.1, 0.3, 0.0, 0.2], "return": [None, -8.0, 0.0, 0.0], "length": [None, 80.0, 5.0, 5.0]}
    assert bonus_share(run) == [None, pytest.approx(0.75), None, 1.0]
    assert bonus_share({"steps": [1]}) == []
