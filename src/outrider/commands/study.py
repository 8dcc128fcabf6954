"""`outrider verify`, `outrider tune` and `outrider claims`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from outrider.errors import OutriderError

FILM_SECONDS = 300  # after which a study goes on without


def verify(claim: Path, out: Path | None, replace: bool, cassette: Path | None, workers: int | None) -> None:
    """Run a study from its plan to its evidence, report and film; print where they are."""
    if workers is not None and workers < 1:
        raise OutriderError(f"--workers is {workers}; it must be at least 1")
    from outrider.report.html import render
    from outrider.verify.progress import Terminal
    from outrider.verify.study import run_study

    study = run_study(
        claim,
        out,
        workers=workers,
        replace=replace,
        cassette=cassette,
        progress=Terminal(),
        watch=_film_of_study,
        render=lambda folder: render(folder) and None,
    )
    print(f"evidence: {study.folder}   report: {study.folder / 'report.html'}")


def tune(claim: Path, work: Path, workers: int | None) -> None:
    """Try the candidates of a plan's arms, write `tuning.json`; print what each scored and what to write."""
    if workers is not None and workers < 1:
        raise OutriderError(f"--workers is {workers}; it must be at least 1")
    from outrider.report.tuned import terminal_table
    from outrider.verify.progress import Terminal
    from outrider.verify.study import plan_folder
    from outrider.verify.tune import tune as run
    from outrider.verify.tuning import FILE, to_write

    plan, record = run(claim, work, workers=workers, progress=Terminal(line=lambda job: "candidates"))
    terminal_table(record)
    print(f"\nrecord: {plan_folder(claim) / FILE}")
    if left := to_write(plan, record):
        print("what the plan must say now:")
        print(*(line for lines in left.values() for line in lines.split("; ")), sep="\n")


def _film_of_study(folder: Path, policy: Path, weights: Path | None) -> None:
    """Draw the study's film in a process of its own, so that this one needs no jax."""
    command = [sys.executable, "-m", "outrider.cli", "watch", str(policy), "--out", str(folder / "watch.gif")]
    if weights:
        command += ["--weights", str(weights)]
    try:
        subprocess.run(command, capture_output=True, text=True, check=True, timeout=FILM_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        told = str(error.stderr or error).strip().splitlines()[-1]
        print(f"outrider: the study goes on without a film of its agent: {told}", file=sys.stderr)


def claims(folder: Path, readme: Path, write: bool) -> None:
    """Print the claims' table; write it and the claims' pages, or fail where they drifted from their evidence."""
    from outrider.report.board import readme_table, sync

    print(readme_table(folder))
    drifted = sync(readme, folder, check=not write)
    names = ", ".join(map(str, drifted))
    if drifted and not write:
        raise OutriderError(f"out of step with the evidence: {names}; run `outrider claims --write`")
    if drifted:
        print(f"written: {names}")
