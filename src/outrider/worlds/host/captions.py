"""Host worlds that speak: what a captioner of one is, and how an adapter asks it after every step. No jax."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, Protocol, cast

import numpy as np

from outrider.worlds.host.table import Table


class HostCaptioner(Protocol):
    """Puts a host world into words, from what its agent itself sees.

    `read` takes out of observations and info what the words need, a sight: NumPy arrays `[n, ...]`, one row a copy,
    none of them one that the environment writes over later. Events are told from the first array alone, the rest are
    for situations and missions. Nothing else is remembered, so that one captioner serves all copies of a world, and
    many steps at once; its tables grow.
    """

    events: Table
    situations: Table

    def read(self, obs: Any, info: Any, copies: int) -> Sight: ...
    def event(self, before: np.ndarray, action: np.ndarray, after: np.ndarray) -> np.ndarray:
        """What `action` (as the environment is given it) made happen: codes `[n]` of `events`, in a new array."""
        ...

    def situation(self, now: Sight) -> np.ndarray:
        """What holds: codes `[n]` of `situations`."""
        ...

    def missions(self, now: Sight) -> list[str]:
        """What each copy is to do; "" where the world does not say."""
        ...


Sight = tuple[np.ndarray, ...]
# What ended copies saw last, where the next sight is another episode's: one observation and info a copy, or those of
# all and which copies ended. Then the next sight is true of these alone.
Last = dict[int, tuple[Any, Any]] | tuple[Any, Any, np.ndarray] | None
MOST = 32  # steps that are told at once


class Said:
    """What is said of a step: told when it is first asked for, and at the latest `MOST` steps later."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self.told: np.ndarray | None = None

    @property
    def event(self) -> np.ndarray:
        """The step's own event: codes `[n]` int32."""
        if self.told is None:
            self._tell()
        return cast(np.ndarray, self.told)


class Heard(NamedTuple):
    """A step that is not told yet."""

    said: Said
    before: np.ndarray
    action: np.ndarray
    after: np.ndarray
    idle: np.ndarray


class Teller:
    """Stands between an adapter and a captioner: remembers the last sight, and keeps episodes apart.

    Steps are told in their order, many at once, since NumPy takes about as long for few numbers as for many. With
    `later` a step is not even read before the next one is under way: for environments that leave their arrays alone,
    and whose threads would wait for it.
    """

    def __init__(self, captioner: HostCaptioner, copies: int, later: bool = False) -> None:
        self.captioner, self._copies, self._later = captioner, copies, later
        self._unread: tuple[Said, np.ndarray, Any, Any, np.ndarray, Last] | None = None
        self._heard: list[Heard] = []

    def fellow(self, copies: int) -> Teller:
        """One for other copies of the world, with the same captioner."""
        return Teller(self.captioner, copies, self._later)

    def begin(self, obs: Any, info: Any) -> None:
        """Fresh copies."""
        self.tell()
        self._now = self.captioner.read(obs, info, self._copies)

    def hear(self, action: np.ndarray, obs: Any, info: Any, idle: np.ndarray, last: Last = None) -> Said:
        """What a step is to be told from. An idle one has no event."""
        self._read()
        said = Said(self.tell)
        # A copy of the action: whoever acted may write the next one there.
        self._unread = said, action.copy(), obs, info, idle, last
        if not self._later:
            self._read()
        return said

    def _read(self) -> None:
        """Take the newest step's sight out of what the environment gave."""
        if not self._unread:
            return
        said, action, obs, info, idle, last = self._unread
        self._unread = None
        before, self._now = self._now[0], self.captioner.read(obs, info, self._copies)
        after = self._now[0]
        if isinstance(last, dict):
            after = after.copy()
            for copy, (seen, told) in last.items():
                after[copy] = self.captioner.read(seen, told, 1)[0][0]
        elif last:
            seen, told, ended = last
            own = self.captioner.read(seen, told, self._copies)
            after, self._now = own[0], tuple(map(partial(_merged, ended), self._now, own))
        self._heard.append(Heard(said, before, action, after, idle))

    def catch_up(self) -> None:
        """While the environment works on the next step: read what is unread, tell what has gathered if it is much."""
        self._read()
        if len(self._heard) >= MOST:
            self.tell()

    def tell(self) -> None:
        """Tell all that was heard."""
        self._read()
        if not self._heard:
            return
        saids, *parts = zip(*self._heard, strict=True)
        before, action, after, idle = map(np.concatenate, parts)
        # Between two episodes nothing happened: the captioner is not to make a sentence of it.
        event, told = np.zeros(len(idle), np.int32), ~idle
        event[told] = self.captioner.event(before[told], action[told], after[told])
        for said, part in zip(saids, event.reshape(len(saids), -1), strict=True):
            said.told = part
        self._heard = []

    def situation(self) -> np.ndarray:
        """What holds now: codes `[n]` int32."""
        self._read()
        return self.captioner.situation(self._now)

    def missions(self) -> list[str]:
        """What each copy is to do now."""
        self._read()
        return self.captioner.missions(self._now)


def _merged(which: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The rows `[n, ...]` of `one` where `which` says so, else those of `other`."""
    return np.where(which.reshape(-1, *[1] * (one.ndim - 1)), one, other)
