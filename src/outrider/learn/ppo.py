"""One training step of PPO, top to bottom: collect, signals, advantages, epochs, minibatches."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from outrider.agents.actor_critic import ActorCritic
from outrider.agents.features import Features
from outrider.explore.signal import Signal
from outrider.learn.collect import collect
from outrider.learn.diary import Diary, Line, start, write
from outrider.learn.settings import Settings
from outrider.ops.advantage import gae
from outrider.ops.distribution import log_prob_and_entropy
from outrider.ops.ppo import normalise, policy_loss, value_loss
from outrider.types import Atlas, Key, Obs, Trajectory
from outrider.worlds.batch import Batch, Copies


class Learner(NamedTuple):
    """One copy of parameters with its optimiser, its worlds, its signal's state and its diary."""

    network: ActorCritic
    optimiser: optax.OptState
    copies: Copies
    obs: Obs
    signal: Any
    diary: Diary
    key: Key


class Sample(NamedTuple):
    """What the losses need of one environment step."""

    obs: Obs
    action: Array
    log_prob: Array
    value: Array
    advantage: Array
    target: Array


class PPO(NamedTuple):
    """A learner's unchanging parts: worlds, settings, signal, optimiser."""

    batch: Batch
    settings: Settings
    signal: Signal
    optimiser: optax.GradientTransformation

    def init(self, key: Key, atlas: Atlas) -> Learner:
        """A learner before its first step."""
        s = self.settings
        network_key, world_key, signal_key, key = jax.random.split(key, 4)
        world = self.batch.world
        features = Features(s.cells, world.view[0] * world.view[1], world.vector + world.flags)
        network = ActorCritic(network_key, features, world.actions, s.width, s.depth)
        copies, obs = self.batch.reset(world_key)
        signal = self.signal.init(signal_key, atlas)
        optimiser = self.optimiser.init(eqx.filter(network, eqx.is_array))
        return Learner(network, optimiser, copies, obs, signal, start(world.codes), key)

    def update(self, learner: Learner) -> tuple[Learner, Line]:
        """One training step; returns the learner after it and a line of its diary."""
        s = self.settings
        key, collect_key, signal_key, epochs_key = jax.random.split(learner.key, 4)

        rollout = collect(self.batch, learner.network, learner.copies, learner.obs, collect_key, s.rollout)
        trajectory = rollout.trajectory

        bonus = self.signal.bonus(learner.signal, trajectory)
        signal, _ = self.signal.update(learner.signal, trajectory, signal_key)

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
            trajectory.obs,
            trajectory.action,
            trajectory.log_prob,
            trajectory.value,
            advantage,
            advantage + trajectory.value,
        )
        samples = jax.tree.map(lambda x: x.reshape(s.batch, *x.shape[2:]), samples)

        def epoch(carry: tuple, key: Key) -> tuple[tuple, tuple]:
            order = jax.random.permutation(key, s.batch).reshape(s.minibatches, -1)
            return jax.lax.scan(minibatch, carry, order)

        def minibatch(carry: tuple, rows: Array) -> tuple[tuple, tuple]:
            network, optimiser = carry
            part = jax.tree.map(lambda x: x[rows], samples)
            (loss, entropy), gradient = eqx.filter_value_and_grad(self.loss, has_aux=True)(network, part)
            change, optimiser = self.optimiser.update(gradient, optimiser, network)
            return (eqx.apply_updates(network, change), optimiser), (loss, entropy)

        (network, optimiser), (loss, entropy) = jax.lax.scan(
            epoch, (learner.network, learner.optimiser), jax.random.split(epochs_key, s.epochs)
        )

        diary, line = write(learner.diary, trajectory, bonus, entropy.mean(), loss.mean())
        return Learner(network, optimiser, rollout.copies, rollout.obs, signal, diary, key), line

    def loss(self, network: ActorCritic, part: Sample) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """The loss of one minibatch, and the policy's entropy in nats."""
        s = self.settings
        logits, value = network(part.obs)
        log_prob, entropy = log_prob_and_entropy(logits, part.action)
        loss = (
            policy_loss(log_prob - part.log_prob, normalise(part.advantage), s.clip)
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
    return PPO(batch, settings, signal, optimiser)
