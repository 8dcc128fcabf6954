"""What an adapter costs: each host world's rate through Outrider, with and without captions, against its own.

    python benchmarks/host_worlds_rate.py            # needs the extras host, multi, atari and crafter; two minutes

The bare environment is stepped as its own users step it, with as many copies and threads; the adapter steps the same
with rows, ends told apart, and captions. All take the same random actions. Each round times the three in turn, in one
process; the ratio is the median over the rounds' ratios. A world whose package is missing is left out, and said so.
Writes benchmarks/results/host_worlds_rate.json.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from record import record

from outrider.errors import OutriderError
from outrider.worlds import host

ROUNDS = 9
SECONDS = 0.5  # that one timing takes, about
COPIES = {
    "envpool/MiniGrid-DoorKey-8x8-v0": 64,
    "envpool/MiniGrid-KeyCorridorS3R3-v0": 64,
    "envpool/BabyAI-BossLevel-v0": 64,
    "gymnasium/MiniGrid-DoorKey-8x8-v0": 16,
    "gymnasium/CartPole-v1": 16,
    "pettingzoo/mpe2/simple_spread_v3": 12,
    "atari/montezuma_revenge": 8,
    "crafter/reward": 2,
    "nethack/NetHackScore-v0": 4,
    "minihack/MiniHack-KeyRoom-S5-v0": 4,
}


def through(worlds: Any) -> Callable[[np.ndarray], Any]:
    """A step of the adapter."""
    worlds.reset(0)

    def step(action: np.ndarray) -> None:
        worlds.send(action)
        worlds.receive()

    return step


def bare(worlds: Any) -> Callable[[np.ndarray], Any]:
    """A step of the environment behind an adapter of its own, as its users take it."""
    worlds.reset(0)
    say = worlds.actions.say
    if isinstance(worlds, host.EnvpoolWorlds):
        env = worlds._env
        return lambda action: env.step(say(action))
    if isinstance(worlds, host.GymnasiumWorlds):
        return lambda action: worlds.env.step(say(action))
    envs, agents = worlds.envs, worlds.agents

    def team(action: np.ndarray) -> None:
        for which, env in enumerate(envs):
            said = action[which * len(agents) : (which + 1) * len(agents)]
            env.step(dict(zip(agents, said, strict=True)))
            if not env.agents:
                env.reset()

    return team


def timed(step: Callable[[np.ndarray], Any], actions: np.ndarray) -> float:
    """Steps of one copy per second."""
    began = time.perf_counter()
    for action in actions:
        step(action)
    return actions.size / (time.perf_counter() - began)


def row_of(world_id: str, copies: int) -> dict[str, Any]:
    """The table's line of one world. Errors: its package is missing."""
    made = [host.make(world_id, copies) for _ in range(3)]
    if made[1].teller:
        made[1].teller = None  # the adapter without its captioner
    steps = {"bare": bare(made[0]), "adapter": through(made[1]), "with captions": through(made[2])}
    draw, outputs = np.random.default_rng(0), made[0].actions.space.outputs
    trial = draw.integers(0, outputs, (20, copies)).astype(np.int32)
    length = max(10, int(SECONDS * timed(steps["bare"], trial) / copies))
    rates: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(ROUNDS):
        actions = draw.integers(0, outputs, (length, copies)).astype(np.int32)
        names = list(steps)[turn % 3 :] + list(steps)[: turn % 3]
        for name in names:
            rates[name].append(timed(steps[name], actions))

    def ratio(name: str) -> float:
        return round(statistics.median(a / b for a, b in zip(rates[name], rates["bare"], strict=True)), 3)

    speaks = made[2].teller is not None
    for one in made:
        one.close()
    return {
        "world": world_id,
        "copies": copies,
        "bare steps per second": round(statistics.median(rates["bare"])),
        "adapter": ratio("adapter"),
        "with captions": ratio("with captions") if speaks else None,
    }


def main() -> None:
    """Measure every world, or those named in the command; print and write."""
    rows = []
    for world_id in sys.argv[1:] or COPIES:
        try:
            rows.append(row_of(world_id, COPIES[world_id]))
        except OutriderError as error:
            print(f"left out: {error}", flush=True)
            continue
        print(rows[-1], flush=True)
    what = (
        "Random stepping of host worlds in one process: the bare environment's rate, the adapter's as a part of it, "
        f"without and with captions; medians of {ROUNDS} interleaved rounds."
    )
    if not sys.argv[1:]:
        print(record("host_worlds_rate", what, rows))


if __name__ == "__main__":
    main()
