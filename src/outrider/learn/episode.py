"""Plays episodes with a trained policy and keeps one to be shown."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from outrider.agents.agent import Agent
from outrider.types import Key
from outrider.worlds.batch import Batch
from outrider.worlds.world import Drawn


@dataclass(frozen=True)
class Episode:
    """One episode, step by step: what the world shows, the event's code (0 for none), and what was paid."""

    frames: np.ndarray  # [T, H, W, 3] bytes, after the step
    events: tuple[int, ...]
    first: tuple[bool, ...]  # the event's first occurrence in the episode
    rewards: tuple[float, ...]
    solved: bool


def play(
    network: Agent, world: Drawn, key: Key, copies: int = 64, most_steps: int = 400, above: float = 0.0
) -> Episode:
    """The most telling of `copies` episodes: a solved one of median length, else the one with the most kinds of event.

    Only the first `most_steps` steps are played. One that ended in them is solved if its return is above `above`.
    """
    batch = Batch(world, copies, fresh=1)
    length = min(world.horizon, most_steps)
    reset_key, steps_key = jax.random.split(key)
    start, obs = jax.jit(lambda key: batch.reset(key, stagger=False))(reset_key)

    @jax.jit
    def rollout(start, obs, key):
        def step(carry, key):
            copies, memory, obs, restart = carry
            act_key, world_key = jax.random.split(key)
            outputs, _, memory = network.act(memory, obs, restart)
            after = batch.step(world_key, copies, network.space.sample(act_key, outputs))
            seen = (after.reached, after.events[:, 0], after.first[:, 0], after.reward)
            done = after.terminated | after.truncated
            return (after.copies, memory, after.obs, done), (*seen, done, after.episode_return)

        begin = (start, network.start(copies), obs, jnp.zeros(copies, bool))
        return jax.lax.scan(step, begin, jax.random.split(key, length))[1]

    states, events, first, reward, done, returned = jax.device_get(rollout(start, obs, steps_key))
    ends = np.where(done.any(axis=0), done.argmax(axis=0), length - 1)
    at_end = ends, np.arange(copies)
    solved = done[at_end] & (returned[at_end] > above)
    which = _most_telling(ends, solved, events)
    last = int(ends[which])
    state_at = [jax.tree.map(lambda x, t=t: jnp.asarray(x[t, which]), states) for t in range(last + 1)]
    return Episode(
        frames=np.stack([world.render(state) for state in state_at]),
        events=tuple(int(e) for e in events[: last + 1, which]),
        first=tuple(bool(f) for f in first[: last + 1, which]),
        rewards=tuple(float(r) for r in reward[: last + 1, which]),
        solved=bool(solved[which]),
    )


def _most_telling(ends: np.ndarray, solved: np.ndarray, events: np.ndarray) -> int:
    if solved.any():
        candidates = np.flatnonzero(solved)
        return int(candidates[np.argsort(ends[candidates], kind="stable")[len(candidates) // 2]])
    kinds = [len(set(events[: end + 1, i])) for i, end in enumerate(ends)]
    return int(np.argmax(kinds))
