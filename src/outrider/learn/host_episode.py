"""Plays episodes of a host world with a trained policy and keeps one to be shown, as `episode.py` on the device."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from outrider.agents.agent import Agent
from outrider.learn.episode import Episode
from outrider.types import Obs
from outrider.worlds.host import HostWorlds


def play_host(
    network: Agent, worlds: HostWorlds, seed: int, episodes: int = 8, most_steps: int = 400
) -> Episode:
    """The most telling of some episodes of one copy: a solved one of median length, else that with most kinds of event.

    Only the first `most_steps` steps of each are played. One that ended in them is solved as in `host_evaluate`. A
    world that begins the next episode in the step that ends one cannot be drawn as it ended: that step shows what was
    before. Errors: a world that cannot be drawn.
    """

    @jax.jit
    def act(memory, rows, restart, key):
        grid = jnp.zeros((1, 0, 0), jnp.uint8)
        outputs, _, memory = network.act(memory, Obs(grid, rows), restart)
        return network.space.sample(key, outputs), memory

    played = []
    for number in range(episodes):
        # Each from a seed of its own: so that none begins where another was left.
        rows, memory, restart = worlds.reset(seed * episodes + number), network.start(1), np.ones(1, bool)
        key, told, frame = jax.random.fold_in(jax.random.key(seed), number), [], worlds.render()
        for step in range(most_steps):
            action, memory = act(memory, rows, restart, jax.random.fold_in(key, step))
            worlds.send(np.asarray(action))
            turn = worlds.receive()
            frame = frame if turn.fresh[0] else worlds.render()
            event = int(turn.said.event[0]) if turn.said else 0
            told.append((frame, event, float(turn.reward[0])))
            if turn.terminated[0] or turn.truncated[0]:
                break
            rows, restart = turn.rows, np.zeros(1, bool)
        played.append(_episode(told, bool(turn.terminated[0] or turn.truncated[0]), worlds.solved_above))
    solved = sorted((one for one in played if one.solved), key=lambda one: len(one.events))
    return solved[len(solved) // 2] if solved else max(played, key=lambda one: len(set(one.events)))


def _episode(told: list[tuple[np.ndarray, int, float]], ended: bool, above: float) -> Episode:
    frames, events, rewards = zip(*told, strict=True)
    first = tuple(event > 0 and event not in events[:t] for t, event in enumerate(events))
    return Episode(np.stack(frames), events, first, rewards, ended and sum(rewards) > above)
