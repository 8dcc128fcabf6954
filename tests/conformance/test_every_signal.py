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
from wandering import COPIES, LENGTH, atlas, ground, rollout

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
