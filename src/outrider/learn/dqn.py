"""One training step of DQN, top to bottom: collect, signals, replay, targets, gradients."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from outrider.agents.bootstrapped import Bootstrapped, Members
from outrider.agents.features import Features
from outrider.agents.q_network import EpsilonGreedy, QNetwork
from outrider.explore.signal import Signal
from outrider.learn.collect import Rollout, Sight, collect
from outrider.learn.diary import Diary, Line, start, write
from outrider.learn.finite import first as first_fault
from outrider.learn.optimiser import bounded
from outrider.learn.q_settings import DQNSettings
from outrider.learn.rates import QRates
from outrider.learn.replay import Replay, add, draw, empty, transitions
from outrider.learn.team import Team
from outrider.ops.distribution import Discrete
from outrider.ops.q_learning import chosen, double_value, huber, one_step_return
from outrider.ops.schedule import linear
from outrider.types import Atlas, Key, Transition
from outrider.worlds.batch import Batch, Copies

Values = QNetwork | Members


class QLearner(NamedTuple):
    """One copy of parameters with its target, its optimiser (which sees one vector), its replay, worlds and diary."""

    network: EpsilonGreedy
    target: Values  # the network as it was some updates ago
    optimiser: optax.OptState
    replay: Replay[Transition]
    copies: Copies
    sight: Sight
    signal: Any
    diary: Diary
    rates: QRates
    key: Key


class DQN(NamedTuple):
    """A learner's unchanging parts: worlds, settings, signal and budget in updates."""

    batch: Batch
    settings: DQNSettings
    signal: Signal
    updates: int

    def init(self, key: Key, atlas: Atlas, rates: QRates | None = None) -> QLearner:
        """A learner before its first step, its replay empty. `rates` default to the settings'."""
        s, world = self.settings, self.batch.world
        space = world.space
        assert isinstance(space, Discrete)
        network_key, world_key, signal_key, key = jax.random.split(key, 4)
        features = Features(s.cells, world.view, world.vector + world.flags)
        rates = rates or QRates.of(s)

        def made(key: Key) -> QNetwork:
            return QNetwork(key, features, space, s.width, s.depth, s.encoder, s.dueling)

        if s.members > 1:
            network = Members(network_key, made, s.members, s.prior)
            actor = Bootstrapped(network, rates.epsilon_start)
        else:
            network = made(network_key)
            actor = EpsilonGreedy(network, rates.epsilon_start)
        copies, obs = self.batch.reset(world_key)
        one = jax.tree.map(lambda x: x[0], obs)
        held = jax.tree.map(lambda x: x[0], jax.vmap(world.situation)(copies.world))
        step = Transition(one, jnp.int32(0), jnp.float32(0), jnp.array(False), one, held)
        return QLearner(
            network=actor,
            target=network,
            optimiser=self._optimiser(rates).init(ravel_pytree(network.trained)[0]),
            replay=empty(step, s.capacity),
            copies=copies,
            sight=Sight(actor.start(s.envs), obs, jnp.zeros(s.envs, bool)),
            signal=self.signal.init(signal_key, atlas),
            diary=start(world.codes),
            rates=rates,
            key=key,
        )

    def update(self, learner: QLearner) -> tuple[QLearner, Line]:
        """One training step: collect, then learn. Returns the learner after it and a line of its diary."""
        key, collect_key, learn_key = jax.random.split(learner.key, 3)
        actor = replace(learner.network, epsilon=self._epsilon(learner))
        rollout = collect(
            self.batch, actor, learner.copies, learner.sight, collect_key, self.settings.rollout
        )
        return self.learn(learner._replace(key=key, network=actor), rollout, learn_key)

    def learn(self, learner: QLearner, rollout: Rollout, key: Key) -> tuple[QLearner, Line]:
        """Signals, replay, targets, gradients: what a rollout teaches, and what those before it still do."""
        s, rates, trajectory = self.settings, learner.rates, rollout.trajectory
        signal_key, draw_key = jax.random.split(key)
        bonus = self.signal.bonus(learner.signal, trajectory)
        signal, _ = self.signal.update(learner.signal, trajectory, signal_key)
        paid = trajectory.reward if self.signal.again else trajectory.reward + bonus
        replay = add(learner.replay, transitions(rollout, paid))

        values, optimiser = learner.network.values, self._optimiser(rates)
        parameters, as_trained = ravel_pytree(values.trained)

        def as_network(parameters: Array) -> Values:
            return values.retrained(as_trained(parameters))

        def minibatch(carry: tuple, key: Key) -> tuple[tuple, Array]:
            parameters, state = carry
            part = draw(replay, key, s.rows)
            if self.signal.again:
                part = part._replace(reward=part.reward + self.signal.again(signal, part))
            loss = jax.value_and_grad(lambda p: self.loss(as_network(p), learner.target, rates, part))
            told, gradient = loss(parameters)
            change, state = optimiser.update(gradient, state, parameters)
            return (optax.apply_updates(parameters, change), state), told

        (parameters, state), loss = jax.lax.cond(
            replay.filled >= s.warmup,
            lambda carry: jax.lax.scan(minibatch, carry, jax.random.split(draw_key, s.minibatches)),
            lambda carry: (carry, jnp.zeros(s.minibatches)),
            (parameters, learner.optimiser),
        )

        network = replace(learner.network, values=as_network(parameters))
        fault = first_fault(Team(), rollout, bonus, loss.mean(), parameters)
        told = (network.entropy(), loss.mean(), fault)
        diary, line = write(learner.diary, trajectory, bonus, *told, self.batch.solved_above)
        renew = diary.steps // s.batch % s.target_every == 0
        target = jax.tree.map(lambda new, old: jnp.where(renew, new, old), network.values, learner.target)
        learner = learner._replace(network=network, target=target, optimiser=state, replay=replay)
        learner = learner._replace(signal=signal, diary=diary)
        return learner._replace(copies=rollout.copies, sight=rollout.end), line

    def loss(self, network: Values, target: Values, rates: QRates, part: Transition) -> Float[Array, ""]:
        """The mean Huber loss of replayed steps, against what the target network thinks of what they led to.

        Each member of a bootstrapped network learns from its own target and from all rows; their losses are added.
        """
        now, after = network.features.inputs(part.obs), network.features.inputs(part.next)
        later = target(after)
        best = double_value(network(after), later) if self.settings.double else later.max(-1)
        aim = one_step_return(part.reward, best, part.terminated, rates.discount)
        values = network(now)
        action = jnp.broadcast_to(part.action, values.shape[:-1])
        return huber(chosen(values, action) - jax.lax.stop_gradient(aim)).mean(-1).sum()

    def _epsilon(self, learner: QLearner) -> Float[Array, ""]:
        """The share of actions by chance in the coming rollout."""
        rates, budget = learner.rates, self.updates * self.settings.batch
        return linear(learner.diary.steps, rates.epsilon_start, rates.epsilon_end, rates.explore * budget)

    def _optimiser(self, rates: QRates) -> optax.GradientTransformation:
        """Adam; with `anneal`, the learning rate falls to 0 over the updates whose replay is warm."""
        s = self.settings
        learns = self.updates - (s.warmup - 1) // s.batch
        steps = max(0, learns) * s.minibatches if s.anneal else 0
        return bounded(rates.learning_rate, rates.gradient_norm, anneal_over=steps)
