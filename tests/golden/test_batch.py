"""Copies of a world that shows its clock: what is seen first is what holds, at whatever hour a copy begins."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

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
