"""One training step of behaviour cloning, top to bottom: gradients on what was shown; then its worlds are watched."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from outrider.learn.collect import collect
from outrider.learn.diary import Line, write
from outrider.learn.finite import first as first_fault
from outrider.learn.imitation import Pupil, Shown, adam, drawn, pupil, study
from outrider.learn.imitation_settings import BCSettings
from outrider.learn.rates import ImitationRates
from outrider.learn.team import Team
from outrider.types import Atlas, Key
from outrider.worlds.batch import Batch


class BC(NamedTuple):
    """A learner's unchanging parts: worlds to be watched in, settings, demonstrations and budget in updates."""

    batch: Batch
    settings: BCSettings
    shown: Shown
    updates: int

    def init(self, key: Key, atlas: Atlas, rates: ImitationRates | None = None) -> Pupil:
        """A learner before its first step. `rates` default to the settings'. It asks no atlas: nothing is paid."""
        rates = rates or ImitationRates.of(self.settings)
        return pupil(self.batch, self.settings, key, rates, adam(self.settings, rates, self.updates))

    def update(self, learner: Pupil) -> tuple[Pupil, Line]:
        """One training step: learn from what was shown, then act and write the diary. Returns the learner, a line."""
        s = self.settings
        key, study_key, watch_key = jax.random.split(learner.key, 3)

        optimiser = adam(s, learner.rates, self.updates)
        learner, loss, entropy = study(
            learner, lambda key: drawn(self.shown, key, s.rows), optimiser, study_key, s.minibatches
        )

        rollout = collect(self.batch, learner.network, learner.copies, learner.sight, watch_key, s.rollout)
        unpaid = jnp.zeros_like(rollout.trajectory.reward)
        fault = first_fault(Team(), rollout, unpaid, loss, learner.network)
        diary, line = write(
            learner.diary, rollout.trajectory, unpaid, entropy, loss, fault, self.batch.solved_above
        )
        return learner._replace(copies=rollout.copies, sight=rollout.end, diary=diary, key=key), line
