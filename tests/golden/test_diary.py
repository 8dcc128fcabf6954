"""Situations in the diary, against Python's sets."""

import jax
import jax.numpy as jnp
import numpy as np

from outrider.explore.visits import hashed
from outrider.learn.diary import PLACES, Line, shortened, situations, start, write
from wandering import CODES, COPIES, LENGTH, rollout

NONE = jnp.zeros((LENGTH, COPIES)), jnp.float32(0), jnp.float32(0), jnp.int32(0)


def written(diary, situation, seed=0):
    """The diary after a rollout in which so many situations held, and its line."""
    return write(diary, rollout(seed)._replace(situation=situation), *NONE)


def met(situation):
    """The distinct rows."""
    return set(map(tuple, np.asarray(situation).reshape(-1, situation.shape[-1]).tolist()))


def test_places_are_the_buckets_of_all_situations_so_far():
    rng, diary, seen = np.random.default_rng(1), start(CODES), set()
    for update in range(5):
        situation = rng.integers(0, 6 + update, (LENGTH, COPIES, 3)).astype(np.int32)
        diary, line = written(diary, jnp.asarray(situation), update)
        new, seen = met(situation) - seen, seen | met(situation)
        assert new
        buckets = set(np.asarray(hashed(jnp.asarray(sorted(seen)), 16)).tolist())
        assert set(np.flatnonzero(diary.places).tolist()) == buckets
        assert line.places == len(buckets)
        assert len(seen) - 3 <= len(buckets) <= len(seen)  # few share one
        assert abs(int(situations(np.asarray(line.places))) - len(seen)) <= 3
    _, again = written(diary, jnp.asarray(situation))
    assert again.places == len(buckets)  # what was met is no news


def test_many_situations_are_estimated_within_a_hundredth():
    """20,000 of them fill fewer of 65,536 buckets, since many share one."""
    rng = np.random.default_rng(2)
    rows = np.unique(rng.integers(0, 200, (21_000, 4)).astype(np.int32), axis=0)[:20_000]
    rng.shuffle(rows)
    situation = jnp.asarray(rows.reshape(200, 100, 4))
    path = rollout(0)
    wide = jax.tree.map(lambda x: jnp.zeros((200, 100, *x.shape[2:]), x.dtype), path)
    _, line = write(start(CODES), wide._replace(situation=situation), jnp.zeros((200, 100)), *NONE[1:])
    filled = int(line.places)
    assert len(met(situation)) == 20_000
    assert filled < 0.9 * 20_000
    assert abs(int(situations(np.asarray(filled))) / 20_000 - 1) < 0.01


def test_the_estimate_is_linear_counting():
    places = np.array([0, 1, 100, PLACES // 2, PLACES - 1, PLACES])
    found = situations(places)
    assert found[:3].tolist() == [0, 1, 100]
    assert found[3] == round(PLACES * np.log(2))
    assert found[5] == found[4] == round(PLACES * np.log(PLACES))  # all full: as if one were not
    assert (np.diff(situations(np.arange(PLACES))) > 0).all()


def test_a_rollout_without_situations_changes_no_places():
    diary, _ = written(start(CODES), rollout(0).situation)
    after, line = written(diary, None, seed=1)
    np.testing.assert_array_equal(after.places, diary.places)
    assert line.places == diary.places.sum() > 0
    assert after.steps == 2 * LENGTH * COPIES
    assert not start(CODES).places.any()


def lines(updates):
    """So many lines, made up."""
    rng, count = np.random.default_rng(3), np.arange(1, updates + 1)
    whole = {name: rng.integers(0, 9, updates) for name in ("episodes", "successes", "lengths", "fault")}
    parts = {name: rng.random(updates) for name in ("returns", "bonus", "entropy", "loss")}
    return Line(steps=40 * count, places=3 * count, **whole, **parts)


def test_a_long_curve_is_joined_and_loses_no_episode():
    """23 updates, at most 10 points: three at a time, the last two together."""
    line, parts = lines(23), [*(slice(i, i + 3) for i in range(0, 21, 3)), slice(21, 23)]
    short = shortened(line, most=10)
    assert short.steps.tolist() == [120, 240, 360, 480, 600, 720, 840, 920]
    assert short.places.tolist() == [9, 18, 27, 36, 45, 54, 63, 69]
    for name in ("episodes", "successes", "returns", "lengths"):
        np.testing.assert_allclose(getattr(short, name), [getattr(line, name)[at].sum() for at in parts])
    for name in ("bonus", "entropy", "loss"):
        np.testing.assert_allclose(getattr(short, name), [getattr(line, name)[at].mean() for at in parts])
    assert shortened(line, most=23) is line
