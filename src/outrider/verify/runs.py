"""The runs of a study: reading `runs.jsonl`, and refusing whatever a verdict must not be built on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outrider.errors import OutriderError

if TYPE_CHECKING:
    from outrider.verify.plan import Plan


@dataclass(frozen=True)
class Run:
    """One training run's curve, each tuple [points]; `steps` are environment steps at the end of a point.

    `success` is the mean over the `episodes` that ended since the point before, None where none ended.
    """

    arm: str
    seed: int
    steps: tuple[int, ...]
    success: tuple[float | None, ...]
    episodes: tuple[int, ...]
    solved: float | None = (
        None  # share of fresh whole episodes that the final policy solves; None: not evaluated
    )


def run_from(record: Mapping[str, Any], where: str) -> Run:
    """A run from one record of `runs.jsonl`; raises OutriderError where it is not one."""
    try:
        arm, seed = str(record["arm"]), int(record["seed"])
        steps = tuple(int(step) for step in record["steps"])
        success = tuple(None if value is None else float(value) for value in record["success"])
        episodes = tuple(int(count) for count in record["episodes"])
        evaluation = record.get("evaluation")
        solved = int(evaluation["solved"]) / int(evaluation["episodes"]) if evaluation else None
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise OutriderError(
            f"{where}: not a run ({type(error).__name__}: {error}); was it changed?"
        ) from None
    run, name = Run(arm, seed, steps, success, episodes, solved), f"{where}: run ({arm}, seed {seed})"
    if not len(steps) == len(success) == len(episodes) > 0:
        raise OutriderError(f"{name} has curves of unequal length or none at all; train it again")
    if solved is not None and not 0 <= solved <= 1:
        raise OutriderError(
            f"{name} solved a share of {solved} of its evaluation, which cannot be; train it again"
        )
    if any(b <= a for a, b in zip((0, *steps), steps, strict=False)):
        raise OutriderError(f"{name} has steps that do not increase; train it again")
    for value, count in zip(success, episodes, strict=True):
        if count < 0 or (value is None) != (count == 0) or (value is not None and not 0 <= value <= 1):
            raise OutriderError(
                f"{name} has success {value} over {count} episodes, which cannot be; train it again"
            )
    return run


def read_runs(path: Path) -> list[dict[str, Any]]:
    """The records of `runs.jsonl`, whole; raises OutriderError naming the line that cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OutriderError(f"{path} cannot be read ({error}): the evidence is not whole") from None
    if not text.endswith("\n"):
        raise OutriderError(
            f"{path} ends in the middle of a line: it was cut short; restore it or run the study again"
        )
    records = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            records.append(json.loads(line))
        except ValueError:
            raise OutriderError(
                f"{path}, line {number}, is not JSON: restore it or run the study again"
            ) from None
    return records


def write_runs(plan: Plan, records: Iterable[Mapping[str, Any]]) -> str:
    """The text of `runs.jsonl`: one line a run, rounded, sorted by seed within the arms of the plan."""
    order = {arm.name: index for index, arm in enumerate(plan.arms)}
    ordered = sorted(records, key=lambda record: (order[record["arm"]], record["seed"]))
    return "".join(
        json.dumps(rounded(record), ensure_ascii=False, allow_nan=False) + "\n" for record in ordered
    )


def rounded(value: Any) -> Any:
    """Plain values with every float rounded to 6 significant digits."""
    if isinstance(value, float):
        return float(f"{value:.6g}") + 0.0
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value


def paired_runs(
    plan: Plan, records: Sequence[Mapping[str, Any] | Run], where: str = "runs.jsonl"
) -> dict[str, list[Run]]:
    """The runs of each arm by seed; raises OutriderError unless each is there once, at equal steps."""
    found: dict[tuple[str, int], Run] = {}
    known = {arm.name for arm in plan.arms}
    for record in records:
        run = record if isinstance(record, Run) else run_from(record, where)
        if run.arm not in known or run.seed not in plan.every_seed:
            raise OutriderError(f"{where}: run ({run.arm}, seed {run.seed}) is not in the plan; take it out")
        if (run.arm, run.seed) in found:
            raise OutriderError(f"{where}: run ({run.arm}, seed {run.seed}) is there twice; keep one")
        found[run.arm, run.seed] = run
    missing = [(a.name, s) for a in plan.arms for s in plan.every_seed if (a.name, s) not in found]
    if missing:
        first = f"({missing[0][0]}, seed {missing[0][1]})"
        raise OutriderError(
            f"{where}: {len(missing)} of the plan's runs are missing, the first is {first}; run the study"
        )
    ends = {run.steps[-1] for run in found.values()}
    if len(ends) > 1:
        raise OutriderError(
            f"{where}: runs end at different steps ({min(ends)} to {max(ends)}): not a fair comparison"
        )
    short = next(iter(found.values()))
    point = min(b - a for a, b in zip((0, *short.steps), short.steps, strict=False))
    if abs(short.steps[-1] - plan.steps) > point:
        raise OutriderError(
            f"{where}: runs end at {short.steps[-1]} steps, the plan says {plan.steps}; run the study"
        )
    return {arm.name: [found[arm.name, seed] for seed in plan.every_seed] for arm in plan.arms}
