"""One training step of PPO, top to bottom: collect, signals, advantages, epochs, minibatches."""

from __future__ import annotations

from typing import Any, Generic, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jax.sharding import PartitionSpec as Spec
from jaxtyping import Array, Float, Int

from outrider.agents.actor_critic import ActorCritic
from outrider.agents.agent import Agent
from outrider.agents.features import Features
from outrider.explore.signal import Signal
from outrider.learn.collect import Rollout, Sight, collect, next_value
from outrider.learn.diary import Diary, Line, start, write
from outrider.learn.epochs import epochs
from outrider.learn.finite import first as first_fault
from outrider.learn.imitation import Shown, drawn, imitation_loss
from outrider.learn.optimiser import bounded
from outrider.learn.rates import AnyRates, Rates
from outrider.learn.settings import Settings
from outrider.learn.team import AXIS, Team
from outrider.ops.advantage import gae
from outrider.ops.keys import apart
from outrider.ops.ppo import Sample, clipped_loss, normalise
from outrider.ops.schedule import linear, steered
from outrider.ops.shuffle import shuffled
from outrider.types import Atlas, Key
from outrider.worlds.batch import Batch, Copies

N = TypeVar("N", bound=Agent)
R = TypeVar("R", bound=AnyRates)


class Learner(NamedTuple, Generic[N, R]):
    """One copy of parameters with its optimiser, its worlds, its signal's state, its diary and its rates.

    The optimiser sees the parameters as one vector, which spares it a small product for each array of the network.
    """

    network: N
    optimiser: optax.OptState
    copies: Copies
    sight: Sight
    signal: Any
    diary: Diary
    rates: R
    key: Key


PPOLearner = Learner[ActorCritic, Rates]

# How a team shares the state of a group of learners, whose first axis counts them: the worlds are split.
_common: Any = Spec()
_split: Any = Spec(None, AXIS)
SHARES = Learner(_common, _common, _split, _split, _common, _common, _common, _common)


class Lesson(NamedTuple):
    """One minibatch, drawn before its epoch begins; those of an epoch are stacked."""

    rows: Int[Array, "n"]
    advantage: Float[Array, "n *T"]  # normalised
    key: Key  # of what it is shown beside


