"""A sweep from its specification to its record: ask once, climb the rungs, meet the present settings on fresh seeds.

This process imports no jax. It can be ended at any moment: the same command goes on, and the record is the same.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from outrider import interrupt
from outrider.errors import Interrupted, OutriderError
from outrider.guide.vocabulary import vocabulary
from outrider.guide.weights import ask
from outrider.lm.cassette import Cassette
from outrider.lm.registry import build, by_chance
from outrider.sweep import jobs as kind
from outrider.sweep.halving import Score, order
from outrider.sweep.jobs import HELD_OUT, TRIALS, Job, append, jobs_of, key_of, keys_of, read_trials
from outrider.sweep.record import RECORD, finished, record_of, table
from outrider.sweep.specification import FILE, Sweep, parse_sweep
from outrider.verify.environment import available_cores, training_code
from outrider.verify.evidence import json_text, write_file, write_json
from outrider.verify.workers import run_jobs
from outrider.worlds.names import is_host

try:
    import fcntl
except ImportError:  # not on Windows: two sweeps into one folder are then not noticed
    fcntl = None

WORKER = (sys.executable, "-m", "outrider.sweep.worker")
WORK = "work.partial"  # jobs, logs and the lock while a sweep runs
Trial = dict[str, Any]


def run_sweep(
    sweep: Sweep, folder: Path, workers: int | None = None, worker: Sequence[str] = WORKER
) -> dict[str, Any]:
    """Run or go on with a sweep in `folder`; its record. Raises OutriderError, and Interrupted on Ctrl-C."""
    if done := finished(folder, sweep.sha256):
        return done
    began = time.monotonic()
    with (
        _staged(sweep, folder) as work,
        Climb(sweep, folder, work, workers or available_cores(), worker) as climb,
    ):
        try:
            _ask_once(sweep, folder)
            ranking: list[list[int]] = []
            candidates = list(range(sweep.candidates))
            for number, rung in enumerate(sweep.rungs, 1):
                candidates = candidates[: rung.candidates]
                scores = climb.stage(f"rung {number}", rung.steps, sorted(candidates), range(sweep.seeds))
                candidates = order(scores, sweep.combine)
                ranking.append(candidates)
            seeds = range(HELD_OUT, HELD_OUT + sweep.held_out)
            climb.stage("held out", sweep.rungs[-1].steps, sorted({0, candidates[0]}), seeds)
        except KeyboardInterrupt:
            raise Interrupted(
                f"stopped: finished runs are kept in {folder}, the same command goes on from there"
            ) from None
        trials = sorted(climb.trials, key=key_of)
        head = _head(sweep)
        write_file(folder / TRIALS, "".join(_one_line(line) for line in (head, *trials)))
        record = record_of(sweep, trials, ranking, time.monotonic() - began, climb.resumed)
        write_file(folder / "README.md", f"# Sweep {folder.name}\n\n{table(record)}\n")
        write_json(folder / RECORD, record)
    return record


class Climb:
    """The stages of a sweep, each from what an earlier call left and what workers train now."""

    def __init__(self, sweep: Sweep, folder: Path, work: Path, workers: int, worker: Sequence[str]) -> None:
        self.sweep, self.folder, self.work, self.workers, self.worker = sweep, folder, work, workers, worker
        self.trials = read_trials(folder / TRIALS)[1]
        self.resumed = len(self.trials)
        console = Console(stderr=True)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
        )
        self.bars = Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console)
        self.shares: dict[str, float] = {}

    def __enter__(self) -> Climb:
        self.bars.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.bars.stop()

    def stage(
        self, name: str, steps: int, candidates: Sequence[int], seeds: Sequence[int]
    ) -> dict[int, list[Score | None]]:
        """Train what is missing of a stage; each candidate's score on each world."""
        jobs = jobs_of(self.sweep, name, steps, candidates, seeds, self.folder)
        there = {key_of(trial) for trial in self.trials}
        waiting = [job for job in jobs if not keys_of(job) <= there]
        told = f"{name}: {len(candidates)} candidates, {jobs[0].steps:,} steps"
        self.shares = {job.name: float(job not in waiting) for job in jobs}
        self.bar = self.bars.add_task(told, total=len(jobs), completed=len(jobs) - len(waiting))
        run_jobs(waiting, self.work, self, self.workers, self.worker, kind=kind)
        self.trials = list({key_of(trial): trial for trial in read_trials(self.folder / TRIALS)[1]}.values())
        return scores_of(self.sweep, self.trials, name, candidates, seeds)

    def told(self, job: Job, message: dict[str, Any]) -> None:
        """A worker's line: its progress in [0, 1]."""
        interrupt.check()
        self.shares[job.name] = float(message.get("progress", 0.0))
        self.bars.update(self.bar, completed=sum(self.shares.values()))

    def finished(self, job: Job, wall_seconds: float) -> None:
        """A job's lines were appended."""
        self.told(job, {"progress": 1.0})


