"""What behaviour cloning and DAgger share: a pupil, what it is shown, the gradient steps it takes on it, its diary."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from outrider.agents.actor_critic import ActorCritic
from outrider.agents.features import Features
from outrider.learn.collect import Rollout, Sight
from outrider.learn.demonstrations import Demonstrations, by_expert, check_shown, record
from outrider.learn.diary import Diary, Line, start, write
from outrider.learn.epochs import epochs
from outrider.learn.finite import first as first_fault
from outrider.learn.imitation_settings import ImitationSettings
from outrider.learn.optimiser import bounded
from outrider.learn.rates import ImitationRates
from outrider.learn.settings import expert_episodes
from outrider.learn.team import Team
from outrider.ops.imitation import cross_entropy
from outrider.types import Key, Obs
from outrider.worlds.batch import Batch, Copies
from outrider.worlds.experts import expert_of
from outrider.worlds.world import World

SHOWING = (
    30_261  # the key under which an expert's demonstrations are recorded, the same for every seed and arm
)


class Shown(NamedTuple):
    """Sights and what was done, or should have been done, in each `[N, ...]`."""

    obs: Obs
    action: Array


class Pupil(NamedTuple):
    """One copy of parameters with its optimiser (which sees one vector), what it was shown, its worlds and diary."""

    network: ActorCritic
    optimiser: optax.OptState
    shown: Any  # a `Replay` that grows, or nothing where all was shown beforehand
    copies: Copies
    sight: Sight
    diary: Diary
    rates: ImitationRates
    key: Key


def pupil(batch: Batch, s: ImitationSettings, updates: int, key: Key, rates: ImitationRates | None) -> Pupil:
    """A pupil before its first lesson; `rates` default to the settings'. Its network is PPO's, whose value it does not
    learn.
    """
    network_key, world_key, key = jax.random.split(key, 3)
    world, rates = batch.world, rates or ImitationRates.of(s)
    features = Features(s.cells, world.view, world.vector + world.flags)
    network = ActorCritic(network_key, features, world.space, s.width, s.depth, s.encoder)
    copies, obs = batch.reset(world_key)
    sight = Sight(network.start(s.envs), obs, jnp.zeros(s.envs, bool))
    state = _adam(s, rates, updates).init(ravel_pytree(network)[0])
    return Pupil(network, state, (), copies, sight, start(world.codes), rates, key)


def study(
    learner: Pupil, draw: Callable[[Key], Shown], s: ImitationSettings, updates: int, key: Key
) -> tuple[Pupil, Float[Array, ""], Float[Array, ""]]:
    """The pupil after an update's gradient steps, each on what `draw` gives it; the mean loss, the policy's entropy."""
    network, state, loss, entropy = epochs(
        learner.network,
        learner.optimiser,
        _adam(s, learner.rates, updates),
        lambda key: jax.random.split(key, s.minibatches),
        lambda network, key: imitation_loss(network, draw(key)),
        key[None],
        Team(),
    )
    return learner._replace(network=network, optimiser=state), loss, entropy


def noted(
    learner: Pupil, rollout: Rollout, loss: Float[Array, ""], entropy: Float[Array, ""], batch: Batch
) -> tuple[Pupil, Line]:
    """The pupil with its worlds after a rollout, and a line of its diary. Beside the world nobody pays anything."""
    path = rollout.trajectory
    unpaid = jnp.zeros_like(path.reward)
    fault = first_fault(Team(), rollout, unpaid, loss, learner.network)
    diary, line = write(learner.diary, path, unpaid, entropy, loss, fault, batch.solved_above)
    return learner._replace(copies=rollout.copies, sight=rollout.end, diary=diary), line


def _adam(s: ImitationSettings, rates: ImitationRates, updates: int) -> optax.GradientTransformation:
    """Adam on gradients of bounded norm; with `anneal`, the learning rate falls to 0 over the budget."""
    return bounded(rates.learning_rate, rates.gradient_norm, updates * s.minibatches if s.anneal else 0)


def imitation_loss(network: ActorCritic, part: Shown) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """The cross-entropy of what was shown, and the policy's entropy, both in nats."""
    outputs, _ = network.over((), network.features.inputs(part.obs), jnp.zeros(len(part.action), bool))
    log_prob, entropy = network.space.log_prob_and_entropy(outputs, part.action)
    return cross_entropy(log_prob), entropy.mean()


def drawn(shown: Shown, key: Key, size: int) -> Shown:
    """`size` rows, uniformly and with replacement."""
    rows = jax.random.randint(key, (size,), 0, len(shown.action))
    return jax.tree.map(lambda x: x[rows], shown)


def shown_in(source: str, world: World) -> Shown:
    """The rows of demonstrations: `expert:256` or the folder of a Minari dataset.

    Errors: no expert, no dataset, one of other sights or actions.
    """
    if episodes := expert_episodes(source):
        found = record(world, by_expert(expert_of(world)), episodes, jax.random.key(SHOWING), "expert")
    else:
        from outrider.learn.datasets import load

        found = load(Path(source))
    check_shown(found, world, source)
    return rows_of(found)


def rows_of(demonstrations: Demonstrations) -> Shown:
    """Demonstrations on the device, without what ends and pays."""
    return Shown(jax.tree.map(jnp.asarray, demonstrations.obs), jnp.asarray(demonstrations.action))
