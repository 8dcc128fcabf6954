"""`outrider tune`: every candidate of a plan's arms trained alike, before the study and on other seeds.

A tuning is a study without a verdict: the same jobs in the same workers, resumable in the same way. Its work folder may
be shared by several plans, whose equal candidates are then trained once.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from outrider.errors import Interrupted, OutriderError
from outrider.files import lock
from outrider.verify.asking import ask_engines
from outrider.verify.candidates import candidates
from outrider.verify.environment import environment_record
from outrider.verify.evidence import WORK, write_json
from outrider.verify.jobs import Result, jobs_of
from outrider.verify.metrics import of_one_run
from outrider.verify.names import DEFAULT_NAMES, Names
from outrider.verify.plan import Arm, Plan, canonical_hash, load_plan
from outrider.verify.progress import Silent, StudyProgress
from outrider.verify.runs import run_from
from outrider.verify.study import Ask, plan_folder, train_all
from outrider.verify.tuning import FILE, asked, scored, told
from outrider.verify.workers import SILENCE_S, WORKER

FOLDER = Path("out/tuning")
NO_TREATMENT = ""  # nobody's policy is kept


def tune(
    plan_path: Path,
    work: Path = FOLDER,
    *,
    workers: int | None = None,
    progress: StudyProgress | None = None,
    worker: Sequence[str] = WORKER,
    silence_s: float = SILENCE_S,
    ask: Ask = ask_engines,
    names: Names = DEFAULT_NAMES,
) -> dict[str, Any]:
    """Train every candidate of the plan's `[tuning]` and write `tuning.json` beside the plan; the record.

    work: where finished jobs are kept, for the same command or another plan's to go on from.
    Errors: a plan without `[tuning]`, a candidate that cannot be trained.
    """
    plan, show, began = load_plan(plan_path, names), progress or Silent(), time.monotonic()
    if plan.tuning is None:
        raise OutriderError(
            f"{plan_path} has no [tuning]: list there what each arm is to be chosen from (docs/evidence.md)"
        )
    trial, named = trial_of(plan)
    names.check(trial, f"{plan_path} [tuning]")
    (work / WORK).mkdir(parents=True, exist_ok=True)
    try:
        with open(work / "lock", "w") as file:
            lock(file, f"another tuning runs in {work}: wait for it, or name another folder with --work")
            answers = ask(trial, work, None, show)
            trained = train_all(
                trial, jobs_of(trial, answers.weights), work / WORK, workers, show, worker, silence_s
            )
    except KeyboardInterrupt:
        raise Interrupted(f"stopped: finished jobs are kept in {work}, the same command goes on") from None
    finally:
        show.close()
    record = {
        "claim": plan.id,
        **asked(plan),
        "arms": _lines(plan, named, trained),
        "candidates_trained": len(trial.arms),
        "wall_seconds": round(time.monotonic() - began, 1),
        "machine": environment_record(),
    }
    write_json(plan_folder(plan_path) / FILE, record)
    return record


def trial_of(plan: Plan) -> tuple[Plan, dict[str, str]]:
    """The study that trains all candidates, each once, and under which name each is there, by its digest.

    Names follow from the candidate alone, so that plans which share a work folder share what they have in common.
    """
    assert plan.tuning is not None
    arms: dict[str, Arm] = {}
    for arm in plan.arms:
        for one in candidates(plan, arm):
            digest = _digest(plan, one)
            name = f"{re.sub(r'[^A-Za-z0-9.]+', '-', one.signal).strip('-')}-{digest[:8]}"
            arms.setdefault(digest, replace(one, name=name, learner=plan.settings(one)))
    trial = replace(
        plan,
        arms=tuple(arms.values()),
        learner={},
        seeds=plan.tuning.seeds,
        first_seed=plan.tuning.first_seed,
        treatment=NO_TREATMENT,
        tuning=None,
    )
    return trial, {digest: arm.name for digest, arm in arms.items()}


def _digest(plan: Plan, candidate: Arm) -> str:
    return canonical_hash({"world": plan.world, "steps": plan.steps, **told(plan, candidate)})


def _lines(plan: Plan, named: dict[str, str], trained: dict[str, Result]) -> dict[str, list[dict[str, Any]]]:
    """What each candidate of each arm scored."""
    runs: dict[str, list[Any]] = {}
    for found in trained.values():
        for run in (run_from(record, "tuning") for record in found.runs):
            runs.setdefault(run.arm, []).append(run)

    def line(arm: Arm) -> dict[str, Any]:
        of_arm = sorted(runs[named[_digest(plan, arm)]], key=lambda run: run.seed)
        return scored(told(plan, arm), of_one_run(plan.metric), of_arm)

    return {arm.name: [line(one) for one in candidates(plan, arm)] for arm in plan.arms}
