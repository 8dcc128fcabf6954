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
from outrider.explore.names import parse
from outrider.explore.registry import build
from outrider.explore.signal import Ground
from outrider.guide.atlas import empty_atlas
from outrider.learn.act import actor_of
from outrider.learn.collect import Rollout, Sight
from outrider.learn.diary import Diary, Line, start
from outrider.learn.host_collect import Before, begin, collect, pages
from outrider.learn.host_words import CODES, Ask, GrowingAtlas, all_alike
from outrider.learn.ppo import PPO, Learner
from outrider.learn.rates import Rates
from outrider.learn.settings import Settings, check_steps
from outrider.types import Key
from outrider.worlds import host
from outrider.worlds.batch import Batch
from outrider.worlds.host import HostWorlds
from outrider.worlds.host.captions import Teller
from outrider.worlds.world import World

GROUPS = 2
_none: Any = ()
NOWHERE = Sight(_none, _none, _none)  # worlds and sights stay on the host

Make = Callable[[str, int, int], HostWorlds]  # a world's id, copies, groups that share the machine
SILENT: Make = partial(host.make, captions=False)  # where no signal reads them
Heard = Callable[[float, Line], None]  # progress in [0, 1] and the newest line


@dataclass(frozen=True)
class HostTrained:
    """What training in host worlds leaves of one learner."""

    network: ActorCritic
    lines: Line  # [updates]
    diary: Diary  # of events by their code, where a signal reads them
    events: tuple[str, ...]  # what was said, in the order of codes, from 1
    by_caption: dict[str, float | None]  # what each is worth to the signal
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
    make: Make | None = None,
    ask: Ask = all_alike,
) -> HostTrained:
    """Train one learner on at least `steps` environment steps.

    What it learns depends on the seed alone where that holds of the world. Steps that only begin an episode count as
    steps and teach nothing. A signal pays captioned events: `ask` says what each sentence is worth, between the rollout
    in which it was first said and the update that learns from that rollout.

    Errors: settings that host worlds lack, a signal and a world that says nothing, an environment that fails, numbers
    that are not finite, more sentences than there are codes.
    """
    check_steps(steps)
    _check(settings, signal)
    make = make or (host.make if parse(signal).events else SILENT)
    updates, began = settings.updates(steps), time.perf_counter()
    size = settings.envs // GROUPS if settings.envs % GROUPS == 0 else settings.envs
    worlds = [make(world_id, size, settings.envs // size) for _ in range(settings.envs // size)]
    try:
        return _train(worlds, settings, seed, updates, heard, overlap, began, signal, ask)
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
    signal: str,
    ask: Ask,
) -> HostTrained:
    teller = _one_teller(worlds, signal)
    acts, learns = jax.devices()[0], jax.devices()[-1 if overlap else 0]
    ppo = learner_for(worlds[0], settings, updates, signal)
    own_key, act_key, world_key = jax.random.split(jax.random.key(seed), 3)
    learner = jax.device_put(init(ppo, worlds[0], own_key), learns)
    actor = actor_of(learner.network)
    drawn = jax.random.randint(world_key, (len(worlds),), 0, 2**30).tolist()
    groups = begin(worlds, [learner.network.start(one.copies) for one in worlds], drawn)
    # One is learned from while the other is filled.
    looks = parse(signal).looks
    leaves = [pages(groups, settings.rollout, looks) for _ in range(2)]
    atlas = _atlas(teller, ask) if teller and parse(signal).events else None

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
        if atlas and (grown := atlas.grown()):
            told = ppo.signal.told(learner.signal, jax.device_put(grown, learns))
            learner = learner._replace(signal=told)
        learner, line, newest = step(learner, rollout)
        if not overlap:
            note(line)
            acting = jax.device_put(newest, acts)
    if overlap:
        note(line)
    ended = time.perf_counter()
    lines = jax.tree.map(lambda *parts: np.stack(parts), *written)
    timed = settings.batch * (updates - first)
    network, diary = jax.device_put(learner.network, acts), jax.device_get(learner.diary)
    said = teller.captioner.events.texts if teller else ()
    worth = atlas.by_caption if atlas else {}
    return HostTrained(network, lines, diary, said, worth, idle, warm - began, ended - warm, timed)


def _one_teller(worlds: list[HostWorlds], signal: str) -> Teller | None:
    """The first group's, whose words all groups share. Errors: a signal, and a world that says nothing."""
    teller = worlds[0].teller
    if teller is None and parse(signal).events:
        raise OutriderError(
            f"signal {signal} pays captioned events, and world {worlds[0].id} says nothing; use signal none, or a "
            "world that speaks, such as envpool/MiniGrid-DoorKey-8x8-v0"
        )
    for other in worlds[1:]:
        other.teller = teller.fellow(other.copies) if teller else None
    return teller


def _atlas(teller: Teller, ask: Ask) -> GrowingAtlas:
    """An atlas without answers yet, for the mission of the copies, if they have one in common."""
    missions = set(teller.missions())
    return GrowingAtlas(teller.captioner.events, missions.pop() if len(missions) == 1 else "", ask)


def learner_for(worlds: HostWorlds, settings: Settings, updates: int, signal: str = "none") -> PPO:
    """PPO for host worlds: its batch is never stepped, since the host does that."""
    features = RowFeatures(worlds.row)
    paid = build(signal, Ground(settings.envs, features, features.size, worlds.actions.space))
    return PPO(Batch(cast(World, worlds), settings.envs, fresh=1), settings, paid, updates)


def init(ppo: PPO, worlds: HostWorlds, key: Key) -> Learner:
    """A learner before its first step."""
    s = ppo.settings
    network_key, key = jax.random.split(key)
    network = network_of(worlds, s, network_key)
    rates = Rates.of(s)
    optimiser = ppo._optimiser(rates).init(ravel_pytree(network)[0])
    codes = CODES if worlds.teller else 1  # only silence
    signal = ppo.signal.init(jax.random.fold_in(key, 0), empty_atlas(codes))
    return Learner(network, optimiser, _none, NOWHERE, signal, start(codes), rates, key)


def network_of(worlds: HostWorlds, settings: Settings, key: Key) -> ActorCritic:
    """The network for a host world's rows and actions."""
    s, features = settings, RowFeatures(worlds.row)
    return ActorCritic(key, features, worlds.actions.space, s.width, s.depth, s.encoder, s.memory)


def _check(settings: Settings, signal: str) -> None:
    if parse(signal).situations:
        raise OutriderError(
            f"signal `{signal}` looks at situations, which host worlds' learners do not read; use observation counts"
        )
    if settings.encoder == "convolutional":
        raise OutriderError(
            "learner setting encoder = convolutional needs a grid, host worlds have rows; use flat"
        )
    if settings.demonstrations:
        raise OutriderError(
            f"learner setting demonstrations = {settings.demonstrations!r}: they are of device worlds; leave it out"
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
