"""One training step of PPO, top to bottom: collect, signals, advantages, epochs, minibatches."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jax.sharding import PartitionSpec as Spec
from jaxtyping import Array, Float

from outrider.agents.actor_critic import ActorCritic
from outrider.agents.features import Features
from outrider.explore.signal import Signal
from outrider.learn.collect import Rollout, collect
from outrider.learn.diary import Diary, Line, start, write
from outrider.learn.settings import Settings
from outrider.learn.team import AXIS, Team
from outrider.ops.advantage import gae
from outrider.ops.distribution import log_prob_and_entropy
from outrider.ops.ppo import normalise, policy_loss, value_loss
from outrider.ops.shuffle import shuffled
from outrider.types import Atlas, Key, Obs, Trajectory
from outrider.worlds.batch import Batch, Copies


class Learner(NamedTuple):
    """One copy of parameters with its optimiser, its worlds, its signal's state and its diary.

    The optimiser sees the parameters as one vector, which spares it a small product for each array of the network.
    """

    network: ActorCritic
    optimiser: optax.OptState
    copies: Copies
    obs: Obs
    signal: Any
    diary: Diary
    key: Key


# How a team shares the state of a group of learners, whose first axis counts them: the worlds are split.
_common: Any = Spec()
_split: Any = Spec(None, AXIS)
SHARES = Learner(_common, _common, _split, _split, _common, _common, _common)


class Sample(NamedTuple):
    """What the losses need of one environment step."""

    features: Float[Array, "N size"]
    action: Array
    log_prob: Array
    value: Array
    advantage: Array
    target: Array


class PPO(NamedTuple):
    """A learner's unchanging parts: worlds, settings, signal, optimiser, and the team that it learns in."""

    batch: Batch
    settings: Settings
    signal: Signal
    optimiser: optax.GradientTransformation
    team: Team = Team()

    def init(self, key: Key, atlas: Atlas) -> Learner:
        """A learner before its first step, with the worlds of its whole team."""
        s = self.settings
        network_key, world_key, signal_key, key = jax.random.split(key, 4)
        world = self.batch.world
        features = Features(s.cells, world.view[0] * world.view[1], world.vector + world.flags)
        network = ActorCritic(network_key, features, world.actions, s.width, s.depth)
        copies, obs = self.batch.reset(world_key)
        signal = self.signal.init(signal_key, atlas)
        optimiser = self.optimiser.init(ravel_pytree(network)[0])
        return Learner(network, optimiser, copies, obs, signal, start(world.codes), key)

    def update(self, learner: Learner) -> tuple[Learner, Line]:
        """One training step: collect, then learn. Returns the learner after it and a line of its diary."""
        key, collect_key, learn_key = jax.random.split(learner.key, 3)
        batch, own_key = self.batch.share(self.team.size), self.team.own_key(collect_key)
        length = self.settings.rollout
        rollout = collect(batch, learner.network, learner.copies, learner.obs, own_key, length)
        return self.learn(learner._replace(key=key), rollout, learn_key)

    def learn(self, learner: Learner, rollout: Rollout, key: Key) -> tuple[Learner, Line]:
        """Signals, advantages, epochs, minibatches: what a rollout teaches."""
        s, team, trajectory = self.settings, self.team, rollout.trajectory
        signal_key, epochs_key = jax.random.split(key)

        everyones = team.everyones(trajectory)
        paid = self.signal.bonus(learner.signal, everyones)
        signal, _ = self.signal.update(learner.signal, everyones, signal_key)
        bonus = team.own(paid)

        next_value = self._next_value(learner.network, trajectory, rollout.obs, rollout.cut)
        advantage = gae(
            trajectory.reward + bonus,
            trajectory.value,
            next_value,
            trajectory.terminated,
            trajectory.truncated,
            s.discount,
            s.trace,
        )

        samples = Sample(
            jax.vmap(learner.network.features)(trajectory.obs),
            trajectory.action,
            trajectory.log_prob,
            trajectory.value,
            advantage,
            advantage + trajectory.value,
        )
        share = s.batch // team.size
        samples = jax.tree.map(lambda x: x.reshape(share, *x.shape[2:]), samples)
        parameters, as_network = ravel_pytree(learner.network)

        def epoch(carry: tuple, key: Key) -> tuple[tuple, tuple]:
            order = shuffled(team.own_key(key), share).reshape(s.minibatches, -1)
            return jax.lax.scan(minibatch, carry, (order, normalise(samples.advantage[order], team.mean)))

        def minibatch(carry: tuple, drawn: tuple[Array, Array]) -> tuple[tuple, tuple]:
            parameters, optimiser = carry
            rows, advantage = drawn
            part = jax.tree.map(lambda x: x[rows], samples)._replace(advantage=advantage)
            loss = jax.value_and_grad(lambda p: self.loss(as_network(p), part), has_aux=True)
            told, gradient = loss(parameters)
            change, optimiser = self.optimiser.update(team.mean(gradient), optimiser, parameters)
            return (optax.apply_updates(parameters, change), optimiser), told

        (parameters, optimiser), (loss, entropy) = jax.lax.scan(
            epoch, (parameters, learner.optimiser), jax.random.split(epochs_key, s.epochs)
        )

        diary, line = write(learner.diary, everyones, paid, *team.mean((entropy.mean(), loss.mean())))
        network = as_network(parameters)
        return Learner(network, optimiser, rollout.copies, rollout.obs, signal, diary, learner.key), line

    def loss(self, network: ActorCritic, part: Sample) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """The loss of one minibatch, its advantages normalised, and the policy's entropy in nats."""
        s = self.settings
        logits, value = network.of(part.features)
        log_prob, entropy = log_prob_and_entropy(logits, part.action)
        loss = (
            policy_loss(log_prob - part.log_prob, part.advantage, s.clip)
            + s.value_weight * value_loss(value, part.value, part.target, s.clip)
            - s.entropy * entropy.mean()
        )
        return loss, entropy.mean()

    def _next_value(
        self, network: ActorCritic, trajectory: Trajectory, last: Obs, cut: Obs
    ) -> Float[Array, "T B"]:
        """The value of what each step led to: the next row's, but for truncated steps that of their own last sight."""
        following = jnp.concatenate([trajectory.value[1:], network.value(last)[None]])
        return jnp.where(trajectory.truncated, network.value(cut), following)


def ppo(batch: Batch, settings: Settings, signal: Signal, updates: int) -> PPO:
    """PPO for a budget of `updates`, over which the learning rate is annealed."""
    rate: optax.ScalarOrSchedule = settings.learning_rate
    if settings.anneal:
        gradient_steps = updates * settings.epochs * settings.minibatches
        rate = optax.linear_schedule(settings.learning_rate, 0.0, gradient_steps)
    optimiser = optax.chain(optax.clip_by_global_norm(settings.gradient_norm), optax.adam(rate, eps=1e-5))
    return PPO(batch, settings, signal, optimiser, Team(settings.learners))
