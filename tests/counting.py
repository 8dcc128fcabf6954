"""A world whose every step can be foretold, for tests of host worlds: it counts, whatever is done in it."""

import gymnasium as gym
import numpy as np
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv

from outrider.worlds.host.table import Table

LENGTHS = (3, 5, 2)  # of a copy's episodes, round and round; odd episodes are truncated, even ones terminate


class Counting(gym.Env):
    """Sees (copy, episode, step); pays the step's number; `break_at` says when it pays or shows what it should not."""

    observation_space = gym.spaces.Box(-1e9, 1e9, (3,), np.float32)
    action_space = gym.spaces.Discrete(2)

    def __init__(self, copy, break_at=None, how=""):
        self.copy, self.episode, self.total, self.break_at, self.how = copy, -1, 0, break_at, how

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.episode, self.clock = self.episode + 1, 0
        return self._see(), {}

    def step(self, action):
        self.clock, self.total = self.clock + 1, self.total + 1
        ended = self.clock == LENGTHS[self.episode % len(LENGTHS)]
        reward, broken = float(self.clock), self.total == self.break_at
        if broken and self.how == "raise":
            raise RuntimeError("the wheel\ncame off")
        if broken and self.how == "die":
            import os

            os._exit(3)
        if broken and self.how == "reward":
            reward = float("nan")
        obs = self._see()
        if broken and self.how == "observation":
            obs[2] = np.inf
        return obs, reward, ended and self.episode % 2 == 0, ended and self.episode % 2 == 1, {}

    def _see(self):
        return np.array([self.copy, self.episode, self.clock], np.float32)


def vector(mode, copies=3, processes=False, first=0, copy=True, **broken):
    """Copies of `Counting` in an autoreset mode; only copy 1 breaks. With `copy` False sights are written over."""
    made = [
        lambda number=number: Counting(number, **(broken if number == 1 else {}))
        for number in range(first, first + copies)
    ]
    if processes:
        return AsyncVectorEnv(made, copy=copy, autoreset_mode=mode, context="spawn")  # as jax has threads
    return SyncVectorEnv(made, copy=copy, autoreset_mode=mode)


def walk(copy, steps):
    """What happens to a copy: (sight, reward, terminated, truncated, next sight) of each step, no resets between."""
    told, episode = [], 0
    while len(told) < steps:
        length = LENGTHS[episode % len(LENGTHS)]
        for clock in range(1, length + 1):
            ended = clock == length
            odd = episode % 2 == 1
            now, then = (copy, episode, clock - 1), (copy, episode, clock)
            told.append((now, float(clock), ended and not odd, ended and odd, then))
        episode += 1
    return told[:steps]


def said(copy, episode, clock):
    """What `Words` says of the step that led there: in an episode of five steps some of it twice."""
    return ("", "You passed one.", "You passed two.", f"You passed episode {int(episode) % 2}.")[
        int(copy + clock) % 3 + int(clock == 2)
    ]


class Words:
    """A captioner of `Counting`, as `HostCaptioner` says."""

    def __init__(self):
        self.events, self.situations = Table(), Table()

    def read(self, obs, info, copies):
        return (np.array(obs, np.float32).reshape(copies, 3),)

    def event(self, before, action, after):
        return np.array([self.events.code(said(*row)) for row in after], np.int32)

    def situation(self, now):
        return np.array([self.situations.code(f"You are at {row[2]:.0f}.") for row in now[0]], np.int32)

    def missions(self, now):
        return ["count"] * len(now[0])
