"""One training step of DAgger, top to bottom: the learner acts, the expert says what it would do, both are kept."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from outrider.learn.collect import Adviser, collect
from outrider.learn.diary import Line
from outrider.learn.imitation import Pupil, Shown, noted, pupil, study
from outrider.learn.imitation_settings import DAggerSettings
from outrider.learn.rates import ImitationRates
from outrider.learn.replay import add, draw, empty
from outrider.ops.schedule import linear
from outrider.types import Atlas, Key
from outrider.worlds.batch import Batch
from outrider.worlds.experts import Expert


class DAgger(NamedTuple):
    """A learner's unchanging parts: worlds, settings, the expert and budget in updates.

    As in Ross et al. 2011, algorithm 3.1, but that the expert's part of the actions falls linearly to 0 in place of a
    power, and that the learner goes on from where it was in place of beginning anew with each aggregate.
    """

    batch: Batch
    settings: DAggerSettings
    expert: Expert
    updates: int

    def init(self, key: Key, atlas: Atlas, rates: ImitationRates | None = None) -> Pupil:
        """A learner before its first step. `rates` default to the settings'. It asks no atlas: nothing is paid."""
        learner = pupil(self.batch, self.settings, self.updates, key, rates)
        one = jax.tree.map(lambda x: x[0], learner.sight.obs)
        return learner._replace(shown=empty(Shown(one, jnp.int32(0)), self.settings.capacity))

    def update(self, learner: Pupil) -> tuple[Pupil, Line]:
        """One training step: act and be advised, aggregate, learn. Returns the learner after it and a diary's line."""
        s = self.settings
        key, act_key, study_key = jax.random.split(learner.key, 3)

        assisted = linear(learner.diary.steps, 1.0, 0.0, s.assisted * self.updates * s.batch)
        adviser = Adviser(self.expert, assisted)
        rollout = collect(
            self.batch, learner.network, learner.copies, learner.sight, act_key, s.rollout, adviser
        )

        path = rollout.trajectory
        told = jax.tree.map(lambda x: x.reshape(s.batch, *x.shape[2:]), Shown(path.obs, path.advice))
        everything = add(learner.shown, told)

        learner, loss, entropy = study(
            learner, lambda key: draw(everything, key, s.rows), s, self.updates, study_key
        )

        return noted(learner._replace(shown=everything, key=key), rollout, loss, entropy, self.batch)
