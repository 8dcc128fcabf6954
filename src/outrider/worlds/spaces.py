"""Gymnasium's spaces in Outrider's words: action spaces, and observations as rows of numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from outrider.errors import OutriderError
from outrider.ops.distribution import Continuous, Discrete, MultiDiscrete, Space

WORDS = ("mission",)  # MiniGrid's and BabyAI's sentence: text as bytes, which are no quantities
CODED = ("MiniGrid-", "BabyAI-")  # whose pictures are small codes: object, colour, state
MOST_CODE = 10
MOST_CHOICES = 4096  # a choice becomes as many inputs
FEW = 256  # numbers, up to which a list is quicker than NumPy
UNSIGNED = {np.dtype(np.int32): np.dtype(np.uint32), np.dtype(np.int64): np.dtype(np.uint64)}


@dataclass(frozen=True)
class Part:
    """Where a piece of a row comes from: numbers times `scale`, or, with `choices`, so many one-hot numbers each."""

    path: tuple[str | int, ...]  # keys into a dictionary or tuple of observations
    size: int  # numbers of the row
    scale: float = 1.0
    choices: int = 0


@dataclass(frozen=True)
class Row:
    """How an observation becomes a row: its parts side by side, bytes where all of them are bytes."""

    parts: tuple[Part, ...]
    dtype: str  # of NumPy

    @cached_property
    def width(self) -> int:
        """Numbers of a row as it is kept; the network's inputs may be more."""
        return sum(part.size for part in self.parts)

    @cached_property
    def whole(self) -> bool:
        """An observation is one array."""
        return len(self.parts) == 1 and not self.parts[0].path

    @cached_property
    def _places(self) -> tuple[tuple[tuple[str | int, ...], slice, int], ...]:
        """Where each part comes from, where it goes, and its size."""
        ends = np.cumsum([part.size for part in self.parts]).tolist()
        return tuple(
            (p.path, slice(end - p.size, end), p.size) for p, end in zip(self.parts, ends, strict=True)
        )

    def rows(self, obs: Any, copies: int, own: bool = False) -> np.ndarray:
        """Observations as rows `[n, width]`; new ones, or, if they are nobody else's `own`, perhaps the same."""
        if self.whole:
            made = np.asarray(obs, self.dtype) if own else np.array(obs, self.dtype)
            return made.reshape(copies, self.width)
        out = np.empty((copies, self.width), self.dtype)
        self.write(obs, out)
        return out

    def write(self, obs: Any, out: np.ndarray) -> None:
        """Observations of `n` copies into `[n, width]`."""
        copies = len(out)
        for path, place, size in self._places:
            piece = obs
            for key in path:
                piece = piece[key]
            out[:, place] = np.asarray(piece).reshape(copies, size)


@dataclass(frozen=True)
class Actions:
    """An action space, and how its actions are said to the environment."""

    space: Space
    start: int = 0  # the number of the first discrete action
    shape: tuple[int, ...] = ()  # of one continuous action
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    dtype: str = "int64"

    def say(self, action: np.ndarray) -> np.ndarray:
        """What the environment is given for `[n, ...]` of the policy's actions: continuous ones clipped to bounds.

        Errors: a discrete action outside the space, before any environment gets it.
        """
        if isinstance(self.space, Continuous):
            action = np.clip(action, np.asarray(self.low), np.asarray(self.high)).reshape(-1, *self.shape)
        else:
            self._check(np.asarray(action))
            action = action + self.start if self.start else action
        return action.astype(self.dtype, copy=False)

    def _check(self, action: np.ndarray) -> None:
        if isinstance(self.space, Continuous):
            return
        sizes = self.space.n if isinstance(self.space, Discrete) else np.asarray(self.space.sizes)
        if isinstance(sizes, int) and action.dtype in UNSIGNED and action.ndim == 1 and len(action):
            unsigned = action.view(UNSIGNED[action.dtype])  # in which those below 0 are large
            if (max(unsigned.tolist()) if len(action) <= FEW else np.maximum.reduce(unsigned)) < sizes:
                return
        wrong = (action < 0) | (action >= sizes)
        if wrong.any():
            copy = int(np.flatnonzero(wrong.reshape(len(action), -1).any(axis=1))[0])
            allowed = f"0 to {sizes - 1}" if isinstance(sizes, int) else "0 to below each size"
            raise OutriderError(
                f"action {action[copy].tolist()} of copy {copy} is outside {self.space}: use {allowed}"
            )


