"""Every signal passes one suite: shapes, numbers, no look into the future, nothing paid for what ends an episode."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from outrider.explore.counts import count
from outrider.explore.disagreement import disagreement
from outrider.explore.icm import icm
from outrider.explore.names import ALONE
from outrider.explore.noveld import noveld
from outrider.explore.registry import BUILT, build
from outrider.explore.rnd import rnd
from outrider.types import Atlas
from wandering import CODES, COPIES, LENGTH, atlas, ground, rollout

KEY = jax.random.key(3)
MADE = (
    *ALONE,
    "chain(rnd, scale(observation-count, 0.5))",
    "anneal(situation-count, 1000)",
    "clip(e3b, 0.5)",
    "episodic(normalise(observation-count))",
)


def test_every_name_can_be_built():
    assert set(BUILT) == set(ALONE)


@pytest.mark.parametrize("name", MADE)
def test_signal(name):
    signal = build(name, ground())
    state = signal.init(KEY, atlas())
    bonus, update = jax.jit(signal.bonus), jax.jit(signal.update)
    for seed in range(3):
        path = rollout(seed)
        paid = np.asarray(bonus(state, path))
        assert paid.shape == (LENGTH, COPIES)
        assert np.isfinite(paid).all()
        assert not paid[np.asarray(path.terminated)].any()
        again, metrics = update(state, path, KEY)
        # A state keeps its form, so that a chunk of updates is one scan, and what it is depends on the key alone.
        assert jax.tree.map(lambda x: (x.shape, x.dtype), again) == jax.tree.map(
            lambda x: (x.shape, x.dtype), state
        )
        twice, _ = update(state, path, KEY)
        assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), again, twice))
        assert all(np.isfinite(x) for x in metrics.values())
        state = again
    if name != "none":
        assert paid.std() > 0


@pytest.mark.parametrize("name", MADE)
def test_what_is_paid_does_not_depend_on_later_steps(name):
    signal = build(name, ground())
    state, path, other = signal.init(KEY, atlas()), rollout(0), rollout(1)
    state, _ = signal.update(state, rollout(2), KEY)
    half = LENGTH // 2
    changed = jax.tree.map(lambda a, b: jnp.concatenate([a[:half], b[half:]]), path, other)
    np.testing.assert_allclose(
        signal.bonus(state, path)[:half], signal.bonus(state, changed)[:half], rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("signal", [count, rnd, icm, disagreement, noveld])
def test_what_is_familiar_pays_less(signal):
    """The same rollout again and again."""
    signal, path = signal(ground()), rollout(0)
    state = signal.init(KEY, atlas())
    bonus, update = jax.jit(signal.bonus), jax.jit(signal.update)
    first = float(bonus(state, path).mean())
    for turn in range(200):
        state, _ = update(state, path, jax.random.key(turn))
    assert float(bonus(state, path).mean()) < 0.5 * first


TOLD = (
    "event-count",
    "event-constant",
    "chain(observation-count, event-count)",
    "scale(event-count, 3)",
    "clip(event-count, 0.7)",
    "anneal(event-count, 1000)",
    "normalise(event-count)",
    "episodic(event-count)",
    "chain(scale(episodic(event-constant), 0.5), anneal(normalise(clip(event-count, 0.7)), 1000))",
)


@pytest.mark.parametrize("name", TOLD)
def test_a_grown_atlas_reaches_the_signals_inside_and_nothing_else_changes(name):
    """Counts, visits, networks, moments and clocks are kept; what is paid is paid by the new weights."""
    signal, half = build(name, ground()), jnp.arange(CODES) % 2 == 0
    small = Atlas(jnp.where(half, 0.5, 0.0), half)
    grown = Atlas(jnp.linspace(0.1, 1, CODES), jnp.ones(CODES, bool))
    before, update, bonus = signal.init(KEY, small), jax.jit(signal.update), jax.jit(signal.bonus)
    for seed in range(2):
        before, _ = update(before, rollout(seed), KEY)
    after = signal.told(before, grown)
    assert jax.tree.structure(after) == jax.tree.structure(before)
    pairs = [
        jax.tree.leaves(state, is_leaf=lambda part: isinstance(part, Atlas)) for state in (before, after)
    ]
    told = 0
    for old, new in zip(*pairs, strict=True):
        if isinstance(old, Atlas):
            told += 1
            jax.tree.map(np.testing.assert_array_equal, (old, new), (small, grown))
        else:
            np.testing.assert_array_equal(old, new)
    assert told == name.count("event-")
    counted = sum(np.bincount(np.ravel(rollout(seed).events), minlength=CODES) for seed in range(2))
    kept = [leaf for leaf in pairs[1] if not isinstance(leaf, Atlas) and leaf.shape == (CODES,)]
    assert len(kept) == name.count("event-count")
    for n in kept:
        np.testing.assert_array_equal(n, counted)
    path = rollout(2)
    assert np.abs(bonus(after, path) - bonus(before, path)).max() > 0.01
    if "anneal" not in name and "normalise" not in name:  # as if all had been known from the start
        start = signal.init(KEY, grown)
        for seed in range(2):
            start, _ = update(start, rollout(seed), KEY)
        np.testing.assert_allclose(bonus(after, path), bonus(start, path), rtol=1e-6)
