"""One training step of PQN, top to bottom: collect, signals, returns, epochs, minibatches. No replay, no target."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int

from outrider.agents.features import Features
from outrider.agents.q_network import EpsilonGreedy, QNetwork
from outrider.explore.signal import Signal
from outrider.learn.collect import Rollout, Sight, collect, next_value
from outrider.learn.diary import Line, start, write
from outrider.learn.epochs import epochs
from outrider.learn.finite import first as first_fault
from outrider.learn.optimiser import bounded
from outrider.learn.ppo import Learner
from outrider.learn.q_settings import PQNSettings
from outrider.learn.rates import QRates
from outrider.learn.team import Team
from outrider.ops.distribution import Discrete
from outrider.ops.q_learning import chosen, lambda_return
from outrider.ops.schedule import linear
from outrider.ops.shuffle import shuffled
from outrider.types import Atlas, Key
from outrider.worlds.batch import Batch

PQNLearner = Learner[EpsilonGreedy, QRates]


class Row(NamedTuple):
    """What the loss needs of one environment step `[N, ...]`."""

    features: Float[Array, "N size"] | Int[Array, "N"]
    action: Int[Array, "N"]
    target: Float[Array, "N"]


class PQN(NamedTuple):
    """A learner's unchanging parts: worlds, settings, signal and budget in updates. Its state is as PPO's."""

    batch: Batch
    settings: PQNSettings
    signal: Signal
    updates: int

    @property
    def team(self) -> Team:
        """The synchronous learners that this one learns with."""
        return Team(self.settings.learners)

    def init(self, key: Key, atlas: Atlas, rates: QRates | None = None) -> PQNLearner:
        """A learner before its first step, with the worlds of its whole team. `rates` default to the settings'."""
        s, world = self.settings, self.batch.world
        assert isinstance(world.space, Discrete)
        network_key, world_key, signal_key, key = jax.random.split(key, 4)
        features = Features(s.cells, world.view, world.vector + world.flags)
        network = QNetwork(network_key, features, world.space, s.width, s.depth, s.encoder, s.dueling, s.norm)
        copies, obs = self.batch.reset(world_key)
        sight = Sight((), obs, jnp.zeros(s.envs, bool))
        rates = rates or QRates.of(s)
        optimiser = self._optimiser(rates).init(ravel_pytree(network)[0])
        actor, signal = EpsilonGreedy(network, rates.epsilon_start), self.signal.init(signal_key, atlas)
        return Learner(actor, optimiser, copies, sight, signal, start(world.codes), rates, key)

    def update(self, learner: PQNLearner) -> tuple[PQNLearner, Line]:
        """One training step: collect, then learn. Returns the learner after it and a line of its diary."""
        key, collect_key, learn_key = jax.random.split(learner.key, 3)
        batch, own_key = self.batch.share(self.team.size), self.team.own_key(collect_key)
        actor = EpsilonGreedy(learner.network.values, self._epsilon(learner))
        rollout = collect(batch, actor, learner.copies, learner.sight, own_key, self.settings.rollout)
        return self.learn(learner._replace(key=key, network=actor), rollout, learn_key)

    def learn(self, learner: PQNLearner, rollout: Rollout, key: Key) -> tuple[PQNLearner, Line]:
        """Signals, returns, epochs, minibatches: what a rollout teaches."""
        s, rates, team, trajectory = self.settings, learner.rates, self.team, rollout.trajectory
        signal_key, epochs_key = jax.random.split(key)

        everyones = team.everyones(trajectory)
        paid = self.signal.bonus(learner.signal, everyones)
        signal, _ = self.signal.update(learner.signal, everyones, signal_key)

        target = lambda_return(
            trajectory.reward + team.own(paid),
            trajectory.value,
            next_value(learner.network, rollout),
            trajectory.terminated,
            trajectory.truncated,
            rates.discount,
            rates.trace,
        )

        features = jax.vmap(learner.network.features.inputs)(trajectory.obs)
        samples = Row(features, trajectory.action, target)
        samples = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), samples)

        def minibatches(key: Key) -> Int[Array, "m n"]:
            return shuffled(team.own_key(key), len(samples.target)).reshape(s.minibatches, -1)

        def losses(network: QNetwork, rows: Int[Array, "n"]) -> tuple[Array, tuple[()]]:
            return self.loss(network, jax.tree.map(lambda x: x[rows], samples)), ()

        optimiser, keys = self._optimiser(rates), jax.random.split(epochs_key, s.epochs)
        values, state, loss, _ = epochs(
            learner.network.values, learner.optimiser, optimiser, minibatches, losses, keys, team
        )

        network = EpsilonGreedy(values, learner.network.epsilon)
        fault = first_fault(team, rollout, paid, loss, values)
        told = (network.entropy(), team.mean(loss), fault)
        diary, line = write(learner.diary, everyones, paid, *told, self.batch.solved_above)
        learner = learner._replace(network=network, optimiser=state, signal=signal, diary=diary)
        return learner._replace(copies=rollout.copies, sight=rollout.end), line

    def loss(self, network: QNetwork, part: Row) -> Float[Array, ""]:
        """Half the mean squared error of the chosen actions' values."""
        return 0.5 * ((chosen(network(part.features), part.action) - part.target) ** 2).mean()

    def _epsilon(self, learner: PQNLearner) -> Float[Array, ""]:
        """The share of actions by chance in the coming rollout."""
        rates, budget = learner.rates, self.updates * self.settings.batch
        return linear(learner.diary.steps, rates.epsilon_start, rates.epsilon_end, rates.explore * budget)

    def _optimiser(self, rates: QRates) -> optax.GradientTransformation:
        """RAdam, as in the paper."""
        s = self.settings
        steps = self.updates * s.epochs * s.minibatches if s.anneal else 0
        return bounded(rates.learning_rate, rates.gradient_norm, steps, optax.radam)
