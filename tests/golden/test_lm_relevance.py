"""The scorer with the real model: useful events get weight, television none, the gold set is in order."""

from __future__ import annotations

import re

import numpy as np
import pytest

from lm_model import MISSION, remembered
from outrider.lm import gold
from outrider.lm.irrelevant import IRRELEVANT
from outrider.lm.question import Rate
from outrider.lm.relevance import Relevance, _moments, _quantile

TELEVISION = [pair.worse for pair in gold.load().pairs if pair.worse.startswith("The television")]
USEFUL = ["You picked up the yellow key.", "You unlocked the yellow door.", "You opened the yellow door.",
          "You walked through the yellow door."]  # fmt: skip


@pytest.fixture(scope="module")
def relevance():
    return Relevance(remembered())


def values(relevance, captions):
    answers = relevance.answer([Rate(caption, MISSION) for caption in captions])
    assert not [answer.abstention for answer in answers if answer.abstention]
    return np.array([answer.values for answer in answers])


def test_useful_events_have_weight_and_television_has_none(relevance):
    assert values(relevance, USEFUL)[:, 0].mean() >= 0.3
    assert values(relevance, TELEVISION)[:, 0].mean() < 0.01
    assert values(relevance, ["Nothing happened."])[0, 0] == 0


def test_weights_are_what_the_raw_parts_say(relevance):
    """An independent NumPy version, from the raw scores of the answers."""
    null = values(relevance, IRRELEVANT)
    rows = values(relevance, USEFUL + TELEVISION)
    mean, std = null[:, 2:].mean(0), null[:, 2:].std(0)
    null_sum, total = ((x[:, 2:] - mean) @ (1 / std) for x in (null, rows))
    threshold = np.quantile(null_sum, 0.95)
    assert rows[:, 1] == pytest.approx(total)
    assert rows[:, 0] == pytest.approx(np.clip((total - threshold) / (relevance.span * null_sum.std()), 0, 1))
    assert (null[:, 0] > 0).sum() == 5  # of 96: the threshold is the 95 % quantile


def test_a_caption_is_rated_the_same_alone_and_in_company(relevance):
    fresh = Relevance(relevance.inner)
    alone = fresh.answer([Rate(USEFUL[0], MISSION)])[0].values
    assert alone == tuple(values(relevance, TELEVISION + USEFUL)[len(TELEVISION)])


def test_the_scorer_orders_the_gold_set_better_than_a_coin(relevance):
    result = gold.validate(relevance)
    assert result.better_than_chance, result.sentence
    assert result.accuracy >= 0.8, result.sentence


def test_the_null_set_is_varied_and_mentions_nothing_of_the_game():
    assert 80 <= len(IRRELEVANT) == len(set(IRRELEVANT)) <= 100
    assert sum(sentence.startswith("You ") for sentence in IRRELEVANT) >= 20
    things = "key|door|room|goal|box|ball|star|wall|object|lock|unlock|open|pick"
    game = rf"\b({things}|red|green|blue|purple|yellow|gr[ea]y)s?\b"
    assert [sentence for sentence in IRRELEVANT if re.search(game, sentence, re.I)] == []


def test_moments_and_quantiles_are_numpys():
    x = np.random.default_rng(0).normal(size=97)
    assert _moments(x.tolist()) == pytest.approx((x.mean(), x.std()))
    for q in (0, 0.3, 0.95, 1):
        assert _quantile(x.tolist(), q) == pytest.approx(np.quantile(x, q))
