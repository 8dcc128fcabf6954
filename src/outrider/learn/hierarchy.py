"""One training step of a manager and its worker, top to bottom: collect, signals, who is paid what, two times PPO.

Options as in Sutton, Precup and Singh 1999, with the two levels of h-DQN (Kulkarni et al. 2016): the worker is paid 1
for reaching its subgoal, the manager what the world pays meanwhile. Deviations: both learn by PPO; an option also ends
after `option_steps` steps; a subgoal is a kind of event and is reached by its first occurrence in the episode.

A signal is the manager's: it says where to go, and is summed over options beside the reward. What the worker is paid
for stays the same for the whole run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, Int

from outrider.agents.actor_critic import ActorCritic
from outrider.agents.features import Features
from outrider.agents.hierarchical import Hierarchical, Option
from outrider.explore.signal import Signal
from outrider.learn.collect import Rollout, Sight, collect
from outrider.learn.diary import Line, start, write
from outrider.learn.epochs import epochs
from outrider.learn.finite import first as first_fault
from outrider.learn.hierarchy_settings import HierarchySettings
from outrider.learn.optimiser import bounded
from outrider.learn.ppo import Learner
from outrider.learn.rates import HierarchyRates
from outrider.learn.team import Team
from outrider.ops.advantage import gae
from outrider.ops.ppo import Sample, clipped_loss, normalise
from outrider.ops.shuffle import shuffled
from outrider.types import Atlas, Key, Number, Trajectory
from outrider.worlds.batch import Batch
from outrider.worlds.names import WORLDS, event_sentences
from outrider.worlds.world import World

HierarchyLearner = Learner[Hierarchical, HierarchyRates]


class Ending(NamedTuple):
    """How each step left its option, `[T, B]`."""

    reached: Bool[Array, "T B"]  # the subgoal's event occurred
    over: Bool[Array, "T B"]  # that, or it took too long, or the episode ended


class Optimisers(NamedTuple):
    """A state for each half."""

    manager: optax.OptState
    worker: optax.OptState


class Own(NamedTuple):
    """The rates that each half has for itself."""

    learning_rate: Number
    entropy: Number


# What a half, with changed parameters, gives for each row that it is given: outputs and values.
Tell = Callable[..., tuple[Float[Array, "N outputs"], Float[Array, "N"]]]


class Hierarchy(NamedTuple):
    """A learner's unchanging parts: worlds, settings, signal, budget in updates, and the subgoals' flags.

    Its state is as PPO's, with two optimisers: the manager's and the worker's.
    """

    batch: Batch
    settings: HierarchySettings
    signal: Signal
    updates: int
    kinds: tuple[int, ...]

    def init(self, key: Key, atlas: Atlas, rates: HierarchyRates | None = None) -> HierarchyLearner:
        """A learner before its first step. `rates` default to the settings'."""
        s, world = self.settings, self.batch.world
        network_key, world_key, signal_key, word_key, key = jax.random.split(key, 5)
        features = Features(s.cells, world.view, world.vector + world.flags)
        goals = tuple(world.vector + kind for kind in self.kinds)
        sizes = (s.width, s.depth, s.encoder)
        network = Hierarchical(network_key, features, world.space, goals, s.option_steps, *sizes)
        copies, obs = self.batch.reset(world_key)
        none = network.start(s.envs)._replace(word=jax.random.bits(word_key, (s.envs,), jnp.uint32))
        sight = Sight(none, obs, jnp.zeros(s.envs, bool))
        rates = rates or HierarchyRates.of(s)
        optimisers = Optimisers(
            self._optimiser(rates.manager_learning_rate, rates).init(ravel_pytree(network.manager)[0]),
            self._optimiser(rates.learning_rate, rates).init(ravel_pytree(network.worker)[0]),
        )
        signal = self.signal.init(signal_key, atlas)
        return Learner(network, optimisers, copies, sight, signal, start(world.codes), rates, key)

    def update(self, learner: HierarchyLearner) -> tuple[HierarchyLearner, Line]:
        """One training step: collect, then learn. Returns the learner after it and a line of its diary."""
        key, collect_key, learn_key = jax.random.split(learner.key, 3)
        rollout = collect(
            self.batch,
            learner.network,
            learner.copies,
            learner.sight,
            collect_key,
            self.settings.rollout,
            keep=True,
        )
        return self.learn(learner._replace(key=key), rollout, learn_key)

    def learn(self, learner: HierarchyLearner, rollout: Rollout, key: Key) -> tuple[HierarchyLearner, Line]:
        """Signals, who is paid what, and PPO for the manager and for the worker: what a rollout teaches."""
        network, rates, path = learner.network, learner.rates, rollout.trajectory
        option, optimisers = path.held, learner.optimiser
        assert isinstance(option, Option)
        assert isinstance(optimisers, Optimisers)
        signal_key, manager_key, worker_key = jax.random.split(key, 3)

        bonus = self.signal.bonus(learner.signal, path)
        signal, _ = self.signal.update(learner.signal, path, signal_key)

        row, reached = (jax.vmap(network.features)(obs) for obs in (path.obs, path.reached))
        ending = self.endings(path)
        managers = path._replace(reward=path.reward + bonus, value=option.value)
        managed = manager_advantage(managers, jax.vmap(network.choose)(reached)[1], ending, rates)
        worked = worker_advantage(path, jax.vmap(network.pursue)(reached, option.goal)[1], ending, rates)

        chosen, always = option.begun * 1.0, jnp.ones_like(worked)
        of_manager = Sample(
            (row,), option.goal, option.log_prob, option.value, managed, managed + option.value, chosen
        )
        of_worker = Sample(
            (row, option.goal), path.action, path.log_prob, path.value, worked, worked + path.value, always
        )

        def choosing(manager: ActorCritic, row: Array) -> tuple[Array, Array]:
            return eqx.tree_at(lambda n: n.manager, network, manager).choose(row)

        def pursuing(worker: ActorCritic, row: Array, goal: Array) -> tuple[Array, Array]:
            return eqx.tree_at(lambda n: n.worker, network, worker).pursue(row, goal)

        own = Own(rates.manager_learning_rate, rates.manager_entropy)
        manager, state, managers_loss, _ = self.improve(
            network.manager, optimisers.manager, choosing, of_manager, own, rates, manager_key
        )
        optimisers = optimisers._replace(manager=state)
        own = Own(rates.learning_rate, rates.entropy)
        worker, state, workers_loss, entropy = self.improve(
            network.worker, optimisers.worker, pursuing, of_worker, own, rates, worker_key
        )
        optimisers = optimisers._replace(worker=state)
        network = eqx.tree_at(lambda n: (n.manager, n.worker), network, (manager, worker))

        loss = managers_loss + workers_loss
        fault = first_fault(Team(), rollout, bonus, loss, network)
        diary, line = write(learner.diary, path, bonus, entropy, loss, fault, self.batch.solved_above)
        learner = learner._replace(network=network, optimiser=optimisers, signal=signal, diary=diary)
        return learner._replace(copies=rollout.copies, sight=rollout.end), line

    def endings(self, path: Trajectory) -> Ending:
        """How each step left its option."""
        option, world = path.held, self.batch.world
        kind = jnp.asarray(self.kinds)[option.goal]
        occurred = jnp.bitwise_or.reduce(world.flag_bits(path.events), axis=-1) >> kind.astype(jnp.uint32) & 1
        before = jnp.take_along_axis(path.obs.vector, (world.vector + kind)[..., None], axis=-1)[..., 0]
        reached = (occurred > 0) & (before == 0)
        late = option.age >= self.settings.option_steps
        return Ending(reached, reached | late | path.terminated | path.truncated)

    def improve(
        self,
        half: ActorCritic,
        state: optax.OptState,
        tell: Tell,
        samples: Sample,
        own: Own,
        rates: HierarchyRates,
        key: Key,
    ) -> tuple[ActorCritic, optax.OptState, Float[Array, ""], Float[Array, ""]]:
        """Epochs of minibatches for one half. Returns it, its optimiser, the mean loss and entropy (nats)."""
        s = self.settings
        samples = jax.tree.map(lambda x: x.reshape(s.batch, *x.shape[2:]), samples)

        def minibatches(key: Key) -> Int[Array, "m n"]:
            return shuffled(key, s.batch).reshape(s.minibatches, -1)

        def loss(half: ActorCritic, rows: Int[Array, "n"]) -> tuple[Array, Array]:
            part = jax.tree.map(lambda x: x[rows], samples)
            part = part._replace(advantage=normalise(part.advantage, weight=part.weight))
            outputs, value = tell(half, *part.given)
            weights = (rates.value_weight, own.entropy)
            return clipped_loss(half.space, outputs, value, part, rates.clip, *weights)

        optimiser, keys = self._optimiser(own.learning_rate, rates), jax.random.split(key, s.epochs)
        return epochs(half, state, optimiser, minibatches, loss, keys, Team())

    def _optimiser(self, learning_rate: Number, rates: HierarchyRates) -> optax.GradientTransformation:
        """As PPO's, of one half."""
        s = self.settings
        steps = self.updates * s.epochs * s.minibatches
        return bounded(learning_rate, rates.gradient_norm, anneal_over=steps if s.anneal else 0)


