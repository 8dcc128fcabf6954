"""Timing programs against each other: in turn, forward and backward by turns, so that what slows one slows all."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import jax

Name = TypeVar("Name")


def seconds_in_turns(programs: dict[Name, Callable[[int], Any]], rounds: int) -> dict[Name, list[float]]:
    """The seconds of each program in each round; it is given the round's number and has ended when its result is there.

    None is always the first of a round. What compiles or warms up is up to the caller.
    """
    seconds: dict[Name, list[float]] = {name: [] for name in programs}
    for turn in range(rounds):
        for name in programs if turn % 2 else reversed(programs):
            began = time.perf_counter()
            jax.block_until_ready(programs[name](turn))
            seconds[name].append(time.perf_counter() - began)
    return seconds