def scores_of(
    sweep: Sweep, trials: Sequence[Trial], stage: str, candidates: Sequence[int], seeds: Sequence[int]
) -> dict[int, list[Score | None]]:
    """Each candidate's score on each world: means over the seeds; None where one of its runs failed."""
    by_key = {key_of(trial): trial for trial in trials}

    def score(candidate: int, world: str) -> Score | None:
        runs = [by_key[stage, world, candidate, seed] for seed in seeds]
        if any("failed" in run for run in runs):
            return None
        final, area = (
            sum(run[name] for run in runs) / len(runs) for name in (sweep.score, f"{sweep.score}_area")
        )
        return Score(round(final, 9), round(area, 9))

    return {c: [score(c, world) for world in sweep.worlds] for c in candidates}


def _ask_once(sweep: Sweep, folder: Path) -> None:
    """Put the captions of every world to the engine, once for all; for each seed if it draws. Kept in the folder.

    Not of host worlds, whose captions come one by one: there the workers ask.
    """
    path = folder / "weights.json"
    if not sweep.engine or path.exists():
        return
    said, worlds = Cassette(), {}
    seeds = [*range(sweep.seeds), *range(HELD_OUT, HELD_OUT + sweep.held_out)]
    for world in (world for world in sweep.worlds if not is_host(world)):
        words = vocabulary(world)
        draws = {str(seed): seed for seed in seeds} if by_chance(sweep.engine) else {"all": 0}
        worlds[world] = {
            name: ask(words, build(sweep.engine, seed=seed, cassette=said)).by_caption
            for name, seed in draws.items()
        }
    write_json(path, {"engine": sweep.engine, "worlds": worlds})


@contextlib.contextmanager
def _staged(sweep: Sweep, folder: Path) -> Iterator[Path]:
    """The work folder, locked; the specification and the first line of the trials are there before the first step."""
    work = folder / WORK
    _check_own(sweep, folder)
    work.mkdir(parents=True, exist_ok=True)
    with open(work / "lock", "w") as lock:
        if fcntl is not None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise OutriderError(
                    f"another sweep runs in {folder}; wait for it, or give another --out"
                ) from None
        if not (folder / FILE).exists():
            write_file(folder / FILE, sweep.text)
        head, _ = read_trials(folder / TRIALS)
        if not head:
            append(folder / TRIALS, [_head(sweep)])
        elif head != _head(sweep):
            raise OutriderError(
                f"{folder / TRIALS} was begun by another sweep, other code or packages, or on other cores; "
                "delete it to begin anew, or give another --out"
            )
        yield work
    shutil.rmtree(work, ignore_errors=True)


def _check_own(sweep: Sweep, folder: Path) -> None:
    """Refuse a folder that holds another sweep."""
    path = folder / FILE
    if not path.exists():
        return
    import tomllib

    try:
        text = path.read_text(encoding="utf-8")
        there = parse_sweep(tomllib.loads(text), text, str(path)).sha256
    except (OutriderError, ValueError):
        there = ""
    if there != sweep.sha256:
        raise OutriderError(f"{folder} holds another sweep; give another folder with --out")


def _head(sweep: Sweep) -> dict[str, Any]:
    """What all runs of a sweep share. The cores that XLA sees decide how it rounds."""
    return {"sweep": sweep.sha256, "code": training_code(), "cores": available_cores()}


def _one_line(value: Any) -> str:
    import json

    return json.dumps(value, allow_nan=False) + "\n"


def summary(record: dict[str, Any], folder: Path) -> str:
    """What the command prints at the end."""
    return f"{table(record)}\n\nrecord: {folder / RECORD} ({len(json_text(record)):,} bytes)"
