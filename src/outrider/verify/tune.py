"""`outrider tune`: every candidate of a plan's arms trained alike, before the study and on other seeds.

A tuning is a study without a verdict: the same jobs in the same workers, resumable in the same way, and those that are
alike in one process. Its work folder may be shared by several plans, whose equal candidates are then trained once. A
candidate that cannot be trained to its end, such as one whose loss explodes, is recorded as failed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from outrider.errors import Interrupted, OutriderError
from outrider.files import lock
from outrider.verify import bundles
from outrider.verify.asking import ask_engines
from outrider.verify.bundles import Unbundled, bundles_of, failure
from outrider.verify.candidates import candidates, trial_of
from outrider.verify.environment import available_cores, environment_record, training_code
from outrider.verify.evidence import WORK, write_json
from outrider.verify.jobs import Job, describe, jobs_of, result
from outrider.verify.metrics import of_one_run
from outrider.verify.names import DEFAULT_NAMES, Names
from outrider.verify.plan import Arm, Plan, canonical_hash, load_plan
from outrider.verify.progress import Silent, StudyProgress
from outrider.verify.runs import Run, run_from
from outrider.verify.study import Ask, plan_folder
from outrider.verify.tuning import EARLIER, FILE, asked, asked_of, read_record, scored, told
from outrider.verify.workers import SILENCE_S, WORKER, run_jobs

FOLDER = Path("out/tuning")


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
) -> tuple[Plan, dict[str, Any]]:
    """Train every candidate of the plan's `[tuning]` and write `tuning.json` beside the plan; the plan and the record.

    work: where finished jobs are kept, for the same command or another plan's to go on from.
    Errors: a plan without `[tuning]`, no candidate of an arm that could be trained.
    """
    plan, show, began = load_plan(plan_path, names), progress or Silent(), time.monotonic()
    if plan.tuning is None:
        raise OutriderError(
            f"{plan_path} has no [tuning]: list there what each arm is to be chosen from (docs/evidence.md)"
        )
    training_code()  # as it is before the first step
    (work / WORK).mkdir(parents=True, exist_ok=True)
    trial, named = trial_of(plan, _digest)
    try:
        with open(work / "lock", "w") as file:
            lock(file, f"another tuning runs in {work}: wait for it, or name another folder with --work")
            jobs = jobs_of(trial, ask(trial, work, None, show).weights)
            done = [job for job in jobs if _is_done(job, work / WORK)]
            show.begin(trial, jobs, done)
            cores = max(1, workers or available_cores())
            waiting = bundles_of([job for job in jobs if job not in done], cores, tries=True)
            run_jobs(waiting, work / WORK, Unbundled(show), cores, worker, silence_s, kind=bundles)
            lines = _lines(plan, named, jobs, work / WORK)
    except KeyboardInterrupt:
        raise Interrupted(f"stopped: finished jobs are kept in {work}, the same command goes on") from None
    finally:
        show.close()
    for arm, tried in lines.items():
        if all("failed" in line for line in tried):
            raise OutriderError(
                f"{plan_path}: no candidate of arm {arm!r} could be trained: {tried[0]['failed']}"
            )
    target = plan_folder(plan_path) / FILE
    record = {
        "claim": plan.id,
        **asked(plan),
        "arms": lines,
        "wall_seconds": round(time.monotonic() - began, 1),
        "machine": environment_record(),
        EARLIER: _earlier(plan, target),
    }
    write_json(target, record)
    return plan, record


def _is_done(job: Job, work: Path) -> bool:
    return bool(failure(job, work)) or result(job, work) is not None


def _digest(plan: Plan, candidate: Arm) -> str:
    assert plan.tuning is not None
    about = {"world": plan.world, "steps": plan.steps, "seeds": list(plan.tuning.every_seed)}
    return canonical_hash({**about, **told(plan, candidate)})


def _lines(
    plan: Plan, named: Mapping[str, str], jobs: Sequence[Job], work: Path
) -> dict[str, list[dict[str, Any]]]:
    """What each candidate of each arm scored, or why it failed."""
    runs: dict[str, list[Run]] = {job.arm: [] for job in jobs}
    failures: dict[str, str] = {}
    for job in jobs:
        found = result(job, work)
        if found is not None:
            runs[job.arm] += [run_from(record, str(work)) for record in found.runs]
        elif not failures.setdefault(job.arm, failure(job, work)):
            raise OutriderError(
                f"the result for {describe(job)} in {work} was changed meanwhile: run the command again"
            )

    def line(arm: Arm) -> dict[str, Any]:
        name = named[_digest(plan, arm)]
        ran = [] if name in failures else sorted(runs[name], key=lambda run: run.seed)
        return scored(told(plan, arm), of_one_run(plan.metric), ran, failures.get(name, ""))

    return {arm.name: [line(one) for one in candidates(plan, arm)] for arm in plan.arms}


def _earlier(plan: Plan, target: Path) -> list[dict[str, Any]]:
    """Tunings of other candidates, seeds, steps or worlds that stood there before: what was tried is not forgotten."""
    if not target.exists():
        return []
    before = read_record(target, "move it away and tune again")
    kept = before.pop(EARLIER, [])
    before.pop("machine", None)
    return kept if asked_of(before) == asked(plan) else [*kept, before]
