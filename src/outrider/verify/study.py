"""A study from its plan to its evidence: ask the engines, train the arms in worker processes, judge, seal.

This process imports no jax. It can be ended at any moment: the same command goes on from the finished jobs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outrider.errors import Interrupted, OutriderError
from outrider.files import write_file
from outrider.verify import bundles
from outrider.verify.asking import Asked, ask_engines, gather
from outrider.verify.bundles import Unbundled, bundles_of
from outrider.verify.environment import available_cores, environment_record, training_code
from outrider.verify.evidence import WORK, json_text, seal, staged, write_json
from outrider.verify.jobs import Job, Result, describe, jobs_of, policy_path, result, weights_paths
from outrider.verify.judge import Verdict, judge
from outrider.verify.names import DEFAULT_NAMES, Names
from outrider.verify.plan import Plan, load_plan
from outrider.verify.progress import Silent, StudyProgress
from outrider.verify.runs import read_runs, write_runs
from outrider.verify.tuning import FILE as TUNING
from outrider.verify.tuning import by_other_code, check_tuned
from outrider.verify.workers import SILENCE_S, WORKER, run_jobs
from outrider.worlds.names import is_host

Ask = Callable[[Plan, Path, "Path | None", StudyProgress], Asked]


@dataclass(frozen=True)
class Study:
    """A finished study: its evidence folder and what it says."""

    folder: Path
    verdict: Verdict


def run_study(
    plan_path: Path,
    out: Path | None = None,
    *,
    workers: int | None = None,
    replace: bool = False,
    cassette: Path | None = None,
    progress: StudyProgress | None = None,
    watch: Callable[[Path, Path, Path | None], None] | None = None,
    render: Callable[[Path], None] | None = None,
    worker: Sequence[str] = WORKER,
    silence_s: float = SILENCE_S,
    ask: Ask = ask_engines,
    names: Names = DEFAULT_NAMES,
) -> Study:
    """Run the study of a plan and leave its evidence in `out` (default: `evidence/` beside the plan).

    workers: processes at a time, by default one a core; results do not depend on it (on a CPU, as `bundles.py` says).
    replace: an existing evidence folder gives way once the new one is complete.
    cassette: recorded answers to begin with, such as another study's `cassette.jsonl.gz`.
    watch(folder, policy, weights): draws `watch.gif` of the treatment's first trained agent into the folder.
    render(folder): writes `report.html` from the other files. Both run before the folder is sealed. Raises
    OutriderError for whatever the user can mend, and Interrupted on Ctrl-C; both leave finished jobs for the
    same command to go on from.
    """
    plan = load_plan(plan_path, names)
    if plan.draft:
        raise OutriderError(f"{plan_path} is a draft: {plan.draft}; settle that, then take [claim] draft out")
    tuned = check_tuned(plan, plan_folder(plan_path))
    target = Path(out) if out is not None else plan_folder(plan_path) / "evidence"
    show = progress or Silent()
    try:
        with staged(plan, target, replace) as folder:
            try:
                began = time.monotonic()
                training_code()  # as it is before the first step
                if tuned:
                    _keep_tuning(tuned, folder, show)
                asked = ask(plan, folder, cassette, show)
                jobs = jobs_of(plan, asked.weights, cassette is not None)
                trained = _train(plan, jobs, folder / WORK, workers, show, worker, silence_s)
                if is_host(plan.world):
                    asked = gather(plan, jobs, trained, folder, show)
                verdict = _record(plan, jobs, trained, folder)
                costs = {"arms": _arm_costs(plan, jobs, trained), "engines": asked.costs}
                study = {
                    "wall_seconds": round(time.monotonic() - began, 3),
                    "workers": workers or available_cores(),
                }
                write_json(folder / "costs.json", {**costs, "study": study})
                if watch is not None:
                    work, shown = folder / WORK, next(job for job in jobs if job.save_policy)
                    watch(folder, policy_path(shown, work), next(iter(weights_paths(shown, work)), None))
                if render is not None:
                    render(folder)
                seal(plan, folder, target)
            except KeyboardInterrupt:
                raise Interrupted(
                    f"stopped: finished jobs are kept in {folder}, the same command goes on from there; "
                    "delete that folder to begin anew"
                ) from None
        show.verdict(verdict)
    finally:
        show.close()
    return Study(target, verdict)


def _keep_tuning(record: dict[str, Any], folder: Path, show: StudyProgress) -> None:
    """Keep the tuning as it was before the first step; an error where another one began the folder."""
    text, copy = json_text(record), folder / TUNING
    if copy.exists() and copy.read_text(encoding="utf-8") != text:
        raise OutriderError(
            f"{folder} was begun with another tuning: delete that folder, or restore tuning.json"
        )
    write_file(copy, text)
    if by_other_code(record):
        show.say(
            "the arms were tuned by other code or packages than are installed: `outrider tune` tunes them anew"
        )


def _train(
    plan: Plan,
    jobs: Sequence[Job],
    work: Path,
    workers: int | None,
    show: StudyProgress,
    worker: Sequence[str],
    silence_s: float,
) -> dict[str, Result]:
    """Run the jobs that no earlier call finished; the results of all, by the name of the job."""
    finished = [job for job in jobs if result(job, work) is not None]
    show.begin(plan, jobs, finished)
    cores = max(1, workers or available_cores())
    waiting = bundles_of([job for job in jobs if job not in finished], cores)
    run_jobs(waiting, work, Unbundled(show), cores, worker, silence_s, kind=bundles)
    trained = {job.name: result(job, work) for job in jobs}
    for job in jobs:
        if trained[job.name] is None:
            raise OutriderError(
                f"the result for {describe(job)} in {work} was changed meanwhile: run the command again"
            )
    return {name: found for name, found in trained.items() if found is not None}


def _record(plan: Plan, jobs: Sequence[Job], trained: dict[str, Result], folder: Path) -> Verdict:
    """Write the runs, judge what was written, write the verdict and where it was found."""
    records = [record for job in jobs for record in trained[job.name].runs]
    write_file(folder / "runs.jsonl", write_runs(plan, records))
    verdict = judge(plan, read_runs(folder / "runs.jsonl"))
    write_json(folder / "verdict.json", verdict.to_json())
    write_json(folder / "environment.json", environment_record())
    return verdict


def _arm_costs(plan: Plan, jobs: Sequence[Job], trained: dict[str, Result]) -> dict[str, dict[str, float]]:
    """Per arm: environment steps over all seeds, and the sums over its jobs of every cost in seconds."""
    costs: dict[str, dict[str, float]] = {arm.name: {"environment_steps": 0} for arm in plan.arms}
    for job in jobs:
        arm = costs[job.arm]
        arm["environment_steps"] += sum(record["steps"][-1] for record in trained[job.name].runs)
        for name, value in trained[job.name].costs.items():
            if name.endswith("_seconds") and isinstance(value, int | float):
                arm[name] = round(arm.get(name, 0.0) + value, 3)
    return costs


def plan_folder(plan_path: Path) -> Path:
    """The folder of a plan, which may be named instead of it."""
    path = Path(plan_path)
    return path if path.is_dir() else path.parent
