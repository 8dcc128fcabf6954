"""What `outrider sweep` does: finds the specification and the folder, runs, prints the table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from outrider.errors import OutriderError
from outrider.sweep.run import run_sweep, summary
from outrider.sweep.specification import load_sweep, sweep_of_world

FOLDER = Path("sweeps")


def sweep(what: str, changed: Mapping[str, Any], out: Path | None, workers: int | None) -> None:
    """Run the sweep of a specification, a folder or a world; `changed` are values in place of its own."""
    if workers is not None and workers < 1:
        raise OutriderError(f"--workers is {workers}; it must be at least 1")
    path = Path(what)
    if path.suffix == ".toml" or path.exists():
        specified = load_sweep(path, changed)
        folder = out or (path if path.is_dir() else path.parent)
    else:
        specified = sweep_of_world(what, changed)
        name = what.rsplit("/", 1)[-1].replace("+", "-")
        folder = out or FOLDER / (name if specified.signal == "none" else f"{name}-{specified.signal}")
    for number, rung in enumerate(specified.rungs, 1):
        runs = specified.seeds * len(specified.worlds)
        told = f"{rung.candidates} candidates x {runs} runs x at most {rung.steps:,} steps"
        print(f"rung {number}: {told}", flush=True)
    print(summary(run_sweep(specified, folder, workers), folder))
