"""Rewards for coming nearer: against slow loops, by what they do to the best policy, and what a batch says is left."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from outrider.errors import OutriderError
from outrider.explore.shaping import way_gain, way_potential, way_progress
from outrider.learn.host_fit import check_host
from outrider.learn.settings import Settings
from outrider.learn.together import check_together
from outrider.worlds.batch import Batch
from outrider.worlds.experts import gauge_of
from outrider.worlds.minigrid.shortest import shortest
from outrider.worlds.registry import make
from wandering import COPIES, LENGTH, rollout

DISCOUNT, SCALE = 0.9, 0.2


def slow(path, kind):
    """Step by step, copy by copy."""
    paid = np.zeros((LENGTH, COPIES))
    for t in range(LENGTH):
        for b in range(COPIES):
            before, after = (int(n) for n in path.left[t, b])
            if kind != "potential":
                gain = max(0, before - after) if kind == "progress" else before - after
                paid[t, b] = 0 if path.terminated[t, b] else SCALE * gain
                continue
            end = 0 if path.terminated[t, b] else -SCALE * (after - 1)
            paid[t, b] = DISCOUNT * end + SCALE * (before - 1)
    return paid


@pytest.mark.parametrize("kind", ["progress", "gain", "potential"])
def test_what_is_paid(kind):
    kinds = {
        "progress": way_progress(SCALE),
        "gain": way_gain(SCALE),
        "potential": way_potential(DISCOUNT, SCALE),
    }
    signal = kinds[kind]
    for seed in range(3):
        path = rollout(seed)
        np.testing.assert_allclose(signal.bonus((), path), slow(path, kind), rtol=1e-5, atol=1e-6)


PLACES = 6  # of a corridor; the last step left of place k is k: one goes nearer, or back, or stays


def best(bonus):
    """Value iteration: the worth of each place and action where success pays 1 beside a bonus `[place, action]`."""
    q = np.zeros((PLACES, 3))
    to = np.clip(np.arange(PLACES)[:, None] + np.array([-1, 0, 1]), 0, PLACES - 1)
    ends = np.zeros((PLACES, 3), bool)
    ends[0, 0] = True
    for _ in range(2000):
        q = bonus + ends + DISCOUNT * np.where(ends, 0.0, q.max(1)[to])
    return q, to, ends


def corridor(signal):
    """What a signal pays for each place and action."""
    _, to, ends = best(np.zeros((PLACES, 3)))
    at = np.broadcast_to(np.arange(PLACES)[:, None], to.shape)
    path = rollout(0, PLACES)._replace(
        left=jnp.asarray(np.stack([at + 1, to + 1], -1)),
        terminated=jnp.asarray(ends),
        truncated=jnp.zeros(ends.shape, bool),
    )
    return np.asarray(signal.bonus((), path), float)


def test_a_potential_leaves_the_best_policy_as_it_is():
    """Ng, Harada and Russell 1999, theorem 1 and corollary 2: the shaped worth is the plain one less the potential."""
    plain, _, _ = best(np.zeros((PLACES, 3)))
    shaped, _, _ = best(corridor(way_potential(DISCOUNT, SCALE)))
    phi = -SCALE * np.arange(PLACES)
    np.testing.assert_allclose(shaped, plain - phi[:, None], atol=1e-5)
    assert (shaped.argmax(1) == 0).all(), "nearer is best everywhere"


def test_who_pays_for_progress_naively_is_farmed():
    """One place from success it is worth more to go back and come again than to succeed."""
    q, _, _ = best(corridor(way_progress(3 * SCALE)))
    assert q[0].argmax() != 0
    for signal in (way_potential(DISCOUNT, 3 * SCALE), way_gain(3 * SCALE)):
        q, _, _ = best(corridor(signal))
        assert (q.argmax(1) == 0).all()


def test_a_batch_says_how_many_steps_are_left():
    """As the breadth-first search on the host counts them, before and after each step, and after resets."""
    world = make("minigrid/empty-random-6x6")
    batch = Batch(world, 6, 2, gauge=gauge_of(world))

    @jax.jit
    def walk(key):
        copies, _ = batch.reset(key)

        def step(copies, key):
            after = batch.step(key, copies, jax.random.randint(key, (6,), 0, 3))
            return after.copies, (copies.world.grid, after.left, after.terminated | after.truncated)

        return jax.lax.scan(step, copies, jax.random.split(key, 120))[1]

    grids, left, done = jax.device_get(walk(jax.random.key(5)))
    assert left.shape == (120, 6, 2)
    assert done.any()
    assert (left[done][:, 0] >= 1).all()
    begun = np.concatenate([np.zeros((1, 6), bool), done[:-1]])
    assert begun.sum() > 3
    for t in range(120):
        for b in np.flatnonzero(begun[t] | (t % 9 == 0)):
            cells, agent, _, wanted = jax.tree.map(lambda x, t=t, b=b: x[t, b], grids)
            start = int(agent.row), int(agent.column), int(agent.direction)
            assert left[t, b, 0] == shortest(world.facts, cells, start, int(wanted))
    kept = ~done[:-1]
    np.testing.assert_array_equal(left[:-1][kept][:, 1], left[1:][kept][:, 0])


def test_nobody_knows_the_way_everywhere():
    check_together("minigrid/doorkey-8x8", Settings(), "scale(way-potential, 0.5)")
    with pytest.raises(OutriderError, match="world gymnax/cartpole has no expert"):
        check_together("gymnax/cartpole", Settings(), "way-progress")
    with pytest.raises(OutriderError, match="measures the way that is left, which no host world can tell"):
        check_host("envpool/MiniGrid-DoorKey-8x8-v0", Settings(), "way-potential")
