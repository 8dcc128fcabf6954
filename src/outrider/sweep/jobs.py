"""The jobs of a sweep: runs of one rung, world and shape, which one process trains together by one compiled program.

What came of a run is a line of `trials.jsonl`, appended and flushed to the disk when its job is accepted; a line that a
kill cut short is dropped. So the same command goes on from the jobs whose lines are all there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from outrider.errors import OutriderError
from outrider.learn.algorithms import settings_from, shape
from outrider.sweep.halving import steps_of_run
from outrider.sweep.specification import Sweep
from outrider.verify.evidence import write_file, write_json
from outrider.worlds.names import is_host

TRIALS = "trials.jsonl"
HELD_OUT = 1_000_000  # the first seed that no search uses
JOB_STEPS = 2_000_000  # at most so many environment steps a job, or one run: about what a kill costs

Run = tuple[int, int]  # candidate and seed


@dataclass(frozen=True)
class Job:
    """`runs` of one stage ("rung 1", ..., "held out") on one world, `steps` environment steps each."""

    stage: str
    world: str
    steps: int
    settings: tuple[dict[str, Any], ...]  # of each run; they differ in their rates only
    runs: tuple[Run, ...]
    signal: str
    weights: str  # path of the engine's answers, or empty
    trials: str  # path of `TRIALS`
    engine: str = ""  # that a worker asks itself, where captions come one by one

    @property
    def name(self) -> str:
        """The job's name, unique in its sweep."""
        world, (candidate, seed) = self.world.replace("/", "-"), self.runs[0]
        return f"{self.stage.replace(' ', '-')}-{world}-{candidate}-{seed}"


def jobs_of(
    sweep: Sweep, stage: str, steps: int, candidates: Sequence[int], seeds: Sequence[int], folder: Path
) -> list[Job]:
    """The jobs of a stage, by world and shape, in the order of the candidates."""
    shapes: dict[str, list[int]] = {}
    for candidate in candidates:
        alike = shape(settings_from(sweep.settings[candidate]), sweep.signal)
        shapes.setdefault(json.dumps(alike), []).append(candidate)
    jobs = []
    for world in sweep.worlds:
        for alike in shapes.values():
            length = steps_of_run(steps, settings_from(sweep.settings[alike[0]]).batch, "the sweep")
            runs, size = [(c, seed) for c in alike for seed in seeds], max(1, JOB_STEPS // length)
            jobs += [
                Job(
                    stage,
                    world,
                    length,
                    tuple(sweep.settings[c] for c, _ in part),
                    tuple(part),
                    sweep.signal,
                    str(folder / "weights.json") if sweep.engine and not is_host(world) else "",
                    str(folder / TRIALS),
                    sweep.engine if is_host(world) else "",
                )
                for part in (runs[i : i + size] for i in range(0, len(runs), size))
            ]
    return jobs


def read_trials(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The first line (which sweep, which code) and the runs so far; a last line that was cut short is taken off."""
    try:
        whole, newline, _ = path.read_bytes().rpartition(b"\n")
        head, *trials = [json.loads(line) for line in whole.splitlines()]
        if not isinstance(head, dict):
            raise TypeError
        {key_of(trial) for trial in trials}
    except FileNotFoundError:
        return {}, []
    except (ValueError, TypeError, KeyError):
        raise OutriderError(f"{path} is damaged; restore it, or delete it to begin the sweep anew") from None
    if len(whole + newline) < path.stat().st_size:
        write_file(path, whole + newline)
    return head, trials


def key_of(trial: dict[str, Any]) -> tuple[str, str, int, int]:
    """Stage, world, candidate and seed of a line."""
    return trial["stage"], trial["world"], trial["candidate"], trial["seed"]


def keys_of(job: Job) -> set[tuple[str, str, int, int]]:
    """The keys of all lines of a job."""
    return {(job.stage, job.world, *run) for run in job.runs}


# What `verify.workers` asks of a kind of job.


def parts(job: Job) -> int:
    """One."""
    return 1


def describe(job: Job) -> str:
    """The job in words for messages."""
    candidates = sorted({candidate for candidate, _ in job.runs})
    return f"{job.stage}, {job.world}, candidates {', '.join(map(str, candidates))}"


def log_path(job: Job, work: Path) -> Path:
    """Where the worker's standard error goes."""
    return work / f"{job.name}.log"


def out_path(job: Job, work: Path) -> Path:
    """Where the worker writes its result."""
    return work / f"{job.name}.out.json"


def prepare(job: Job, work: Path) -> Path:
    """Write the file that the worker reads; its path."""
    out_path(job, work).unlink(missing_ok=True)
    path = work / f"{job.name}.job.json"
    write_json(path, asdict(job))
    return path


def accept(job: Job, work: Path, wall_seconds: float) -> None:
    """Append the lines of a finished job; OutriderError where they are not those that were asked for."""
    try:
        trials = json.loads(out_path(job, work).read_text())
        found = {key_of(trial) for trial in trials}
    except (OSError, ValueError, KeyError, TypeError):
        found, trials = set(), []
    if found != keys_of(job):
        raise OutriderError(
            f"the worker's result for {describe(job)} is not what was asked: see {log_path(job, work)}"
        )
    append(Path(job.trials), trials)


def append(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    """Add lines to a file, on the disk when this returns."""
    with open(path, "a", encoding="utf-8") as file:
        file.write("".join(json.dumps(line, allow_nan=False) + "\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
