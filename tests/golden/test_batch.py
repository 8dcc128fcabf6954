"""Copies of a world that shows its clock: what is seen first is what holds, at whatever hour a copy begins; and copies
whose fresh worlds are made only when one ends: the same as if they were made in every step."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import walks
from outrider.types import Obs
from outrider.worlds.batch import Batch
from toy_world import Toy


@dataclass(frozen=True)
class Clock(Toy):
    """Shows its bit and its clock."""

    def stagger(self, key, state):
        state = state._replace(clock=jax.random.randint(key, (), 0, self.horizon))
        return state, self._observe(state)

    def _observe(self, state):
        return Obs(jnp.zeros((0, 0), jnp.uint8), jnp.stack([state.bit, state.clock]).astype(jnp.float32))


def test_the_first_sight_is_of_the_hour_at_which_a_copy_begins():
    copies, obs = Batch(Clock(), 64, 8).reset(jax.random.key(0))
    hours = np.asarray(copies.world.clock)
    assert len(set(hours.tolist())) > 32
    np.testing.assert_array_equal(obs.vector, np.stack([copies.world.bit, hours], axis=1))


def test_without_hours_every_copy_begins_at_its_beginning():
    copies, obs = Batch(Clock(), 64, 8).reset(jax.random.key(0), stagger=False)
    assert not copies.world.clock.any()
    np.testing.assert_array_equal(obs.vector, np.stack([copies.world.bit, copies.world.clock], axis=1))


@pytest.mark.parametrize("fresh", [3, 8], ids=["shared", "of its own"])
def test_making_fresh_worlds_only_when_a_copy_ends_changes_nothing(fresh):
    plain = Batch(walks.world("gymnax/cartpole"), 8, fresh)
    copies = jax.jit(plain.reset)(jax.random.key(0))[0]
    steps = [jax.jit(batch.step) for batch in (plain, replace(plain, sparing=True))]
    ended = []
    for key in walks.keys(1, 60):
        action = jax.random.randint(key, (8,), 0, 2)
        one, other = (step(key, copies, action) for step in steps)
        jax.tree.map(np.testing.assert_array_equal, one, other)
        ended.append(int((one.terminated | one.truncated).sum()))
        copies = one.copies
    assert {0, 1} < set(ended)  # none, one, and several at once
