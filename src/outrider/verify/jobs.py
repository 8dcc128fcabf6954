"""The jobs of a study: an arm with a group of seeds, which is done or not done as a whole.

In the work folder a job `guided-4` has `guided-4.job.json` (what to do), `.out.json` (what came of it) and
`.done.json`, written last: a job without it, or with one that names other bytes, another job or other code, is done
again. The `.log` (the worker's standard error) is that of the first job of a bundle (`bundles.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outrider.errors import OutriderError
from outrider.files import write_file
from outrider.verify.environment import training_code
from outrider.verify.evidence import write_json
from outrider.verify.plan import SEEDS_PER_JOB, Plan
from outrider.verify.runs import run_from
from outrider.worlds.names import is_host

CASSETTE = "cassette.jsonl"  # what a worker that asks was told
GIVEN = "given.jsonl.gz"  # the recording that it replays


@dataclass(frozen=True)
class Job:
    """`seeds` of one arm, `steps` environment steps each."""

    arm: str
    world: str
    seeds: tuple[int, ...]
    steps: int
    learner: Mapping[str, Any]
    signal: str
    weights: tuple[str, ...] = ()  # texts of the weights files: one a seed, one for all, or none
    save_policy: bool = False  # keep the trained parameters of the first seed
    engine: str = ""  # that the worker asks itself, where captions come one by one
    replay: bool = False  # that engine's answers are all recorded

    @property
    def name(self) -> str:
        """The job's name, unique in its plan: arm and first seed."""
        return f"{self.arm}-{self.seeds[0]}"

    @property
    def sha256(self) -> str:
        """Of everything that determines the result, where it lies left out."""
        return _sha256(
            json.dumps(
                [self.record(Path()), [_sha256(text.encode()) for text in self.weights]], sort_keys=True
            ).encode()
        )

    def record(self, work: Path) -> dict[str, Any]:
        """The job as the worker reads it, with its files in the work folder."""
        asked = {
            "name": self.engine,
            "cassette": str(cassette_path(self, work)),
            "given": str(work / GIVEN) if self.replay else None,
        }
        return {
            "arm": self.arm,
            "world": self.world,
            "seeds": list(self.seeds),
            "steps": self.steps,
            "learner": dict(self.learner),
            "signal": {
                "name": self.signal,
                "weights": [str(path) for path in weights_paths(self, work)],
            },
            "save_policy": self.save_policy,
            "policy": str(policy_path(self, work)) if self.save_policy else None,
            **({"engine": asked} if self.engine else {}),
        }


@dataclass(frozen=True)
class Result:
    """What came of a finished job: a record a run, as in `runs.jsonl`, and its costs."""

    runs: list[dict[str, Any]]
    costs: dict[str, Any]
    mission: str = ""  # that the worker told its engine
    captions: tuple[str, ...] = ()  # that it asked about


def jobs_of(plan: Plan, weights: Mapping[str, tuple[str, ...]], replay: bool = False) -> list[Job]:
    """The plan's jobs, one group of seeds after another over all arms, so that the arms finish evenly.

    `weights` has the texts of the weights files for each engine of the plan: one a seed, or one for all. In host worlds
    the workers ask, or with `replay` look up what was recorded.
    """
    host = is_host(plan.world)
    groups = [
        tuple(plan.every_seed[first : first + SEEDS_PER_JOB]) for first in range(0, plan.seeds, SEEDS_PER_JOB)
    ]
    return [
        Job(
            arm=arm.name,
            world=plan.world,
            seeds=seeds,
            steps=plan.steps,
            learner=plan.settings(arm),
            signal=arm.signal,
            weights=_of_seeds(plan, weights[arm.engine], seeds) if arm.engine and not host else (),
            save_policy=arm.name == plan.treatment and seeds[0] == plan.first_seed,
            engine=arm.engine if host else "",
            replay=replay and host,
        )
        for seeds in groups
        for arm in plan.arms
    ]


