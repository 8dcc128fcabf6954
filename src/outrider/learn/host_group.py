"""Several learners in a host world, one after another: `train_host` leaves what `train` leaves on the device."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import numpy as np

from outrider.learn.host import HostTrained, train_host
from outrider.learn.host_evaluate import Evaluated, evaluate
from outrider.learn.host_loop import Make, group_size
from outrider.learn.host_words import Ask, all_alike
from outrider.learn.settings import Settings
from outrider.learn.train import EVALUATION, Heard, Trained
from outrider.worlds import host


def train_group(
    world_id: str,
    settings: Settings,
    signal: str,
    seeds: Sequence[int],
    steps: int,
    heard: Heard = lambda progress, lines: None,
    asks: Sequence[Ask] = (),
    make: Make = host.make,
) -> tuple[Trained, list[HostTrained]]:
    """Train one learner a seed as `train_host` does, and let each play fresh episodes; `asks` has one for each seed.

    Worlds that speak are heard, whatever the signal, so that what the agents did is on record. Errors: as `train_host`.
    """
    found: list[HostTrained] = []
    played: list[Evaluated] = []
    for number, seed in enumerate(seeds):

        def told(progress: float, line: Any, number: int = number) -> None:
            heard((number + progress) / len(seeds), jax.tree.map(lambda x: np.asarray(x)[None, None], line))

        ask = asks[number] if asks else all_alike
        one = train_host(world_id, settings, seed, steps, told, signal, make=make, ask=ask)
        last = jax.tree.map(lambda x: x[-1], one.lines)
        found.append(one)
        tick = partial(told, 1.0, last)
        worlds = make(world_id, group_size(settings.envs), 1)
        worlds.teller = None  # nobody listens
        try:
            played.append(evaluate(one.network, worlds, EVALUATION + seed, tick))
        finally:
            worlds.close()
    stack = lambda *parts: np.stack(parts)  # noqa: E731
    trained = Trained(
        world=world_id,
        networks=jax.tree.map(stack, *(one.network for one in found)),
        lines=jax.tree.map(stack, *(one.lines for one in found)),
        diary=jax.tree.map(stack, *(one.diary for one in found)),
        solved=np.array([one.solved for one in played]),
        returned=np.array([one.returned for one in played]),
        compile_seconds=sum(one.compile_seconds for one in found),
        run_seconds=sum(one.run_seconds for one in found),
        episodes=played[0].episodes,
    )
    return trained, found
