"""Runs jobs in worker processes, each on a core of its own; none outlives this process.

A worker prints JSON lines, `{"progress": 0.4, "success": [0.1, null]}`, and writes its result atomically. It
runs in a process group of its own, so that Ctrl-C reaches only the parent, which then ends its workers in
order. POSIX only.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from outrider.errors import OutriderError

WORKER = (sys.executable, "-m", "outrider.learn.worker")
SILENCE_S = 600.0  # XLA was seen to deadlock: a worker that says nothing for so long is ended
GRACE_S = 3.0  # between asking a worker to end and ending it
_PR_SET_PDEATHSIG = 1  # Linux: a signal for this process when its parent dies


class Listener(Protocol):
    """Who hears of the jobs' progress."""

    def told(self, job: Any, message: dict[str, Any], /) -> None: ...
    def finished(self, job: Any, wall_seconds: float, /) -> None: ...


class Kind(Protocol):
    """What the jobs are: a study's (`verify.bundles`) or another module's with the same functions."""

    def describe(self, job: Any, /) -> str: ...
    def log_path(self, job: Any, work: Path, /) -> Path: ...
    def out_path(self, job: Any, work: Path, /) -> Path: ...
    def prepare(self, job: Any, work: Path, /) -> Path: ...
    def accept(self, job: Any, work: Path, wall_seconds: float, /) -> None: ...
    def parts(self, job: Any, /) -> int:
        """How many jobs it is, each of which may take so long to say something."""
        ...


@dataclass
class _Worker:
    job: Any
    core: int
    process: subprocess.Popen[bytes]  # with its standard output as a pipe
    started: float
    heard: float
    buffer: bytes = field(default=b"")

    @property
    def pipe(self) -> int:
        assert self.process.stdout is not None
        return self.process.stdout.fileno()


def run_jobs(
    jobs: Iterable[Any],
    work: Path,
    listener: Listener,
    workers: int,
    command: Sequence[str] = WORKER,
    silence_s: float = SILENCE_S,
    *,
    kind: Kind,
) -> None:
    """Run all jobs, `workers` at a time, in the given order; each is accepted as it finishes.

    Raises OutriderError, one line with arm, seeds, exit code and log, when a worker fails or falls silent;
    then, as on KeyboardInterrupt, every running worker is ended first. Finished jobs stay.
    """
    waiting, running, selector = deque(jobs), {}, selectors.DefaultSelector()
    cores = _cores()
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                worker = _start(waiting.popleft(), work, _free_core(cores, running.values()), command, kind)
                running[worker.pipe] = worker
                selector.register(worker.pipe, selectors.EVENT_READ, worker)
            for key, _ in selector.select(timeout=0.1):
                if _hear(key.data, listener) is False:
                    selector.unregister(key.fd)
            for pipe, worker in list(running.items()):
                if worker.process.poll() is not None:
                    with contextlib.suppress(KeyError):
                        selector.unregister(pipe)
                    while _hear(worker, listener):
                        pass
                    _finish(worker, work, listener, kind)
                    running.pop(pipe).process.stdout.close()
                elif time.monotonic() - worker.heard > (patience := silence_s * kind.parts(worker.job)):
                    raise OutriderError(
                        f"the worker for {kind.describe(worker.job)} said nothing for {patience:g} s and was "
                        f"ended: see {kind.log_path(worker.job, work)}; "
                        "the same command goes on from the finished jobs"
                    )
    finally:
        _end(list(running.values()))
        selector.close()


def _start(job: Any, work: Path, core: int | None, command: Sequence[str], kind: Kind) -> _Worker:
    path = kind.prepare(job, work)
    parent = os.getpid()
    with open(kind.log_path(job, work), "wb") as log:
        process = subprocess.Popen(
            [*command, str(path), str(kind.out_path(job, work))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            preexec_fn=lambda: _settle(core, parent),
        )
    os.set_blocking(process.stdout.fileno(), False)  # type: ignore[union-attr]
    now = time.monotonic()
    return _Worker(job, -1 if core is None else core, process, now, now)


try:
    _prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
except (OSError, AttributeError):
    _prctl = None


def _settle(core: int | None, parent: int) -> None:
    """In the child, before it becomes the worker: one core, and death together with the parent."""
    if core is not None:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {core})
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died in between
            os._exit(1)


def _cores() -> list[int]:
    try:
        return sorted(os.sched_getaffinity(0))
    except AttributeError:  # not Linux: the system places the workers
        return []


def _free_core(cores: Sequence[int], running: Iterable[_Worker]) -> int | None:
    """The core with the fewest workers, the first of equals; None where the platform cannot pin."""
    taken = [worker.core for worker in running]
    return min(cores, key=taken.count, default=None)


def _hear(worker: _Worker, listener: Listener) -> bool | None:
    """Read what the worker said: True if anything, None if nothing now, False once it has closed its end."""
    try:
        said = os.read(worker.pipe, 65_536)
    except BlockingIOError:
        return None
    worker.heard = time.monotonic()
    *lines, worker.buffer = (worker.buffer + said).split(b"\n")
    for line in lines:
        with contextlib.suppress(ValueError):  # whatever a library prints is no message
            message = json.loads(line)
            if isinstance(message, dict):
                listener.told(worker.job, message)
    return bool(said)


def _finish(worker: _Worker, work: Path, listener: Listener, kind: Kind) -> None:
    code, job = worker.process.returncode, worker.job
    wall = time.monotonic() - worker.started
    if code != 0:
        how = f"exit code {code}" if code > 0 else f"signal {-code} ({signal.Signals(-code).name})"
        raise OutriderError(
            f"the worker for {kind.describe(job)} ended with {how}{_last_words(kind.log_path(job, work))}: "
            f"see {kind.log_path(job, work)}; the same command goes on from the finished jobs"
        )
    kind.accept(job, work, wall)
    listener.finished(job, wall)


def _last_words(log: Path) -> str:
    last = _last_line(log)
    return f", saying {last[:200]!r}" if last else ""


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _end(workers: Sequence[_Worker]) -> None:
    """End these workers with whatever they started: ask, wait a little, then insist.

    Only the process groups of workers that have not been waited for, whose ids therefore cannot be anyone
    else's.
    """
    _signal(workers, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_S
    for worker in workers:
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.process.wait(max(0.0, deadline - time.monotonic()))
    _signal(workers, signal.SIGKILL)
    for worker in workers:
        worker.process.wait()
        if worker.process.stdout is not None:
            worker.process.stdout.close()


def _signal(workers: Sequence[_Worker], number: signal.Signals) -> None:
    for worker in workers:
        if worker.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(worker.process.pid, number)
