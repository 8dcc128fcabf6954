"""What a tuning found, `tuning.json` beside the plan, and that the plan's arms are what it chose.

The best candidate of an arm has the highest mean score over the seeds; equals go by the mean area under the curve, then
by the order of the plan. One of which a run failed or has no score ranks last.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outrider.errors import OutriderError
from outrider.verify.candidates import OF_ARM, candidates
from outrider.verify.environment import training_code
from outrider.verify.metrics import METRICS, area_under_curve, of_one_run
from outrider.verify.runs import Run

if TYPE_CHECKING:
    from outrider.verify.plan import Arm, Plan

FILE = "tuning.json"
EARLIER = "earlier"  # in a record: tunings that it replaced
_LEARNS = ("signal", "engine", "learner")  # of a candidate's line: what it is


def asked(plan: Plan) -> dict[str, Any]:
    """Everything that determines what a tuning finds: world, budget, metric, seeds, and the candidates of each arm."""
    assert plan.tuning is not None
    return {
        "world": plan.world,
        "steps": plan.steps,
        "metric": of_one_run(plan.metric),
        "seeds": list(plan.tuning.every_seed),
        "arms": {arm.name: [told(plan, one) for one in candidates(plan, arm)] for arm in plan.arms},
    }


def asked_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a record was asked, in the form of `asked`."""
    arms = {
        arm: [{key: line[key] for key in _LEARNS} for line in lines] for arm, lines in record["arms"].items()
    }
    return {**{key: record.get(key) for key in ("world", "steps", "metric", "seeds")}, "arms": arms}


def told(plan: Plan, arm: Arm) -> dict[str, Any]:
    """An arm as it learns, in plain values."""
    return {"signal": arm.signal, "engine": arm.engine, "learner": dict(plan.settings(arm))}


def scored(
    candidate: Mapping[str, Any], metric: str, runs: Sequence[Run], failed: str = ""
) -> dict[str, Any]:
    """A candidate's line: what it is, each seed's score, the area under its curves in the mean; or why it failed."""
    areas = [area_under_curve(run) or 0.0 for run in runs]
    scores = [METRICS[metric](run) for run in runs]
    return {
        **candidate,
        "scores": [None if score is None else round(score, 6) for score in scores],
        "area": round(sum(areas) / len(areas), 6) if areas else 0.0,
        **({"failed": failed} if failed else {}),
    }


def mean(line: Mapping[str, Any]) -> float:
    """A candidate's score; below all others where it failed or a run has none."""
    scores = line["scores"]
    return -1.0 if "failed" in line or None in scores else sum(scores) / len(scores)


def best(lines: Sequence[Mapping[str, Any]]) -> int:
    """Which candidate of an arm is chosen."""
    return max(range(len(lines)), key=lambda k: (round(mean(lines[k]), 9), lines[k]["area"], -k))


def chosen(plan: Plan, record: Mapping[str, Any]) -> dict[str, Arm]:
    """Each arm as the record of its tuning chose it."""
    return {arm.name: candidates(plan, arm)[best(record["arms"][arm.name])] for arm in plan.arms}


def to_write(plan: Plan, record: Mapping[str, Any]) -> dict[str, str]:
    """For each arm that is not what was chosen: what the plan must say of it, and in which table."""
    assert plan.tuning is not None
    wanted = {}
    for arm, choice in zip(plan.arms, chosen(plan, record).values(), strict=True):
        if told(plan, choice) == told(plan, arm):
            continue
        name = arm.name if re.fullmatch(r"[\w-]+", arm.name) else json.dumps(arm.name)
        grid = plan.tuning.grids[arm.name]
        own = [f"{key} = {json.dumps(getattr(choice, key))}" for key in grid if key in OF_ARM]
        learner = [f"{key} = {json.dumps(choice.learner[key])}" for key in grid if key not in OF_ARM]
        tables = [f"[arms.{name}] {', '.join(own)}"] if own else []
        tables += [f"[arms.{name}.learner] {', '.join(learner)}"] if learner else []
        wanted[arm.name] = "; ".join(tables)
    return wanted


def read_record(path: Path, mend: str) -> dict[str, Any]:
    """A tuning's record. Errors: missing or damaged, with what to do about it."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        seeds, lines = len(record["seeds"]), [line for arm in record["arms"].values() for line in arm]
        whole = all(record["arms"].values()) and all(_is_line(line, seeds) for line in lines)
    except FileNotFoundError:
        raise OutriderError(f"{path} is missing: {mend}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise OutriderError(f"{path} is damaged: {mend}")
    return record


def record_of(plan: Plan, folder: Path, mend: str = "") -> dict[str, Any]:
    """The record of the plan's tuning in a folder. Errors: missing, damaged, or of another tuning."""
    mend = mend or f"run `outrider tune {folder}`"
    record = read_record(folder / FILE, mend)
    if asked_of(record) != asked(plan):
        raise OutriderError(
            f"{folder / FILE} is of other candidates, seeds, steps or another world than the plan's [tuning]: {mend}"
        )
    return record


def check_tuned(plan: Plan, folder: Path, mend: str = "") -> dict[str, Any]:
    """The record, {} where the plan asks for no tuning. Errors: as `record_of`; an arm that is not what it chose."""
    if plan.tuning is None:
        return {}
    record = record_of(plan, folder, mend)
    for name, lines in to_write(plan, record).items():
        raise OutriderError(f"{folder / 'plan.toml'}: arm {name!r} is not what tuning chose: write {lines}")
    return record


def by_other_code(record: Mapping[str, Any]) -> bool:
    """Whether a tuning's runs were trained by other code or packages than are installed."""
    return record.get("machine", {}).get("training_code_sha256") != training_code()


def _is_line(line: Mapping[str, Any], seeds: int) -> bool:
    scores, failed = line["scores"], isinstance(line.get("failed"), str)
    fine = all(one is None or (isinstance(one, int | float) and 0 <= one <= 1) for one in scores)
    right = len(scores) == (0 if failed else seeds) and all(key in line for key in _LEARNS)
    return fine and right and isinstance(line["area"], int | float)
