"""Runs that train together and may fail together: which of them it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from outrider.errors import Interrupted, OutriderError

Run = TypeVar("Run")
Found = TypeVar("Found")


def apart(
    runs: Sequence[Run],
    train: Callable[[Sequence[Run]], list[Found]],
    failed: Callable[[Run, str], Found],
) -> list[Found]:
    """What `train` finds for each run; where it fails, halves of them, until who fails stands alone and is told why."""
    try:
        return train(runs)
    except Interrupted:
        raise
    except OutriderError as error:
        if len(runs) == 1:
            return [failed(runs[0], str(error))]
        half = len(runs) // 2
        return [found for part in (runs[:half], runs[half:]) for found in apart(part, train, failed)]