def manager_advantage(
    path: Trajectory, next_value: Float[Array, "T B"], ending: Ending, rates: HierarchyRates
) -> Float[Array, "T B"]:
    """The manager's advantages, which count where an option begins; rewards and values of `path` are the manager's.

    An option of k steps has the error `sum_i discount^i reward_i + discount^k value(end) - value(begin)` (Sutton,
    Precup and Singh 1999, eq. 7 as a sample), and errors are traced from option to option: `discount^k trace`. Step by
    step that is `gae` with a trace of 1 within options, where the values between cancel out. An option that the rollout
    cuts is worth what its end is worth to a manager who chooses anew.
    """
    trace = jnp.where(ending.over, rates.trace, 1.0)
    ends = (path.terminated, path.truncated)
    return gae(path.reward, path.value, next_value, *ends, rates.discount, trace)


def worker_advantage(
    path: Trajectory, next_value: Float[Array, "T B"], ending: Ending, rates: HierarchyRates
) -> Float[Array, "T B"]:
    """The worker's advantages: paid 1 for reaching its subgoal, an option being an episode of its own.

    `next_value` is that of the same subgoal. An option that took too long is truncated: its future keeps its value.
    """
    terminated = ending.reached | path.terminated
    ends = (terminated, ending.over & ~terminated)
    paid = ending.reached.astype(jnp.float32)
    return gae(paid, path.value, next_value, *ends, rates.discount, rates.trace)


def subgoals(world: World) -> tuple[int, ...]:
    """The kinds of event, as flags, that can occur in a world by its vocabulary; of a world of your own all kinds."""
    if world.id.partition("+")[0] not in WORLDS:
        return tuple(range(world.flags))
    codes = np.asarray(sorted(event_sentences(world.id)))
    raised = int(np.bitwise_or.reduce(np.asarray(world.flag_bits(jnp.asarray(codes)))))
    return tuple(kind for kind in range(world.flags) if raised >> kind & 1)
