"""Trains a learner in host worlds: the update of `PPO.learn`, fed by a loop on the host.

Two groups of copies take turns (`host_collect`). With `overlap` the next rollout is collected while the learner learns
from the last one: the policy that acts is then one update older than the one that learns. PPO's ratio is taken to the
policy that acted, so its losses stay what they are; which policy acts when depends on the plan and never on the clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import jax
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array

from outrider.agents.actor_critic import ActorCritic
from outrider.agents.rows import RowFeatures
from outrider.errors import OutriderError
from outrider.explore.signal import nothing
from outrider.learn.act import actor_of
from outrider.learn.collect import Rollout, Sight
from outrider.learn.diary import Line, start
from outrider.learn.host_collect import Before, begin, collect, pages
from outrider.learn.ppo import PPO, Learner
from outrider.learn.rates import Rates
from outrider.learn.settings import Settings, check_steps
from outrider.types import Key
from outrider.worlds import host
from outrider.worlds.batch import Batch
from outrider.worlds.host import HostWorlds
from outrider.worlds.world import World

GROUPS = 2
_none: Any = ()
NOWHERE = Sight(_none, _none, _none)  # worlds and sights stay on the host
CODES = 1  # event codes: only silence, until the learner reads host worlds' captions

Make = Callable[[str, int, int], HostWorlds]  # a world's id, copies, groups that share the machine
SILENT: Make = partial(host.make, captions=False)  # which nothing reads here yet
Heard = Callable[[float, Line], None]  # progress in [0, 1] and the newest line


@dataclass(frozen=True)
class HostTrained:
    """What training in host worlds leaves of one learner."""

    network: ActorCritic
    lines: Line  # [updates]
    idle: int  # of all steps, those that only began an episode
    compile_seconds: float  # making the worlds, and the first two updates
    run_seconds: float  # of the other updates
    run_steps: int  # in them


def train_host(
    world_id: str,
    settings: Settings,
    seed: int,
    steps: int,
    heard: Heard = lambda progress, line: None,
    signal: str = "none",
    overlap: bool = True,
    make: Make = SILENT,
) -> HostTrained:
    """Train one learner on at least `steps` environment steps.

    What it learns depends on the seed alone where that holds of the world. Steps that only begin an episode count as
    steps and teach nothing.

    Errors: settings that host worlds lack, an environment that fails, numbers that are not finite.
    """
    check_steps(steps)
    _check(settings, signal)
    updates, began = settings.updates(steps), time.perf_counter()
    size = settings.envs // GROUPS if settings.envs % GROUPS == 0 else settings.envs
    worlds = [make(world_id, size, settings.envs // size) for _ in range(settings.envs // size)]
    try:
        return _train(worlds, settings, seed, updates, heard, overlap, began)
    finally:
        for one in worlds:
            one.close()


def _train(
    worlds: list[HostWorlds],
    settings: Settings,
    seed: int,
    updates: int,
    heard: Heard,
    overlap: bool,
    began: float,
) -> HostTrained:
    acts, learns = jax.devices()[0], jax.devices()[-1 if overlap else 0]
    ppo = learner_for(worlds[0], settings, updates)
    own_key, act_key, world_key = jax.random.split(jax.random.key(seed), 3)
    learner = jax.device_put(init(ppo, worlds[0], own_key), learns)
    actor = actor_of(learner.network)
    drawn = jax.random.randint(world_key, (len(worlds),), 0, 2**30).tolist()
    groups = begin(worlds, [learner.network.start(one.copies) for one in worlds], drawn)
    leaves = [
        pages(groups, settings.rollout) for _ in range(2)
    ]  # one is learned from while the other is filled

    def learn(learner: Learner, rollout: Rollout) -> tuple[Learner, Line, Array]:
        key, learn_key = jax.random.split(learner.key)
        learner, line = ppo.learn(learner._replace(key=key), rollout, learn_key)
        return learner._replace(sight=NOWHERE), line, ravel_pytree(learner.network)[0]

    step, line = jax.jit(learn, donate_argnums=0), cast(Line, None)
    newest = ravel_pytree(learner.network)[0]
    acting = jax.device_put(newest, acts)
    written: list[Line] = []
    idle, first = 0, min(2, updates - 1)  # updates before the clock runs

    def note(line: Line) -> None:
        written.append(jax.device_get(line))
        _check_loss(written[-1], seed)
        heard(len(written) / updates, written[-1])

    warm = time.perf_counter()
    for update in range(updates):
        if update == first:
            warm = time.perf_counter()
        before = Before(update * settings.batch, settings.envs, seed)
        key = jax.device_put(jax.random.fold_in(act_key, update), acts)
        rollout = collect(actor, acting, groups, leaves[update % 2], key, before)
        idle += int(leaves[update % 2].idle.sum())
        if overlap and update:
            note(line)  # waits until the last update is over
            acting = jax.device_put(newest, acts)
        learner, line, newest = step(learner, rollout)
        if not overlap:
            note(line)
            acting = jax.device_put(newest, acts)
    if overlap:
        note(line)
    ended = time.perf_counter()
    lines = jax.tree.map(lambda *parts: np.stack(parts), *written)
    timed = settings.batch * (updates - first)
    network = jax.device_put(learner.network, acts)
    return HostTrained(network, lines, idle, warm - began, ended - warm, timed)


def learner_for(worlds: HostWorlds, settings: Settings, updates: int) -> PPO:
    """PPO for host worlds: its batch is never stepped, since the host does that."""
    return PPO(Batch(cast(World, worlds), settings.envs, fresh=1), settings, nothing(), updates)


def init(ppo: PPO, worlds: HostWorlds, key: Key) -> Learner:
    """A learner before its first step."""
    s = ppo.settings
    network_key, key = jax.random.split(key)
    network = network_of(worlds, s, network_key)
    rates = Rates.of(s)
    optimiser = ppo._optimiser(rates).init(ravel_pytree(network)[0])
    return Learner(network, optimiser, _none, NOWHERE, (), start(CODES), rates, key)


def network_of(worlds: HostWorlds, settings: Settings, key: Key) -> ActorCritic:
    """The network for a host world's rows and actions."""
    s, features = settings, RowFeatures(worlds.row)
    return ActorCritic(key, features, worlds.actions.space, s.width, s.depth, s.encoder, s.memory)


def _check(settings: Settings, signal: str) -> None:
    if signal != "none":
        raise OutriderError(f"signal {signal} pays captioned events, which host worlds lack; use signal none")
    if settings.encoder == "convolutional":
        raise OutriderError(
            "learner setting encoder = convolutional needs a grid, host worlds have rows; use flat"
        )
    if settings.learners > 1:
        raise OutriderError(
            f"learner setting learners = {settings.learners} is for device worlds; host worlds take 1"
        )


def _check_loss(line: Line, seed: int) -> None:
    if not np.isfinite(line.loss):
        raise OutriderError(
            f"the loss of seed {seed} is not finite at step {line.steps}; lower learning_rate"
        )
