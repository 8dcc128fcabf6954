"""What every host world shows: many copies of one world behind a small face.

`send` hands the actions over and `receive` waits for what came of them, so that several groups of copies can be kept
busy at once. A copy whose episode ended starts anew by itself, in one of two ways. Within the step (Gymnasium's
SAME_STEP, and DISABLED, where the adapter resets): the sight is the next episode's, and `final` holds the ended one's.
Or in an extra step whose action is ignored (NEXT_STEP; envpool): that step is `idle`, and the sight before it was the
ended episode's own.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from outrider.errors import OutriderError
from outrider.worlds.host.captions import Said, Teller
from outrider.worlds.spaces import Actions, Row

T = TypeVar("T")


class Turn(NamedTuple):
    """What one step of `n` copies leads to, `[n, ...]`."""

    rows: np.ndarray  # what the next action sees; nothing is written over them later
    reward: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    idle: np.ndarray  # the action was ignored: the step only began an episode
    fresh: np.ndarray  # `rows` begins an episode
    final: (
        np.ndarray | None
    )  # rows of episodes that ended here, where `rows` are the next ones'; others' are 0
    said: Said | None = None  # where the world has a captioner; told when it is asked for


class HostWorlds(Protocol):
    """Copies of one world on the host. `row` and `actions` say what the numbers mean."""

    id: str
    copies: int
    idles: bool  # some steps may only begin an episode
    row: Row
    actions: Actions
    teller: Teller | None  # of a world that speaks: its situations and missions now
    solved_above: float  # an episode with a return above it is a success

    def reset(self, seed: int) -> np.ndarray:
        """The first sight of every copy, `[n, width]`; again with a seed, the same again, where the world allows."""
        ...

    def send(self, action: np.ndarray) -> None: ...
    def receive(self) -> Turn: ...
    def render(self, copy: int = 0) -> np.ndarray:
        """A picture of one copy as it is now, `[H, W, 3]` bytes. Errors: a world that cannot be drawn."""
        ...

    def close(self) -> None: ...


def just_below(threshold: float | None) -> float:
    """The number above which a return reaches a published threshold, in float32; 0 where none is published."""
    return 0.0 if threshold is None else float(np.nextafter(np.float32(threshold), np.float32(-np.inf)))


def package(name: str, world_id: str, extra: str) -> Any:
    """A module of a package that others wrote. Errors: not installed, with the command that installs it."""
    try:
        return import_module(name)
    except ImportError as error:
        how = extra if extra.startswith("pip ") else f"pip install 'outrider[{extra}]'"
        raise OutriderError(
            f"world {world_id} needs the package {name.partition('.')[0]} ({error}); {how}"
        ) from None


def guarded(world_id: str, call: Callable[[], T]) -> T:
    """What the environment returns. Errors: whatever it raises, in one line."""
    try:
        return call()
    except OutriderError:
        raise
    except Exception as error:
        told = " ".join(str(error).split()) or "no message"
        raise OutriderError(
            f"world {world_id} failed: {type(error).__name__}: {told}; mend the environment, or try another"
        ) from error


def drawn(world_id: str, call: Callable[[], Any]) -> np.ndarray:
    """The picture `[H, W, 3]` that `call` makes. Errors: none, or whatever it raises, in one line."""
    try:
        image = np.asarray(call())
        why = "" if image.ndim == 3 and image.shape[2] == 3 else "its environment makes no picture"
    except Exception as error:
        image, why = np.zeros(0), " ".join(str(error).split()) or type(error).__name__
    if why:
        raise OutriderError(f"world {world_id} cannot be drawn: {why}; look at its captions and numbers")
    return image.astype(np.uint8, copy=False)