def _of_seeds(plan: Plan, weights: tuple[str, ...], seeds: tuple[int, ...]) -> tuple[str, ...]:
    return weights if len(weights) == 1 else tuple(weights[seed - plan.first_seed] for seed in seeds)


def weights_paths(job: Job, work: Path) -> list[Path]:
    """Where the worker finds the weights: one file for all seeds, one a seed, or none."""
    if len(job.weights) <= 1:
        return [work / f"{job.name}.weights.json" for _ in job.weights]
    return [work / f"{job.name}.weights-{seed}.json" for seed in job.seeds]


def policy_path(job: Job, work: Path) -> Path:
    """Where a job that saves its policy puts it."""
    return work / f"policy-{job.arm}-{job.seeds[0]}"


def cassette_path(job: Job, work: Path) -> Path:
    """Where a worker that asks records the answers."""
    return work / f"{job.name}.{CASSETTE}"


def out_path(job: Job, work: Path) -> Path:
    """Where the worker writes its result."""
    return work / f"{job.name}.out.json"


def log_path(job: Job, work: Path) -> Path:
    """Where the worker's standard error goes."""
    return work / f"{job.name}.log"


def prepare(job: Job, work: Path) -> Path:
    """Write the files that the worker reads, drop what an unfinished one left; the job file's path."""
    for left in (out_path(job, work), _done_path(job, work)):
        left.unlink(missing_ok=True)
    for weights, text in zip(weights_paths(job, work), job.weights, strict=True):
        write_file(weights, text)
    path = work / f"{job.name}.job.json"
    write_json(path, job.record(work))
    return path


def accept(job: Job, work: Path, wall_seconds: float, log: Path | None = None) -> None:
    """Check a worker's result and mark the job as done; OutriderError, with its log, where it is not what was asked."""
    content, log = _content(job, work), log or log_path(job, work)
    where = f"the worker's result for {describe(job)}"
    try:
        out = json.loads(content)
        records, costs = out["runs"], out["costs"]
    except (ValueError, KeyError, TypeError):
        raise OutriderError(f"{where} is missing or not JSON: see {log}") from None
    found = [(run.arm, run.seed) for run in (run_from(record, where) for record in records)]
    if sorted(found) != [(job.arm, seed) for seed in job.seeds]:
        raise OutriderError(f"{where} holds the runs {found}: see {log}")
    done = {"trusts": _trust(job, content), "wall_seconds": round(wall_seconds, 3), "costs": costs}
    write_json(_done_path(job, work), done)


def result(job: Job, work: Path) -> Result | None:
    """What came of a job; None where it is not finished or cannot be trusted."""
    content = _content(job, work)
    try:
        done = json.loads(_done_path(job, work).read_text())
        if done["trusts"] != _trust(job, content):
            return None
        if job.save_policy and not policy_path(job, work).exists():
            return None
        out = json.loads(content)
        heard = out.get("heard", {"mission": "", "captions": ()})
        costs = {**done["costs"], "wall_seconds": done["wall_seconds"]}
        return Result(out["runs"], costs, heard["mission"], tuple(heard["captions"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def describe(job: Job) -> str:
    """The job in words for messages."""
    seeds = f"seed {job.seeds[0]}" if len(job.seeds) == 1 else f"seeds {job.seeds[0]} to {job.seeds[-1]}"
    return f"arm {job.arm!r}, {seeds}"


def _trust(job: Job, content: bytes) -> dict[str, str]:
    """What must not have changed for a finished job to count: the job, its result, the code that trains."""
    return {"job": job.sha256, "result": _sha256(content), "code": training_code()}


def _done_path(job: Job, work: Path) -> Path:
    return work / f"{job.name}.done.json"


def _content(job: Job, work: Path) -> bytes:
    try:
        return out_path(job, work).read_bytes()
    except OSError:
        return b""


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
