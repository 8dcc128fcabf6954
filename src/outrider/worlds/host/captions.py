"""Host worlds that speak: what a captioner of one is, and how an adapter asks it after every step. No jax."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from outrider.worlds.host.table import Table


class HostCaptioner(Protocol):
    """Puts a host world into words, from what its agent itself sees.

    `read` takes out of observations and info what the words need: NumPy arrays `[n, ...]`, one row a copy, none of them
    one that the environment writes over later. The rest are functions of those. Nothing else is remembered, so that one
    captioner serves all copies of a world; its tables grow.
    """

    events: Table
    situations: Table

    def read(self, obs: Any, info: Any, copies: int) -> tuple[np.ndarray, ...]: ...
    def event(
        self, before: tuple[np.ndarray, ...], action: np.ndarray, after: tuple[np.ndarray, ...]
    ) -> np.ndarray:
        """What `action` (as the environment is given it) made happen: codes `[n]` of `events`, in a new array."""
        ...

    def situation(self, now: tuple[np.ndarray, ...]) -> np.ndarray:
        """What holds: codes `[n]` of `situations`."""
        ...

    def missions(self, now: tuple[np.ndarray, ...]) -> list[str]:
        """What each copy is to do; "" where the world does not say."""
        ...


# What ended copies saw last, where the next sight is another episode's: one observation and info a copy, or of all.
Last = dict[int, tuple[Any, Any]] | tuple[Any, Any] | None


@dataclass
class Said:
    """What is said of a step, told when it is first asked for, and at the latest while the next step is under way."""

    tell: Callable[[], np.ndarray]

    @cached_property
    def event(self) -> np.ndarray:
        """The step's own event: codes `[n]` int32."""
        return self.tell()


class Teller:
    """Stands between an adapter and a captioner: remembers the last sight, and keeps episodes apart."""

    def __init__(self, captioner: HostCaptioner, copies: int) -> None:
        self.captioner, self._copies = captioner, copies
        self._last: Said | None = None  # the newest step's

    def begin(self, obs: Any, info: Any) -> None:
        """Fresh copies."""
        self.now, self._last = self.captioner.read(obs, info, self._copies), None

    def hear(self, action: np.ndarray, obs: Any, info: Any, idle: np.ndarray, last: Last = None) -> Said:
        """What a step is told from. An idle one has no event. Steps are told in their order."""
        self.catch_up()
        captioner = self.captioner
        before, now = self.now, captioner.read(obs, info, self._copies)
        done = action.copy()  # whoever acted may write the next actions there
        led = now
        if isinstance(last, dict):
            led = tuple(part.copy() for part in now)
            for copy, (seen, told) in last.items():
                for part, piece in zip(led, captioner.read(seen, told, 1), strict=True):
                    part[copy] = piece[0]
        elif last:
            led = captioner.read(*last, self._copies)

        def tell() -> np.ndarray:
            event = captioner.event(before, done, led)
            event[idle] = 0
            return event

        self.now, self._last = now, Said(tell)
        return self._last

    def catch_up(self) -> None:
        """Tell the newest step, if nobody has asked: there is time for it while an environment works on the next."""
        if self._last:
            _ = self._last.event

    def situation(self) -> np.ndarray:
        """What holds now: codes `[n]` int32."""
        return self.captioner.situation(self.now)

    def missions(self) -> list[str]:
        """What each copy is to do now."""
        return self.captioner.missions(self.now)
