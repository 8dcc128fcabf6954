"""Keeps the checkpoints of one training run: which folder, how often, and from which one it goes on."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import jax
import numpy as np

from outrider import __version__
from outrider.errors import OutriderError
from outrider.files import lock
from outrider.learn.algorithms import AnySettings, algorithm_of
from outrider.learn.checkpoint import Checkpoint, checkpoints, newest, restore, save, tidy
from outrider.learn.diary import Line
from outrider.learn.rates import AnyRates
from outrider.sources import training_code
from outrider.types import Atlas

EVERY = "5m"
LONG = 300  # characters, from which a description is kept as a digest
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
Tree = TypeVar("Tree")


class Keeper:
    """Holds a folder of checkpoints for one run, from `with Keeper(...)` to its end. `every` as in `interval`.

    Errors: checkpoints in the folder without `resume`, another process in it, a folder that cannot be written.
    """

    def __init__(self, folder: Path, resume: bool = False, every: str = EVERY):
        self.folder = folder
        self._resume, (self._seconds, self._updates) = resume, interval(every)
        self._configuration: dict[str, Any] = {}
        self._from: Checkpoint | None = None
        self._last, self._when = 0, time.monotonic()

    def __enter__(self) -> Keeper:
        if jax.process_index() == 0:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._lock = open(self.folder / "lock", "w")
            except OSError as error:
                raise OutriderError(
                    f"{self.folder} cannot be written ({error.strerror}): name another --checkpoints folder"
                ) from None
            try:
                lock(self._lock, f"another run is keeping checkpoints in {self.folder}: name another folder")
                tidy(self.folder)
            except BaseException:
                self._lock.close()
                raise
        found = checkpoints(self.folder)
        if found and not self._resume:
            self.__exit__()
            raise OutriderError(
                f"{self.folder} holds checkpoints up to {found[0].path.name}: "
                "go on from them with --resume, or name another folder"
            )
        self._from = found[0] if found else None
        return self

    def __exit__(self, *_: object) -> None:
        if jax.process_index() == 0:
            tidy(self.folder)  # of a save that Ctrl-C cut short
            self._lock.close()

    @property
    def begins(self) -> str:
        """Where the run begins, in words; nothing where it was not asked to resume."""
        if not self._resume:
            return ""
        if self._from:
            return f"going on from {self._from.path}"
        return f"no checkpoint in {self.folder} yet: beginning anew"

    def resume(self, state: Tree, line: Line, configuration: Mapping[str, Any]) -> tuple[Tree, list[Line]]:
        """Where the run stands: its state and the lines written so far, or the fresh `state` and none.

        `line` tells the form of a chunk's lines; `configuration` is what decides the run's
        results, to which code and versions are added here. Errors: as `restore`.
        """
        platform = {
            "outrider": __version__,
            "training_code_sha256": training_code(),
            "jax": jax.__version__,
            "platform": jax.default_backend(),
        }
        self._configuration = {**configuration, **platform}
        self._when = time.monotonic()
        if self._from is None:
            return state, []
        self._last = self._from.updates
        blank = jax.tree.map(lambda x: np.zeros((len(configuration["seeds"]), self._last), x.dtype), line)
        state, lines = restore(self._from, (state, blank), self._configuration)
        return state, [lines]

    def keep(self, updates: int, of: int, state: Any, written: list[Line]) -> None:
        """Save, if it is time or the run's end, its state after `updates` of `of` updates."""
        if self._due(updates) or (updates == of and updates > self._last):
            save(self.folder, updates, (state, joined(written)), self._configuration)
            self._last, self._when = updates, time.monotonic()

    def _due(self, updates: int) -> bool:
        """Whether to save now; of several processes the first one's clock counts."""
        due = updates - self._last >= self._updates or time.monotonic() - self._when >= self._seconds
        if jax.process_count() > 1:
            from jax.experimental.multihost_utils import broadcast_one_to_all

            due = bool(broadcast_one_to_all(np.asarray(due)))
        return due


def configuration(
    world_id: str,
    settings: AnySettings,
    signal: str,
    seeds: Sequence[int],
    steps: int,
    atlas: Atlas,
    rates: AnyRates | None,
    shown: Any = None,
) -> dict[str, Any]:
    """What decides a run's results, in plain values; the long ones as digests.

    `shown` are the demonstrations, if there are any: the settings name no more than their folder.
    """
    return {
        "world": world_id,
        "algorithm": algorithm_of(settings),
        "signal": signal,
        "seeds": list(seeds),
        "steps": steps,
        "atlas": _digest(atlas),
        "rates": _digest(rates) if rates else "the settings'",
        **({"demonstrations": _digest(shown)} if shown else {}),
        **{f"learner.{name}": value for name, value in asdict(settings).items()},
    }


def own_world(world: Any) -> dict[str, str]:
    """What tells a world of one's own from another of the same id: its `repr`, unless that names places in memory."""
    text = repr(world)
    if isinstance(world, str) or re.search(r"\bat 0x[0-9a-f]", text):
        return {}
    return {"world's repr": text if len(text) < LONG else hashlib.sha256(text.encode()).hexdigest()[:16]}


def last_good(keeper: Keeper | None) -> str:
    """Where the newest checkpoint of a run lies, in words for messages."""
    return newest(keeper.folder) if keeper else "no checkpoints were kept (--checkpoints FOLDER keeps them)"


def interval(every: str) -> tuple[float, float]:
    """Seconds and updates between two checkpoints, from "90s", "5m", "2h" or a number of updates, such as "200"."""
    said = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", every)
    number = float(said[1]) if said else 0.0
    if said is None or not (number > 0 if said[2] else number >= 1 and number.is_integer()):
        raise OutriderError(
            f"--every is {every!r}; say how long (90s, 5m, 2h) or how many updates (200) lie between two checkpoints"
        )
    return (number * UNITS[said[2]], float("inf")) if said[2] else (float("inf"), number)


def joined(written: list[Line]) -> Line:
    """Lines of chunks, one after another `[seeds, updates]`."""
    return jax.tree.map(lambda *parts: np.concatenate(parts, axis=1), *written)


def _digest(arrays: Any) -> str:
    whole = hashlib.sha256()
    for leaf in map(np.asarray, jax.tree.leaves(arrays)):
        whole.update(f"{leaf.dtype}{leaf.shape}".encode() + leaf.tobytes())
    return whole.hexdigest()[:16]
