"""What a tuning found, `tuning.json` beside the plan, and that the plan's arms are what it chose.

The best candidate of an arm has the highest mean score over the seeds; equals go by the mean area under the curve, then
by the order of the plan.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outrider.errors import OutriderError
from outrider.verify.candidates import OF_ARM, candidates
from outrider.verify.metrics import METRICS, area_under_curve, of_one_run
from outrider.verify.runs import Run

if TYPE_CHECKING:
    from outrider.verify.plan import Arm, Plan

FILE = "tuning.json"


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


def told(plan: Plan, arm: Arm) -> dict[str, Any]:
    """An arm as it learns, in plain values."""
    return {"signal": arm.signal, "engine": arm.engine, "learner": dict(plan.settings(arm))}


def scored(candidate: Mapping[str, Any], metric: str, runs: Sequence[Run]) -> dict[str, Any]:
    """The line of a candidate: what it is, each seed's score, the area under its curves in the mean."""
    areas = [area_under_curve(run) or 0.0 for run in runs]
    scores = [METRICS[metric](run) for run in runs]
    return {
        **candidate,
        "scores": [None if score is None else round(score, 6) for score in scores],
        "area": round(sum(areas) / len(areas), 6),
    }


def mean(line: Mapping[str, Any]) -> float:
    """A candidate's score; below all others where a run has none."""
    scores = line["scores"]
    return -1.0 if None in scores or not scores else sum(scores) / len(scores)


def best(lines: Sequence[Mapping[str, Any]]) -> int:
    """Which candidate of an arm is chosen."""
    return max(range(len(lines)), key=lambda k: (round(mean(lines[k]), 9), lines[k]["area"], -k))


def lines_to_write(plan: Plan, record: Mapping[str, Any]) -> dict[str, str]:
    """For each arm that is not what was chosen: the lines of the plan that would make it so."""
    assert plan.tuning is not None
    wanted = {}
    for arm in plan.arms:
        lines, every = record["arms"][arm.name], candidates(plan, arm)
        chosen = every[best(lines)]
        if told(plan, chosen) == told(plan, arm):
            continue
        grid = plan.tuning.grids[arm.name]
        own = [f"{key} = {json.dumps(getattr(chosen, key))}" for key in grid if key in OF_ARM]
        learner = [f"{key} = {json.dumps(chosen.learner[key])}" for key in grid if key not in OF_ARM]
        tables = [f"[arms.{arm.name}]", *own] if own else []
        tables += [f"[arms.{arm.name}.learner]", *learner] if learner else []
        wanted[arm.name] = "\n".join(tables)
    return wanted


def check_tuned(plan: Plan, folder: Path) -> str:
    """The text of the plan's tuning, "" where it asks for none.

    Errors: not done, of other candidates, seeds, world or budget, or an arm that is not what it chose.
    """
    if plan.tuning is None:
        return ""
    path = folder / FILE
    if not path.is_file():
        raise OutriderError(f"{folder} is not tuned: [tuning] comes first, run `outrider tune {folder}`")
    text = path.read_text(encoding="utf-8")
    try:
        record = json.loads(text)
        found = {
            **record,
            "arms": {
                name: [{key: line[key] for key in ("signal", "engine", "learner")} for line in lines]
                for name, lines in record["arms"].items()
            },
        }
        wanted = asked(plan)
        same = all(found[key] == wanted[key] for key in wanted)
        rest = lines_to_write(plan, record) if same else {}
    except (ValueError, KeyError, TypeError, IndexError):
        raise OutriderError(f"{path} is no record of a tuning: run `outrider tune {folder}` again") from None
    if not same:
        raise OutriderError(
            f"{path} tried other candidates, seeds, steps or another world than the plan's [tuning]: run "
            f"`outrider tune {folder}` again"
        )
    if rest:
        name, lines = next(iter(rest.items()))
        raise OutriderError(
            f"{folder / 'plan.toml'}: arm {name!r} is not what tuning chose: write {lines.replace(chr(10), ' ')}"
        )
    return text
