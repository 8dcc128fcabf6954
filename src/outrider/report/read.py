"""An evidence folder as one value. What is missing is named, never guessed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outrider.errors import OutriderError
from outrider.verify.plan import Plan, parse_plan
from outrider.verify.roles import UNGUIDED, in_words, role_in

REQUIRED = ("plan.toml", "runs.jsonl", "verdict.json")
OPTIONAL = ("answers.json", "gold.json", "costs.json", "environment.json", "cassette.jsonl.gz", "watch.gif")


@dataclass(frozen=True)
class Arm:
    """One arm of the plan. `slot` fixes colour, dash and marker: 0 is the treatment, 1 an unguided arm."""

    name: str
    engine: str
    words: str
    slot: int

    @property
    def treatment(self) -> bool:
        """Whether this is the arm that is compared with every other."""
        return self.slot == 0


@dataclass(frozen=True)
class Asked:
    """One caption that an engine was asked about: its weight and what made it up, or why there is none."""

    caption: str
    weight: float | None
    abstention: str
    parts: dict[str, float]


@dataclass(frozen=True)
class Evidence:
    """Everything a report is made from."""

    folder: Path
    plan: Plan
    plan_text: str
    runs: dict[str, list[dict[str, Any]]]
    verdict: dict[str, Any]
    arms: tuple[Arm, ...]
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    gold: dict[str, dict[str, Any]] = field(default_factory=dict)
    costs: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)
    gif: bytes | None = None
    missing: tuple[str, ...] = ()

    @property
    def treatment(self) -> Arm:
        """The arm that is compared with every other."""
        return self.arms[0]

    def arm(self, name: str) -> Arm | None:
        """The arm of this name, if the plan has it."""
        return next((arm for arm in self.arms if arm.name == name), None)


def load(folder: str | Path) -> Evidence:
    """Read an evidence folder; raises OutriderError where a needed file is missing or broken."""
    folder = Path(folder)
    for name in REQUIRED:
        if not (folder / name).is_file():
            raise OutriderError(f"{folder / name} is missing: a report needs {', '.join(REQUIRED)}")
    plan_text = (folder / "plan.toml").read_bytes().decode(errors="replace")
    plan = parse_plan(plan_text, str(folder / "plan.toml"), names=None)
    gif = folder / "watch.gif"
    return Evidence(
        folder=folder,
        plan=plan,
        plan_text=plan_text,
        runs=_runs(folder / "runs.jsonl"),
        verdict=_json(folder / "verdict.json"),
        arms=_arms(plan),
        answers=_json(folder / "answers.json").get("engines", {}),
        gold=_json(folder / "gold.json").get("engines", {}),
        costs=_json(folder / "costs.json"),
        environment=_json(folder / "environment.json"),
        manifest=_json(folder / "manifest.json"),
        gif=gif.read_bytes() if gif.is_file() else None,
        missing=tuple(name for name in OPTIONAL if not (folder / name).is_file()),
    )


def asked(answers: dict[str, Any]) -> list[Asked]:
    """The captions of one engine, each with its weight and parts, in the order of the file."""
    return [_asked(entry) for entry in answers.get("captions", [])]


def _asked(entry: dict[str, Any]) -> Asked:
    parts = {name: float(value) for name, value in (entry.get("parts") or {}).items()}
    weight, reason = entry.get("weight"), str(entry.get("abstention") or "")
    if weight is None or reason:
        return Asked(str(entry["caption"]), None, reason or "no reason recorded", parts)
    return Asked(str(entry["caption"]), float(weight), "", parts)


def _arms(plan: Plan) -> tuple[Arm, ...]:
    """The arms in reading order: the treatment, then the others as the plan lists them."""
    treatment, others = plan.arm(plan.treatment), plan.controls
    slots = iter(range(2, 1000))
    unguided = next((arm.name for arm in others if role_in(plan, arm) == UNGUIDED), None)
    rest = [
        Arm(a.name, a.engine, in_words(plan, a), 1 if a.name == unguided else next(slots)) for a in others
    ]
    return (Arm(treatment.name, treatment.engine, in_words(plan, treatment), 0), *rest)


def _runs(path: Path) -> dict[str, list[dict[str, Any]]]:
    runs: dict[str, list[dict[str, Any]]] = {}
    for i, line in enumerate(path.read_text().splitlines(), start=1):
        if line.strip():
            try:
                run = json.loads(line)
            except json.JSONDecodeError as error:
                raise OutriderError(f"{path}, line {i} is not JSON: {error}") from None
            runs.setdefault(run["arm"], []).append(run)
    return {arm: sorted(lines, key=lambda run: run["seed"]) for arm, lines in runs.items()}


def _json(path: Path) -> Any:
    if not path.is_file():
        return {}
    try:
        return json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise OutriderError(f"{path} is not JSON: {error}") from None