def actions(space: Any, world_id: str) -> Actions:
    """Of a Gymnasium action space. Errors: one that no policy here fits."""
    import gymnasium.spaces as gs

    if isinstance(space, gs.Discrete):
        return Actions(Discrete(int(space.n)), int(space.start), dtype=str(space.dtype))
    if isinstance(space, gs.MultiDiscrete) and space.nvec.ndim == 1 and not np.any(space.start):
        return Actions(MultiDiscrete(tuple(int(n) for n in space.nvec)), dtype=str(space.dtype))
    if isinstance(space, gs.MultiBinary) and len(space.shape) == 1:
        return Actions(MultiDiscrete((2,) * space.shape[0]), dtype=str(space.dtype))
    if isinstance(space, gs.Box) and np.issubdtype(space.dtype, np.floating) and space.shape:
        low, high = (tuple(float(x) for x in bound.ravel()) for bound in (space.low, space.high))
        return Actions(Continuous(len(low)), 0, space.shape, low, high, str(space.dtype))
    raise OutriderError(
        f"world {world_id} has actions {space}, for which there is no policy; "
        "wrap it to Discrete, MultiDiscrete (one axis, from 0), MultiBinary (one axis) or a Box of floats"
    )


def row(space: Any, world_id: str, words: tuple[str, ...] = WORDS) -> Row:
    """How observations of a Gymnasium space become rows, keys of `words` left out. Errors: one that is no numbers."""
    coded = world_id.split("/", 1)[-1].startswith(CODED)
    parts, all_bytes = [], True
    for part, is_bytes in _parts(space, (), world_id, coded, words):
        parts.append(part)
        all_bytes = all_bytes and is_bytes
    if not parts:
        raise OutriderError(f"world {world_id} has observations {space}, without a number; wrap it to a Box")
    return Row(tuple(parts), "uint8" if all_bytes else "float32")


def _parts(
    space: Any, path: tuple, world_id: str, coded: bool, words: tuple[str, ...]
) -> list[tuple[Part, bool]]:
    """The parts of a space, and whether each fits bytes."""
    import gymnasium.spaces as gs

    if isinstance(space, gs.Dict):
        inner = sorted((key, of) for key, of in space.spaces.items() if key not in words)
        return [p for key, of in inner for p in _parts(of, (*path, key), world_id, coded, words)]
    if isinstance(space, gs.Tuple):
        return [
            p for k, of in enumerate(space.spaces) for p in _parts(of, (*path, k), world_id, coded, words)
        ]
    if isinstance(space, gs.Discrete) and space.start == 0 and space.n <= MOST_CHOICES:
        return [(Part(path, 1, choices=int(space.n)), bool(space.n <= 256))]
    if isinstance(space, gs.MultiBinary):
        return [(Part(path, math.prod(space.shape)), True)]
    if isinstance(space, gs.Box):
        size, is_bytes = math.prod(space.shape), space.dtype == np.uint8
        most = MOST_CODE if coded else 255
        return [(Part(path, size, 1 / most if is_bytes else 1.0), bool(is_bytes))]
    where = ".".join(map(str, path))
    raise OutriderError(
        f"world {world_id} has observations that are no rows of numbers: {space}"
        + (f" at {where}" if where else "")
        + f"; wrap it to Box, MultiBinary, Discrete (from 0, at most {MOST_CHOICES}), or a Dict or Tuple of them"
    )


def spaces_of(env: Any, world_id: str, words: tuple[str, ...] = WORDS) -> tuple[Row, Actions]:
    """Of a vector environment: rows and actions of one copy. Errors: as `row` and `actions`."""
    return row(env.single_observation_space, world_id, words), actions(env.single_action_space, world_id)
