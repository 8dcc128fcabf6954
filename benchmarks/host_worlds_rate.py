"""What an adapter costs: each host world's rate through Outrider, with and without captions, against its own.

    python benchmarks/host_worlds_rate.py            # needs the extras host, multi, atari and crafter; four minutes
    python benchmarks/host_worlds_rate.py gymnasium/CartPole-v1    # some; prints and does not write

The bare environment is stepped as its own users step it, with as many copies and threads; the adapter steps the same
with rows, ends told apart, and the event of each step; then also with the situation of each sight, which is told only
where somebody asks. `in turns` are as many copies in two groups, one of which steps while the other is looked at, as
training has them. All take the same random actions, the bare environment as its own numbers, made beforehand. Each
round times them in turn, in one process; the ratio is the median over the rounds' ratios. A world whose package is
missing is left out, and the result says so.
Writes benchmarks/results/host_worlds_rate.json.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from record import record

from outrider.errors import OutriderError
from outrider.learn.host_loop import make_for, make_groups
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


def through(worlds: Any, situations: bool = False) -> Callable[[Any], Any]:
    """A step of the adapter; its event is told while the next step is under way."""
    worlds.reset(0)

    def step(action: np.ndarray) -> None:
        worlds.send(action)
        worlds.receive()
        if situations:
            worlds.teller.situation()

    return step


def in_turns(groups: list[Any]) -> Callable[[Any], Any]:
    """A step of all groups, each stepping while the others are looked at."""
    for seed, worlds in enumerate(groups):
        worlds.reset(seed)
    size, under_way = groups[0].copies, False

    def step(action: np.ndarray) -> None:
        nonlocal under_way
        for k, worlds in enumerate(groups):
            if under_way:
                worlds.receive()
            worlds.send(action[k * size : (k + 1) * size])
        under_way = True

    return step


def bare(worlds: Any) -> Callable[[Any], Any]:
    """A step of the environment behind an adapter of its own, as its users take it: from actions that are its own.

    Gymnasium's is made as its users make it: it hands out copies of its observations, and has Gymnasium's own checker.
    """
    if worlds.id.startswith("gymnasium/"):
        kind = {"vectorization_mode": "sync", "vector_kwargs": {"autoreset_mode": AutoresetMode.SAME_STEP}}
        env = gymnasium.make_vec(worlds.id.removeprefix("gymnasium/"), worlds.copies, **kind)
        env.reset(seed=0)
        return env.step
    worlds.reset(0)
    if isinstance(worlds, host.EnvpoolWorlds):
        return worlds._env.step
    if isinstance(worlds, host.GymnasiumWorlds):
        if isinstance(worlds.env, SyncVectorEnv):
            worlds.env.copy = True
        return worlds.env.step
    envs = worlds.envs

    def team(said: list[dict[str, Any]]) -> None:
        for env, one in zip(envs, said, strict=True):
            env.step(one)
            if not env.agents:
                env.reset()

    return team


def as_said(worlds: Any, action: np.ndarray) -> Any:
    """Actions as the bare environment takes them."""
    said = worlds.actions.say(action)
    if isinstance(worlds, host.EnvpoolWorlds | host.GymnasiumWorlds):
        return said
    teams = said.reshape(len(worlds.envs), -1)
    return [dict(zip(worlds.agents, one, strict=True)) for one in teams]


def timed(step: Callable[[Any], Any], actions: list[Any], copies: int) -> float:
    """Steps of one copy per second."""
    began = time.perf_counter()
    for action in actions:
        step(action)
    return len(actions) * copies / (time.perf_counter() - began)


def row_of(world_id: str, copies: int) -> dict[str, Any]:
    """The table's line of one world. Errors: its package is missing."""
    made = [host.make(world_id, copies, captions=k > 1) for k in range(4)]
    silent, telling = (make_groups(how, world_id, copies) for how in (make_for("none"), host.make))
    speaks = made[2].teller is not None
    steps = {"bare": bare(made[0]), "adapter": through(made[1]), "in turns": in_turns(silent)}
    if speaks:
        steps |= {"with events": through(made[2]), "and situations": through(made[3], situations=True)}
        steps |= {"in turns, with events": in_turns(telling)}
    draw, outputs = np.random.default_rng(0), made[0].actions.space.outputs

    def drawn(length: int) -> dict[str, list[Any]]:
        """The same actions for all, as each takes them: what the bare environment is given is made beforehand."""
        ours = list(draw.integers(0, outputs, (length, copies)).astype(np.int32))
        theirs = [as_said(made[0], action) for action in ours]
        return {name: theirs if name == "bare" else ours for name in steps}

    length = max(10, int(SECONDS * timed(steps["bare"], drawn(20)["bare"], copies) / copies))
    rates: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(ROUNDS):
        actions = drawn(length)
        first = turn % len(steps)
        for name in (list(steps) * 2)[first : first + len(steps)]:
            rates[name].append(timed(steps[name], actions[name], copies))

    def ratio(name: str) -> float:
        return round(statistics.median(a / b for a, b in zip(rates[name], rates["bare"], strict=True)), 3)

    for one in (*made, *silent, *telling):
        one.close()
    return {
        "world": world_id,
        "copies": copies,
        "bare steps per second": round(statistics.median(rates["bare"])),
        "adapter": ratio("adapter"),
        "with events": ratio("with events") if speaks else None,
        "and situations": ratio("and situations") if speaks else None,
        "in turns": ratio("in turns"),
        "in turns, with events": ratio("in turns, with events") if speaks else None,
    }


def main() -> None:
    """Measure every world, or those named in the command; print and write."""
    rows, left_out = [], []
    for world_id in sys.argv[1:] or COPIES:
        try:
            rows.append(row_of(world_id, COPIES[world_id]))
        except OutriderError as error:
            print(f"left out: {error}", flush=True)
            left_out.append(world_id)
            continue
        print(rows[-1], flush=True)
    what = (
        "Random stepping of host worlds in one process: the bare environment's rate, the adapter's as a part of it, "
        "without captions, with each step's event, and with each sight's situation too, then in two groups that take "
        "turns, as training has them; medians of "
        f"{ROUNDS} interleaved rounds."
    )
    if left_out:
        what += f" Left out, since their packages are not installed here: {', '.join(left_out)}."
    if not sys.argv[1:]:
        print(record("host_worlds_rate", what, rows))


if __name__ == "__main__":
    main()
