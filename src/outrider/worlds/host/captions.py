"""Host worlds that speak: what a captioner of one is, and how an adapter asks it after every step. No jax."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np

from outrider.worlds.host.table import Table


class HostCaptioner(Protocol):
    """Puts a host world into words, from what its agent itself sees.

    `read` takes out of observations and info what the words need: NumPy arrays `[n, ...]`, one row a copy. The rest are
    functions of those. Nothing else is remembered, so that one captioner serves all copies of a world; its tables grow.
    """

    events: Table
    situations: Table

    def read(self, obs: Any, info: Any, copies: int) -> tuple[np.ndarray, ...]: ...
    def event(
        self, before: tuple[np.ndarray, ...], action: np.ndarray, after: tuple[np.ndarray, ...]
    ) -> np.ndarray:
        """What `action` (as the environment is given it) made happen: codes `[n]` of `events`."""
        ...

    def situation(self, now: tuple[np.ndarray, ...]) -> np.ndarray:
        """What holds: codes `[n]` of `situations`."""
        ...

    def missions(self, now: tuple[np.ndarray, ...]) -> list[str]:
        """What each copy is to do; "" where the world does not say."""
        ...


# What ended copies saw last, where the next sight is another episode's: one observation and info a copy, or of all.
Last = dict[int, tuple[Any, Any]] | tuple[Any, Any] | None


class Said(NamedTuple):
    """What is said after a step, codes `[n]` int32: the step's own event, and the situation of the next sight."""

    event: np.ndarray
    situation: np.ndarray


class Teller:
    """Stands between an adapter and a captioner: remembers the last sight, and keeps episodes apart."""

    def __init__(self, captioner: HostCaptioner, copies: int) -> None:
        self._captioner, self._copies = captioner, copies

    def begin(self, obs: Any, info: Any) -> None:
        """Fresh copies."""
        self.now = self._captioner.read(obs, info, self._copies)
        self.situation = self._captioner.situation(self.now)

    def tell(self, action: np.ndarray, obs: Any, info: Any, idle: np.ndarray, last: Last = None) -> Said:
        """After a step. An idle one has no event."""
        now = led = self._captioner.read(obs, info, self._copies)
        if isinstance(last, dict):
            led = tuple(part.copy() for part in now)
            for copy, (seen, told) in last.items():
                for part, piece in zip(led, self._captioner.read(seen, told, 1), strict=True):
                    part[copy] = piece[0]
        elif last:
            led = self._captioner.read(*last, self._copies)
        event = self._captioner.event(self.now, action, led)
        if idle.any():
            event = np.where(idle, 0, event).astype(np.int32)
        self.now, self.situation = now, self._captioner.situation(now)
        return Said(event, self.situation)

    def missions(self) -> list[str]:
        """What each copy is to do now."""
        return self._captioner.missions(self.now)
