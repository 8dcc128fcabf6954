"""Disagreement of an ensemble: pays where models of the world differ, which noise does not make them do for long."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from outrider.explore.dynamics import Forward
from outrider.explore.learned import Moves, Student, moves, student, taught
from outrider.explore.signal import Ground, Signal
from outrider.ops.layers import Perceptron
from outrider.types import Atlas, Key, Trajectory

MODELS, OUTPUTS = 5, 32


class Ensemble(eqx.Module):
    """Models of what a random embedding of the next sight will be."""

    embed: Perceptron  # random, never learned
    models: list[Forward]

    def __init__(self, key: Key, ground: Ground):
        embed_key, *keys = jax.random.split(key, MODELS + 1)
        self.embed = Perceptron(embed_key, (ground.size, 64, OUTPUTS), 1.0)
        self.models = [Forward(k, ground.space, OUTPUTS, OUTPUTS) for k in keys]

    def expect(self, part: Moves) -> Float[Array, "m *n outputs"]:
        """What each model expects."""
        before = jax.lax.stop_gradient(self.embed(part.before))
        return jnp.stack([model(before, part.action) for model in self.models])

    def loss(self, part: Moves) -> Float[Array, "n"]:
        """Half the mean squared error, summed over the models; each sees one of two halves of the moves."""
        after = jax.lax.stop_gradient(self.embed(part.after))
        errors = 0.5 * jnp.square(self.expect(part) - after).mean(-1)
        mine = (jnp.arange(errors.shape[1])[None] + jnp.arange(MODELS)[:, None]) % 2
        return (errors * mine).sum(0)


def disagreement(ground: Ground) -> Signal:
    """The variance of what an ensemble of forward models expects, in the mean over the embedding.

    Source: Pathak et al. 2019, eq. 1 (random features, 5 models). Deviation: models differ by their first weights and
    by which of two halves of each minibatch they learn from.
    """

    def init(key: Key, atlas: Atlas) -> Student:
        return student(Ensemble(key, ground), ground)

    def bonus(state: Student, trajectory: Trajectory) -> Float[Array, "T B"]:
        shown = moves(ground, state.seen, trajectory)
        return shown.weight * state.networks.expect(shown).var(0).mean(-1)

    return Signal(
        init, bonus, lambda state, trajectory, key: taught(state, ground, trajectory, key, Ensemble.loss)
    )
