"""Where the time of a host world's configuration goes: stepping, acting, learning, compiling; as `bench.py` does.

An update is timed as training makes it: the next rollout is collected while the last one is learned from. Its parts
are timed alone beside it: a rollout, an update from a rollout, and bare stepping by actions drawn beforehand.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from outrider.errors import OutriderError
from outrider.learn import limit
from outrider.learn.bench import CALL_STEPS, Timing, time_products
from outrider.learn.host_collect import Group
from outrider.learn.host_fit import check_host
from outrider.learn.host_loop import HostLoop, Make, make_for, make_groups, mission_of, open_loop
from outrider.learn.host_words import all_alike
from outrider.learn.settings import Settings

Heard = tuple[str, tuple[str, ...]]  # the copies' common mission, and the sentences that were met


def measure_host(
    world: str, settings: Settings, signal: str, rounds: int = 5, make: Make | None = None
) -> tuple[Timing, Heard]:
    """Time one learner `rounds` times, the parts in turn; every event is worth the same.

    Errors: as `train_host`, or fewer rounds than one.
    """
    check_host(world, settings, signal)
    if rounds < 1:
        raise OutriderError(f"--rounds is {rounds}; it must be at least 1")
    began, updates = time.perf_counter(), max(1, CALL_STEPS // settings.batch)
    worlds = make_groups(make or make_for(signal), world, settings.envs)
    try:
        loop = open_loop(worlds, settings, 0, 1000 * updates, signal, overlap=True, ask=all_alike)
        _update(loop, 2)  # as in training, before its clock runs
        compile_seconds = time.perf_counter() - began
        rollout = loop.collect()
        work = limit.of_update(loop.ppo, loop.learner._replace(sight=rollout.begin))
        actions = _actions(loop)
        parts: dict[str, Callable[[], Any]] = {
            "update": lambda: _update(loop, updates),
            "rollout": lambda: [loop.collect() for _ in range(updates)],
            "learning": lambda: _learn(loop, rollout, updates),
            "stepping": lambda: [_step(loop.groups, actions) for _ in range(updates)],
        }
        programs = {name: _timed(call, updates) for name, call in parts.items()}
        programs["products"] = time_products(1, work, updates)
        for call in programs.values():
            call()  # the first one pays for pages and caches
        found = tuple({name: call() for name, call in programs.items()} for _ in range(rounds))
        teller = loop.teller
        heard = (mission_of(teller), teller.captioner.events.texts) if teller else ("", ())
    finally:
        for one in worlds:
            one.close()
    median = {name: statistics.median(times[name] for times in found) for name in programs}
    alone, flops = median.pop("learning"), limit.flops(work)
    timing = Timing(
        **median, compile=compile_seconds, batch=settings.batch, flops=flops, rounds=found, alone=alone
    )
    return timing, heard


def _update(loop: HostLoop, updates: int) -> None:
    """So many updates, each learned while the next rollout is collected, until the last is over."""
    line = None
    for _ in range(updates):
        rollout = loop.collect()
        if line is not None:
            jax.block_until_ready(line)
            loop.renew()
        line = loop.learn(rollout)
    jax.block_until_ready(line)
    loop.renew()


def _learn(loop: HostLoop, rollout: Any, updates: int) -> None:
    """So many updates from the same rollout."""
    for _ in range(updates):
        jax.block_until_ready(loop.learn(rollout))


def _actions(loop: HostLoop) -> np.ndarray:
    """By chance, `[T, B, ...]`."""
    space, settings = loop.learner.network.space, loop.ppo.settings
    outputs = jnp.zeros((settings.rollout, settings.envs, space.outputs))
    draw = jax.vmap(space.sample)
    return np.asarray(draw(jax.random.split(jax.random.key(0), settings.rollout), outputs))


def _step(groups: list[Group], actions: np.ndarray) -> None:
    """A rollout's worth of bare steps, the groups in turn as in a rollout; what is said is told where it is heard."""
    for t, action in enumerate(actions):
        for group in groups:
            if t:
                group.worlds.receive()
            group.worlds.send(action[group.columns])
    for group in groups:
        turn = group.worlds.receive()
        group.rows, group.restart = turn.rows, turn.fresh
        if group.worlds.teller:
            group.worlds.teller.tell()


def _timed(call: Callable[[], Any], updates: int) -> Callable[[], float]:
    def once() -> float:
        began = time.perf_counter()
        call()
        return (time.perf_counter() - began) / updates

    return once
