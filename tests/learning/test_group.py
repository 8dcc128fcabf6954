"""Independent learners: each learns the same however the group shares the machine."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from outrider.errors import OutriderError
from outrider.learn.group import Group, group
from outrider.learn.settings import Settings
from outrider.learn.train import train

WORLD = "minigrid/doorkey-8x8"
SETTINGS = Settings(envs=16, rollout=32, epochs=2, minibatches=2, width=16)
SEEDS = [5, 0, 3]


def trained(spread):
    return train(WORLD, SETTINGS, "none", None, SEEDS, 4 * SETTINGS.batch, spread=spread)


@pytest.fixture(scope="module")
def in_turns():
    return trained("turns")


def everything(found):
    return jax.tree.leaves((found.networks, found.lines, found.diary, found.solved, found.returned))


def test_a_share_for_each_device_changes_no_bit(in_turns):
    assert group(len(SEEDS), "devices").devices > 1
    for a, b in zip(everything(in_turns), everything(trained("devices")), strict=True):
        assert len(a) == len(SEEDS)
        np.testing.assert_array_equal(a, b)


def test_all_together_changes_no_more_than_rounding(in_turns):
    together = trained("together")
    np.testing.assert_array_equal(in_turns.lines.steps, together.lines.steps)
    for a, b in zip(in_turns.lines, together.lines, strict=True):
        np.testing.assert_allclose(a[:, 0], b[:, 0], rtol=1e-3, atol=1e-4)  # before rounding tips an action


def test_seeds_differ(in_turns):
    for leaf in jax.tree.leaves(in_turns.networks):
        if leaf.any():
            assert not np.array_equal(leaf[0], leaf[1])


def test_the_last_share_is_filled_up_and_cut_off_again():
    three = Group(3, "devices", 2)
    assert three.rows == 4
    assert three.filled(np.array([7, 8, 9])).tolist() == [7, 8, 9, 9]
    assert three.own(np.array([7, 8, 9, 9])).tolist() == [7, 8, 9]


def test_a_way_can_be_chosen_and_is_chosen_otherwise():
    assert group(3).way == ("devices" if jax.default_backend() == "cpu" else "together")
    assert group(1).devices == 1
    assert group(3, "turns") == Group(3, "turns", 1)
    assert group(3, learners=2) == Group(3, "turns", 1)


@pytest.mark.parametrize(
    ("way", "learners", "said"),
    [("sideways", 1, "must be one of auto, turns"), ("devices", 2, "exclude each other")],
)
def test_ways_that_cannot_be_gone_are_refused(way, learners, said):
    with pytest.raises(OutriderError, match=said):
        train(WORLD, replace(SETTINGS, learners=learners), "none", None, [0], 512, spread=way)
