"""Trains a learner in host worlds: the update of `PPO.learn`, fed by a loop on the host.

Two groups of copies take turns (`host_collect`). With `overlap` the next rollout is collected while the learner learns
from the last one: the policy that acts is then one update older than the one that learns. PPO's ratio is taken to the
policy that acted, so its losses stay what they are; which policy acts when depends on the plan and never on the clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import jax
import numpy as np

from outrider.agents.actor_critic import ActorCritic
from outrider.learn.diary import Diary, Line
from outrider.learn.finite import refuse
from outrider.learn.host_fit import check_host
from outrider.learn.host_loop import HostLoop, Make, make_for, make_groups, open_loop
from outrider.learn.host_words import Ask, all_alike
from outrider.learn.settings import Settings, check_steps

Heard = Callable[[float, Line], None]  # progress in [0, 1] and the newest line
UNKEPT = "host worlds keep no checkpoints"


@dataclass(frozen=True)
class HostTrained:
    """What training in host worlds leaves of one learner."""

    network: ActorCritic
    lines: Line  # [updates]
    diary: Diary  # of events by their code, where the worlds speak
    events: tuple[str, ...]  # what was said, in the order of codes, from 1
    mission: str  # that an engine was told; "" where none was asked, or the copies have none in common
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
    check_host(world_id, settings, signal)
    updates, began = settings.updates(steps), time.perf_counter()
    worlds = make_groups(make or make_for(signal), world_id, settings.envs)
    try:
        loop = open_loop(worlds, settings, seed, updates, signal, overlap, ask)
        return _train(loop, updates, heard, overlap, began)
    finally:
        for one in worlds:
            one.close()


def _train(loop: HostLoop, updates: int, heard: Heard, overlap: bool, began: float) -> HostTrained:
    line, written = cast(Line, None), []
    first = min(2, updates - 1)  # updates before the clock runs

    def note(line: Line) -> None:
        written.append(jax.device_get(line))
        lines = jax.tree.map(lambda x: x[None, None], written[-1])
        refuse(lines, [loop.seed], loop.ppo.settings.envs, loop.ppo.settings.rollout, UNKEPT)
        heard(len(written) / updates, written[-1])

    warm = time.perf_counter()
    for update in range(updates):
        if update == first:
            warm = time.perf_counter()
        rollout = loop.collect()
        if overlap and update:
            note(line)  # waits until the last update is over
            loop.renew()
        line = loop.learn(rollout)
        if not overlap:
            note(line)
            loop.renew()
    if overlap:
        note(line)
    ended = time.perf_counter()
    network, diary = jax.device_put(loop.learner.network, loop.devices[0]), loop.learner.diary
    return HostTrained(
        network=network,
        lines=jax.tree.map(lambda *parts: np.stack(parts), *written),
        diary=jax.device_get(diary),
        events=loop.teller.captioner.events.texts if loop.teller else (),
        mission=loop.atlas.mission if loop.atlas else "",
        by_caption=loop.atlas.by_caption if loop.atlas else {},
        idle=loop.idle,
        compile_seconds=warm - began,
        run_seconds=ended - warm,
        run_steps=loop.ppo.settings.batch * (updates - first),
    )
