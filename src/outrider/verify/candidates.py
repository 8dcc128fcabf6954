"""The candidates of a plan's `[tuning]`: for each arm every combination of some values, tried alike before the study.

They are tried for the study's own steps, in its world, on seeds that it does not use; and no control may have fewer
candidates that differ than the treatment.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

from outrider.errors import OutriderError
from outrider.verify import tables

if TYPE_CHECKING:
    from outrider.verify.plan import Arm, Plan

OF_ARM = ("signal", "engine")  # what belongs to the arm; any other key is a setting of its learner
FIRST_SEED = 100  # unless the plan says otherwise
NO_TREATMENT = ""


@dataclass(frozen=True)
class Tuning:
    """Values of each arm's keys, `grids[arm][key]`; every combination is tried on `seeds` from `first_seed` on."""

    seeds: int
    first_seed: int
    grids: Mapping[str, Mapping[str, tuple[Any, ...]]]

    @property
    def every_seed(self) -> range:
        """The seeds on which candidates are tried."""
        return range(self.first_seed, self.first_seed + self.seeds)


def parse_tuning(content: Mapping[str, Any], where: str, arms: Sequence[str], treatment: str) -> Tuning:
    """Check a `[tuning]` table. Errors: unknown keys and arms, lists that choose nothing, a control short-changed."""
    tables.known(content, ("seeds", "first_seed", "arms"), where, "[tuning]")
    for key in ("seeds", "arms"):
        if key not in content:
            raise OutriderError(f"{where}: [tuning] lacks the key {key!r}: add it")
    given = tables.table(content, "arms", where)
    tables.known(given, tuple(arms), where, "[tuning.arms]")
    grids = {arm: _grid(given.get(arm, {}), where, place(arm)) for arm in arms}
    check_counts({arm: math.prod(map(len, grid.values())) for arm, grid in grids.items()}, treatment, where)
    return Tuning(
        tables.count(content["seeds"], where, "[tuning] seeds"),
        tables.count(content.get("first_seed", FIRST_SEED), where, "[tuning] first_seed", least=0),
        grids,
    )


def place(arm: str) -> str:
    """How mistakes name an arm's candidates."""
    return f"[tuning.arms.{arm}]"


def check_counts(counts: Mapping[str, int], treatment: str, where: str, what: str = "candidates") -> None:
    """Refuse a control with fewer candidates than the treatment."""
    for arm, number in counts.items():
        if number < counts.get(treatment, 1):
            raise OutriderError(
                f"{where}: [tuning] gives arm {arm!r} {number} {what} and the treatment {counts[treatment]}: give "
                "every control as many, or the treatment fewer"
            )


def candidates(plan: Plan, arm: Arm) -> list[Arm]:
    """The arm with each combination of its values, in the order of the plan; the arm itself where it has none."""
    assert plan.tuning is not None
    grid = plan.tuning.grids[arm.name]
    combinations = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    return [_with(arm, values) for values in combinations]


def trial_of(plan: Plan, digest: Any) -> tuple[Plan, dict[str, str]]:
    """The study that trains all candidates, each once, and the name that each has there, by its `digest(plan, arm)`.

    Names follow from the candidate alone, so that plans which share a work folder share what they have in common.
    """
    assert plan.tuning is not None
    arms: dict[str, Arm] = {}
    for arm in plan.arms:
        for one in candidates(plan, arm):
            key = digest(plan, one)
            name = f"{re.sub(r'[^A-Za-z0-9.]+', '-', one.signal).strip('-')}-{key[:8]}"
            arms.setdefault(key, replace(one, name=name, learner=plan.settings(one)))
    trial = replace(
        plan,
        arms=tuple(arms.values()),
        learner={},
        seeds=plan.tuning.seeds,
        first_seed=plan.tuning.first_seed,
        treatment=NO_TREATMENT,
        tuning=None,
    )
    return trial, {key: arm.name for key, arm in arms.items()}


def _with(arm: Arm, values: Mapping[str, Any]) -> Arm:
    own = {key: value for key, value in values.items() if key in OF_ARM}
    learner = {key: value for key, value in values.items() if key not in OF_ARM}
    return replace(arm, **own, learner={**arm.learner, **learner})


def _grid(given: Any, where: str, at: str) -> dict[str, tuple[Any, ...]]:
    if not isinstance(given, dict):
        raise OutriderError(f"{where}: {at} must be a table: write it on a line of its own")
    return {key: _values(values, where, at, key) for key, values in given.items()}


def _values(values: Any, where: str, at: str, key: str) -> tuple[Any, ...]:
    if not isinstance(values, list) or not values or len({repr(one) for one in values}) < len(values):
        raise OutriderError(f"{where}: {at} {key} is {values!r}: list the values to try, each once")
    return tuple(tables.text(one, where, f"{at} {key}") if key in OF_ARM else one for one in values)
