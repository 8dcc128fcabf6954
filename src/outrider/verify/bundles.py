"""Jobs that are alike in one worker process, by one compiled program: arms or candidates of one signal and shape.

Starting and compiling takes as long as training a short run. Each job keeps files of its own, so that it does not
matter with which others it was trained (on a CPU; but for rounding where learners are vectorised, as `learn/group.py`
has it).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outrider.errors import OutriderError
from outrider.files import write_file
from outrider.learn.algorithms import settings_from, shape
from outrider.verify import jobs as single
from outrider.verify.environment import training_code
from outrider.verify.evidence import write_json
from outrider.verify.jobs import Job
from outrider.verify.workers import Listener
from outrider.worlds.names import check_world, is_host

MOST_STEPS = 4_000_000  # environment steps of a bundle, unless a job alone has more: about what a kill costs
MOST_ROWS = 1_000_000  # steps that its replays hold together, unless a job alone holds more
EVALUATED = 64  # episodes after training, as `learn/evaluate.py` has it, which needs jax


@dataclass(frozen=True)
class Bundle:
    """Jobs that differ in their arm, seeds, weights and learner's rates only.

    `tries`: candidates of a tuning, where one that fails is written down and the others go on; else it ends the study.
    """

    jobs: tuple[Job, ...]
    tries: bool = False


def bundles_of(jobs: Sequence[Job], workers: int, tries: bool = False) -> list[Bundle]:
    """All jobs: with the first that waits those that are alike, as many as steps and replays allow.

    But no more than one worker's share of all that wait, so that no core is idle at the end.
    """
    waiting, bundles = [(_alike(job), job) for job in jobs], []
    while waiting:
        alike, first = waiting[0]
        share = -(-len(waiting) // workers)
        most = max(1, min(share, MOST_STEPS // _steps(first), MOST_ROWS // _rows(first)))
        taken = [job for other, job in waiting if other == alike][:most]
        bundles.append(Bundle(tuple(taken), tries))
        waiting = [(other, job) for other, job in waiting if job not in taken]
    return bundles


def failure(job: Job, work: Path) -> str:
    """Why a job failed, "" where it did not, or where it was another job or other code."""
    try:
        found = json.loads(_failed_path(job, work).read_text())
        return str(found["why"]) if {**found, **_trusted(job)} == found else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


@dataclass(frozen=True)
class Unbundled:
    """Tells a listener of jobs what happens to bundles."""

    listener: Listener

    def told(self, bundle: Bundle, message: dict[str, Any]) -> None:
        """Each job is as far as its bundle, with the successes of its own seeds."""
        success, first = message.get("success"), 0
        if not isinstance(success, list) or len(success) != sum(len(job.seeds) for job in bundle.jobs):
            success = None  # of a part that trains anew, because one of them failed
        for job in bundle.jobs:
            own = {"success": success[first : first + len(job.seeds)]} if success else {}
            self.listener.told(job, {"progress": message.get("progress"), **own})
            first += len(job.seeds)

    def finished(self, bundle: Bundle, wall_seconds: float) -> None:
        """Each job took its share."""
        for job in bundle.jobs:
            self.listener.finished(job, wall_seconds * _share(job, bundle))


# What `verify.workers` asks of a kind of job.


def describe(bundle: Bundle) -> str:
    """The bundle in words for messages."""
    job, more = bundle.jobs[0], len(bundle.jobs) - 1
    learner = "".join(f", {key} {value}" for key, value in job.learner.items())
    told = f"candidate signal {job.signal}{learner}" if bundle.tries else single.describe(job)
    return f"{told}{f' and {more} like it' if more else ''}"


def parts(bundle: Bundle) -> int:
    """A bundle tells news of all its jobs at once, and evaluates them without a word."""
    return len(bundle.jobs)


def log_path(bundle: Bundle, work: Path) -> Path:
    """Where the worker's standard error goes."""
    return single.log_path(bundle.jobs[0], work)


def out_path(bundle: Bundle, work: Path) -> Path:
    """Where the worker writes its results."""
    return work / f"{bundle.jobs[0].name}.bundle.out.json"


def prepare(bundle: Bundle, work: Path) -> Path:
    """Write the files that the worker reads, drop what an unfinished one left; the bundle file's path."""
    out_path(bundle, work).unlink(missing_ok=True)
    for job in bundle.jobs:
        single.prepare(job, work)
        _failed_path(job, work).unlink(missing_ok=True)
    path = work / f"{bundle.jobs[0].name}.bundle.json"
    write_json(path, [job.record(work) for job in bundle.jobs])
    return path


def accept(bundle: Bundle, work: Path, wall_seconds: float) -> None:
    """Hand each job what came of it. Errors: not as many results as jobs, a job that failed, and as `jobs.accept`."""
    try:
        results = json.loads(out_path(bundle, work).read_text())
        pairs = list(zip(bundle.jobs, results, strict=True))
    except (OSError, ValueError, TypeError):
        raise OutriderError(
            f"the worker's results for {describe(bundle)} are not what was asked: see {log_path(bundle, work)}"
        ) from None
    for job, found in pairs:
        if isinstance(found, dict) and "failed" in found:
            write_file(_failed_path(job, work), json.dumps({"why": found["failed"], **_trusted(job)}))
        else:
            write_file(single.out_path(job, work), json.dumps(found))
            single.accept(job, work, wall_seconds * _share(job, bundle), log_path(bundle, work))
    out_path(bundle, work).unlink()
    if not bundle.tries:
        for job in bundle.jobs:
            if why := failure(job, work):
                raise OutriderError(
                    f"the worker could not train {single.describe(job)}: {why}: see {log_path(bundle, work)}; "
                    "the same command goes on from the finished jobs"
                )


def _alike(job: Job) -> str:
    """Equal where one compiled program can train both. What a host world does is not compiled."""
    if is_host(job.world):
        return job.name
    return json.dumps(
        [
            job.world,
            job.signal,
            job.steps,
            shape(settings_from(job.learner), job.signal),
            bool(job.weights),
        ]
    )


def _share(job: Job, bundle: Bundle) -> float:
    """A job's part of what its bundle took, by its seeds."""
    return len(job.seeds) / sum(len(other.seeds) for other in bundle.jobs)


def _steps(job: Job) -> int:
    """Environment steps of a job, with those of its evaluation where the world is one of ours."""
    horizon = 0
    with contextlib.suppress(OutriderError):
        horizon = check_world(job.world)[0].horizon
    return len(job.seeds) * (job.steps + EVALUATED * horizon)


def _rows(job: Job) -> int:
    """Steps that a job's replays hold; 1 where there are none."""
    return len(job.seeds) * int(getattr(settings_from(job.learner), "capacity", 0)) or 1


def _failed_path(job: Job, work: Path) -> Path:
    return work / f"{job.name}.failed.json"


def _trusted(job: Job) -> dict[str, str]:
    return {"job": job.sha256, "code": training_code()}
