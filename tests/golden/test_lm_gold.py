"""The gold set is what it says, and placebos do on it as placebos must."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from outrider.lm import gold
from outrider.lm.placebo import Constant, Inverted, Oracle, Random


def test_thirty_pairs_at_least_and_no_contradiction():
    pairs = gold.load().pairs
    assert len(pairs) == len(set(pairs)) >= 30
    assert not {pair.better for pair in pairs} & {pair.worse for pair in pairs}


def test_constant_ties_everywhere_and_is_said_to_be_no_better_than_chance():
    result = gold.validate(Constant())
    assert (result.accuracy, result.p, result.count("tie")) == (0.5, 1.0, len(gold.load().pairs))
    assert "no better than chance" in result.sentence


def test_truth_is_better_and_inverted_truth_worse_than_chance():
    truth = {p.better: 1.0 for p in gold.load().pairs} | {p.worse: 0.0 for p in gold.load().pairs}
    assert gold.validate(Oracle(truth)).accuracy == 1
    assert gold.validate(Oracle(truth)).better_than_chance
    assert gold.validate(Inverted(Oracle(truth))).accuracy == 0
    assert "worse than chance" in gold.validate(Inverted(Oracle(truth))).sentence


def test_random_weights_pass_rarely():
    passed = [gold.validate(Random(seed)).better_than_chance for seed in range(200)]
    assert sum(passed) <= 20  # 5 % are expected, two-sided; pairs share captions, so allow twice


def test_abstentions_are_counted_and_left_out():
    pair, *_ = gold.load().pairs
    result = gold.validate(Oracle({pair.better: 1.0, pair.worse: 0.0}))
    assert result.count("abstained") > 20
    assert result.accuracy == 1
    assert math.isnan(gold.validate(Oracle({})).accuracy)
    assert not gold.validate(Oracle({})).better_than_chance


@pytest.mark.parametrize(("right", "n"), [(0, 0), (5, 10), (9, 10), (1, 10), (29, 34), (17, 34)])
def test_binomial_probability_is_scipys(right, n):
    expected = stats.binomtest(right, n).pvalue if n else 1.0
    assert gold.two_sided(right, n) == pytest.approx(expected)
