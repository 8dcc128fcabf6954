"""What a trained policy solves in a host world: whole fresh episodes, as `evaluate.py` on the device."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
from jax.flatten_util import ravel_pytree

from outrider.agents.actor_critic import ActorCritic
from outrider.learn.act import actor_of
from outrider.learn.evaluate import EPISODES
from outrider.worlds.host import HostWorlds

MOST_STEPS = 30_000  # of an episode: what has not ended by then is not solved. Atari's longest has 27,000
TICK = 500  # steps between two signs of life


class Evaluated(NamedTuple):
    """Of so many episodes, how many were solved, and their mean return."""

    episodes: int
    solved: int
    returned: float


def evaluate(
    network: ActorCritic, worlds: HostWorlds, seed: int, tick: Callable[[], None] = lambda: None
) -> Evaluated:
    """`EPISODES` fresh episodes or a few more: as many by every copy, acting by chance as in training.

    So short episodes are not favoured over long ones. One with a return above `worlds.solved_above` is solved. Which
    episodes there are follows from the seed where the world allows it. Errors: an environment that fails.
    """
    copies, actor, parameters = worlds.copies, actor_of(network), ravel_pytree(network)[0]
    each = -(-EPISODES // copies)
    key = jax.random.key(seed)
    rows, memory, restart = worlds.reset(seed), network.start(copies), np.ones(copies, bool)
    left, returned, solved, total = np.full(copies, each), np.zeros(copies), 0, 0.0
    for step in range(each * MOST_STEPS):
        deed, memory = actor(parameters, memory, rows, restart, (key, np.uint32(step)))
        worlds.send(deed.action)
        turn = worlds.receive()
        returned += np.where(turn.idle, 0.0, turn.reward)
        ended = turn.terminated | turn.truncated
        counted = ended & (left > 0)
        solved += int((counted & (returned > worlds.solved_above)).sum())
        total += float(returned[counted].sum())
        left -= counted
        returned[ended] = 0.0
        rows, restart = turn.rows, turn.fresh
        if not left.any():
            break
        if step % TICK == 0:
            tick()
    total += float(returned[left > 0].sum())
    return Evaluated(each * copies, solved, total / (each * copies))