class PPO(NamedTuple):
    """A learner's unchanging parts: worlds, settings, signal, budget in updates, and what it is shown, if anything."""

    batch: Batch
    settings: Settings
    signal: Signal
    updates: int
    shown: Shown | None = None

    @property
    def team(self) -> Team:
        """The synchronous learners that this one learns with."""
        return Team(self.settings.learners)

    def init(self, key: Key, atlas: Atlas, rates: Rates | None = None) -> PPOLearner:
        """A learner before its first step, with the worlds of its whole team. `rates` default to the settings'."""
        s = self.settings
        network_key, world_key, signal_key, key = jax.random.split(key, 4)
        world = self.batch.world
        features = Features(s.cells, world.view, world.vector + world.flags)
        network = ActorCritic(network_key, features, world.space, s.width, s.depth, s.encoder, s.memory)
        copies, obs = self.batch.reset(world_key)
        sight = Sight(network.start(s.envs), obs, jnp.zeros(s.envs, bool))
        signal = self.signal.init(signal_key, atlas)
        rates = rates or Rates.of(s)
        optimiser = self._optimiser(rates).init(ravel_pytree(network)[0])
        return Learner(network, optimiser, copies, sight, signal, start(world.codes), rates, key)

    def update(self, learner: PPOLearner) -> tuple[PPOLearner, Line]:
        """One training step: collect, then learn. Returns the learner after it and a line of its diary."""
        key, collect_key, learn_key = jax.random.split(learner.key, 3)
        batch, own_key = self.batch.share(self.team.size), self.team.own_key(collect_key)
        length = self.settings.rollout
        rollout = collect(batch, learner.network, learner.copies, learner.sight, own_key, length)
        return self.learn(learner._replace(key=key), rollout, learn_key)

    def learn(self, learner: PPOLearner, rollout: Rollout, key: Key) -> tuple[PPOLearner, Line]:
        """Signals, advantages, epochs, minibatches: what a rollout teaches."""
        s, rates, team, trajectory = self.settings, self._rates_now(learner), self.team, rollout.trajectory
        signal_key, epochs_key = jax.random.split(key)

        everyones = team.everyones(trajectory)
        paid = self.signal.bonus(learner.signal, everyones)
        signal, _ = self.signal.update(learner.signal, everyones, signal_key)
        bonus = team.own(paid)

        advantage = gae(
            trajectory.reward + bonus,
            trajectory.value,
            next_value(learner.network, rollout),
            trajectory.terminated,
            trajectory.truncated,
            rates.discount,
            rates.trace,
        )

        done = trajectory.terminated | trajectory.truncated
        restart, weight = jnp.concatenate([rollout.begin.restart[None], done[:-1]]), None
        if rollout.marks:
            restart, valid = rollout.marks.restart, rollout.marks.valid
            weight = None if valid is None else valid.astype(jnp.float32)
        samples = Sample(
            (jax.vmap(learner.network.features.inputs)(trajectory.obs), restart),
            trajectory.action,
            trajectory.log_prob,
            trajectory.value,
            advantage,
            advantage + trajectory.value,
            weight,
        )
        samples = self._as_rows(samples)
        fades_over = s.demonstration_share * self.updates * s.batch
        shown_weight = linear(learner.diary.steps, s.demonstration_weight, 0.0, fades_over)

        def minibatches(key: Key) -> Lesson:
            key = team.own_key(key)
            order = shuffled(key, len(samples.value)).reshape(s.minibatches, -1)
            keys = jax.random.split(apart(key), s.minibatches)
            return Lesson(order, self._normalised(samples, order), keys)

        def losses(network: ActorCritic, lesson: Lesson) -> tuple[Array, Array]:
            rows, advantage, key = lesson
            part = jax.tree.map(lambda x: x[rows], samples)._replace(advantage=advantage)
            held = jax.tree.map(lambda x: x[rows], rollout.begin.memory)
            loss, entropy = self.loss(network, rates, held, part)
            if self.shown:
                loss += shown_weight * self.shown_loss(network, self.shown, key, len(rows))
            return loss, entropy

        optimiser, keys = self._optimiser(rates), jax.random.split(epochs_key, s.epochs)
        network, state, loss, entropy = epochs(
            learner.network, learner.optimiser, optimiser, minibatches, losses, keys, team
        )

        fault = first_fault(team, rollout, bonus, loss, network)
        entropy, loss = team.mean((entropy, loss))
        diary, line = write(learner.diary, everyones, paid, entropy, loss, fault, self.batch.solved_above)
        if s.target_entropy:
            weight = steered(rates.entropy, entropy, s.target_entropy, s.entropy_gain)
            learner = learner._replace(rates=learner.rates._replace(entropy=weight))
        learner = learner._replace(network=network, optimiser=state, signal=signal, diary=diary)
        return learner._replace(copies=rollout.copies, sight=rollout.end), line

    def loss(
        self, network: ActorCritic, rates: Rates, held: Any, part: Sample
    ) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """The loss of one minibatch, its advantages normalised, and the policy's entropy in nats."""
        outputs, value = network.over(held, *part.given)
        weights = (rates.value_weight, rates.entropy)
        return clipped_loss(network.space, outputs, value, part, rates.clip, *weights)

    def shown_loss(self, network: ActorCritic, shown: Shown, key: Key, size: int) -> Float[Array, ""]:
        """The cross-entropy of `size` demonstrated actions, in nats: what keeps a policy near demonstrations.

        The second term of DAPG (Rajeswaran et al. 2018, eq. 5), beside PPO's loss in place of a natural gradient. Its
        weight falls linearly and not as a power of the iteration, and does not grow with the largest advantage, since
        PPO's are normalised.
        """
        return imitation_loss(network, drawn(shown, key, size))[0]

    def _rates_now(self, learner: PPOLearner) -> Rates:
        """The learner's rates, the entropy bonus's weight as it is at this point of the run."""
        s, rates = self.settings, learner.rates
        if not s.entropy_share:
            return rates
        falls_over = s.entropy_share * self.updates * s.batch
        return rates._replace(entropy=linear(learner.diary.steps, rates.entropy, 0.0, falls_over))

    def _as_rows(self, samples: Sample) -> Sample:
        """What minibatches draw from: steps `[T * B, ...]`; copies `[B, T, ...]` where a memory needs them in order."""
        if self.settings.memory == "none":
            return jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), samples)
        return jax.tree.map(lambda x: x.swapaxes(0, 1), samples)

    def _normalised(self, samples: Sample, order: Int[Array, "m n"]) -> Float[Array, "m n *T"]:
        """The advantages of an epoch's minibatches, each normalised over its rows and all learners."""
        advantage, weight = jax.tree.map(
            lambda x: x[order].reshape(len(order), -1), (samples.advantage, samples.weight)
        )
        shape = (*order.shape, *samples.advantage.shape[1:])
        return normalise(advantage, self.team.mean, weight).reshape(shape)

    def _optimiser(self, rates: Rates) -> optax.GradientTransformation:
        """Adam on gradients of bounded norm; with `anneal`, the learning rate falls to 0 over the budget."""
        s = self.settings
        steps = self.updates * s.epochs * s.minibatches
        return bounded(rates.learning_rate, rates.gradient_norm, anneal_over=steps if s.anneal else 0)
