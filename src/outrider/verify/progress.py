"""What a study shows while it runs: a line for each engine that is asked and for each arm that trains."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from outrider.verify.jobs import Job, describe
from outrider.verify.judge import Verdict
from outrider.verify.plan import Plan


class StudyProgress(Protocol):
    """Who hears how a study goes. All calls come from the thread that runs it."""

    def begin(self, plan: Plan, jobs: Sequence[Job], finished: Sequence[Job]) -> None: ...
    def asking(self, engine: str, done: int, total: int) -> None: ...
    def told(self, job: Job, message: dict[str, Any]) -> None: ...
    def finished(self, job: Job, wall_seconds: float) -> None: ...
    def say(self, text: str) -> None: ...
    def verdict(self, verdict: Verdict) -> None: ...
    def close(self) -> None: ...


class Silent:
    """Shows nothing."""

    def begin(self, plan: Plan, jobs: Sequence[Job], finished: Sequence[Job]) -> None: ...
    def asking(self, engine: str, done: int, total: int) -> None: ...
    def told(self, job: Job, message: dict[str, Any]) -> None: ...
    def finished(self, job: Job, wall_seconds: float) -> None: ...
    def say(self, text: str) -> None: ...
    def verdict(self, verdict: Verdict) -> None: ...
    def close(self) -> None: ...


class Terminal:
    """Live bars with rich; where the output is no terminal, a line for each finished job."""

    def __init__(
        self, console: Console | None = None, line: Callable[[Job], str] = lambda job: job.arm
    ) -> None:
        """`line`: whose line a job is in."""
        self.line = line
        self.console = console or Console(stderr=True)
        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self.tasks: dict[str, TaskID] = {}
        self.done: dict[str, float] = {}  # job name: share of its steps
        self.success: dict[str, list[float]] = {}  # job name: latest success of its seeds
        self.jobs: dict[str, list[Job]] = {}  # arm: its jobs
        self.began = 0.0
        self.resumed: dict[str, float] = {}  # arm: environment steps that an earlier call finished
        self.bars.start()

    def begin(self, plan: Plan, jobs: Sequence[Job], finished: Sequence[Job]) -> None:
        """All jobs of the plan, and those that an earlier, interrupted call finished."""
        self.began = time.monotonic()
        for job in jobs:
            self.jobs.setdefault(self.line(job), []).append(job)
        for job in finished:
            self.done[job.name] = 1.0
        for arm, of_arm in self.jobs.items():
            total = sum(len(job.seeds) * job.steps for job in of_arm)
            self.resumed[arm] = self._steps(arm)
            self.tasks[arm] = self.bars.add_task(
                arm, total=total, completed=int(self.resumed[arm]), note="waiting"
            )
        if finished:
            self.say(f"{len(finished)} of {len(jobs)} jobs were finished before; going on with the rest")

    def asking(self, engine: str, done: int, total: int) -> None:
        """An engine has answered `done` of the questions put to it."""
        if engine not in self.tasks:
            if not self.console.is_terminal:
                self.say(f"asking {engine} ...")
            self.tasks[engine] = self.bars.add_task(f"asking {engine}", total=total, note="")
        self.bars.update(self.tasks[engine], completed=done, total=total, note=f"{done} of {total} questions")
        if done == total and not self.console.is_terminal:
            self.say(f"{engine} has answered {total} questions")

    def told(self, job: Job, message: dict[str, Any]) -> None:
        """A worker's line: progress in [0, 1], and each seed's success, None where no episode ended."""
        progress = message.get("progress")
        if isinstance(progress, int | float):
            self.done[job.name] = min(1.0, float(progress))
        success = message.get("success")
        if isinstance(success, list):
            self.success[job.name] = [float(value) for value in success if isinstance(value, int | float)]
        self._show(self.line(job))

    def finished(self, job: Job, wall_seconds: float) -> None:
        """A job's result was accepted."""
        self.done[job.name] = 1.0
        self._show(self.line(job))
        if not self.console.is_terminal:
            self.say(f"{describe(job)}: trained in {wall_seconds:.1f} s{self._success([job])}")

    def say(self, text: str) -> None:
        """A line that stays."""
        self.bars.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def verdict(self, verdict: Verdict) -> None:
        """The end: the verdict and its first line."""
        self.close()
        colour = {"supported": "green", "refuted": "red"}.get(verdict.verdict, "yellow")
        self.console.print(f"[bold {colour}]{verdict.verdict.upper()}[/]  {verdict.claim}", highlight=False)
        self.say(verdict.headline)

    def close(self) -> None:
        """Take the bars down; may be called twice."""
        self.bars.stop()

    def _steps(self, arm: str) -> float:
        return sum(self.done.get(job.name, 0.0) * len(job.seeds) * job.steps for job in self.jobs[arm])

    def _show(self, arm: str) -> None:
        steps = self._steps(arm)
        elapsed = time.monotonic() - self.began
        speed = (steps - self.resumed[arm]) / elapsed if elapsed > 0 else 0.0
        note = f"{speed / 1000:6.1f} k steps/s{self._success(self.jobs[arm])}"
        self.bars.update(self.tasks[arm], completed=steps, note=note)

    def _success(self, jobs: Sequence[Job]) -> str:
        latest = [value for job in jobs for value in self.success.get(job.name, [])]
        return f", success {sum(latest) / len(latest):.2f}" if latest else ""
