"""One training step of behaviour cloning, top to bottom: gradients on what was shown; then its worlds are watched."""

from __future__ import annotations

from typing import NamedTuple

import jax

from outrider.learn.collect import collect
from outrider.learn.diary import Line
from outrider.learn.imitation import Pupil, Shown, drawn, noted, pupil, study
from outrider.learn.imitation_settings import BCSettings
from outrider.learn.rates import ImitationRates
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
        return pupil(self.batch, self.settings, self.updates, key, rates)

    def update(self, learner: Pupil) -> tuple[Pupil, Line]:
        """One training step: learn from what was shown, then act and write the diary. Returns the learner, a line."""
        s = self.settings
        key, study_key, watch_key = jax.random.split(learner.key, 3)

        learner, loss, entropy = study(
            learner, lambda key: drawn(self.shown, key, s.rows), s, self.updates, study_key
        )

        rollout = collect(self.batch, learner.network, learner.copies, learner.sight, watch_key, s.rollout)
        return noted(learner._replace(key=key), rollout, loss, entropy, self.batch)
