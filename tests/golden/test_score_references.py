"""Scores beside what others reach: every reference has a source; normalised scores are 0 by chance, 1 at the top."""

import pytest

from outrider.errors import OutriderError
from outrider.worlds.facts import RANDOM, between, normalised, reference, share_of_maximum
from outrider.worlds.names import WORLDS, check_world

REFERRED = [facts for facts in WORLDS.values() if facts.references]


def test_worlds_beyond_minigrid_have_references_with_sources():
    assert {name for name in WORLDS if not name.startswith("minigrid")} <= {facts.name for facts in REFERRED}
    for facts in REFERRED:
        names = [one.name for one in facts.references]
        assert len(names) == len(set(names))
        assert all(one.source for one in facts.references)


@pytest.mark.parametrize("facts", REFERRED, ids=lambda facts: facts.name)
def test_chance_is_0_and_the_top_is_1(facts):
    low, high = reference(facts, RANDOM).score, reference(facts, "maximum", "solved").score
    assert normalised(facts, low) == 0
    assert normalised(facts, high) == 1
    assert 0 < normalised(facts, (low + high) / 2) < 1
    assert facts.solved_above < high
    assert all(low <= one.score <= high for one in facts.references)


def test_craftax_is_told_in_shares_of_its_maximum():
    facts, _ = check_world("craftax/full")
    assert share_of_maximum(facts, 226.0) == 1
    assert share_of_maximum(facts, reference(facts, "PPO-RNN, 1 G steps").score) == pytest.approx(
        0.153, abs=1e-4
    )
    assert reference(check_world("craftax/classic")[0], "maximum").score == facts.most - 204
    assert share_of_maximum(check_world("craftax/classic+only=collect-diamond")[0], 0.25) == 0.25


def test_a_world_without_references_says_so():
    low, high = between(0.02, 1.0)
    assert (low.score, high.score) == (0.02, 1.0)
    assert "random_scores" in low.source
    facts, _ = check_world("craftax/full+only=eat-bat")
    with pytest.raises(OutriderError, match="craftax/full has no reference score named random"):
        normalised(facts, 1.0)
