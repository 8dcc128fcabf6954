"""Asks every engine of a plan about the captions of its world, before the first step, through one cassette."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from outrider.verify.plan import Plan
from outrider.verify.progress import StudyProgress


@dataclass(frozen=True)
class Asked:
    """For each engine of the plan: the text of the workers' weights file, and what asking cost."""

    weights: Mapping[str, str] = field(default_factory=dict)
    costs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def ask_engines(plan: Plan, folder: Path, cassette: Path | None, progress: StudyProgress) -> Asked:
    """Not there yet: waits for the engines."""
    raise NotImplementedError
