"""The candidates of a plan's `[tuning]`: for each arm every combination of some values, tried alike before the study.

They are tried for the study's own steps, in its world, by its metric, on seeds that it does not use; and no control may
have fewer of them than the treatment.
"""

from __future__ import annotations

import math
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
    if "seeds" not in content:
        raise OutriderError(f"{where}: [tuning] lacks the key 'seeds': add it")
    grids = {}
    for arm, given in tables.table(content, "arms", where).items():
        tables.known({arm: given}, tuple(arms), where, "[tuning.arms]")
        place = f"[tuning.arms.{arm}]"
        if not isinstance(given, dict):
            raise OutriderError(f"{where}: {place} must be a table: write it on a line of its own")
        grids[arm] = {key: _values(values, where, f"{place} {key}") for key, values in given.items()}
    counts = {arm: math.prod(map(len, grids.get(arm, {}).values())) for arm in arms}
    for arm, number in counts.items():
        if number < counts.get(treatment, 1):
            raise OutriderError(
                f"{where}: [tuning] gives arm {arm!r} {number} candidates and the treatment {counts[treatment]}: give "
                "every control as many, or the treatment fewer"
            )
    return Tuning(
        tables.count(content["seeds"], where, "[tuning] seeds"),
        tables.count(content.get("first_seed", FIRST_SEED), where, "[tuning] first_seed", least=0),
        grids,
    )


def candidates(plan: Plan, arm: Arm) -> list[Arm]:
    """The arm with each combination of its values, in the order of the plan; the arm itself where it has none."""
    assert plan.tuning is not None
    grid = plan.tuning.grids.get(arm.name, {})
    combinations = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    return [_with(arm, values) for values in combinations]


def _with(arm: Arm, values: Mapping[str, Any]) -> Arm:
    own = {key: value for key, value in values.items() if key in OF_ARM}
    learner = {key: value for key, value in values.items() if key not in OF_ARM}
    return replace(arm, **own, learner={**arm.learner, **learner})


def _values(values: Any, where: str, key: str) -> tuple[Any, ...]:
    if not isinstance(values, list) or not values or len({repr(one) for one in values}) < len(values):
        raise OutriderError(f"{where}: {key} is {values!r}: list the values to try, each once")
    return tuple(values)
