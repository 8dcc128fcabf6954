"""Trains one job of a sweep in a process of its own: `python -m outrider.sweep.worker JOB.json OUT.json`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from outrider.errors import OutriderError
from outrider.guide.atlas import compile_atlas, empty_atlas, stack
from outrider.guide.growing import asking
from outrider.guide.vocabulary import vocabulary
from outrider.learn.algorithms import AnySettings, settings_from
from outrider.learn.apart import apart
from outrider.learn.diary import Line
from outrider.learn.host_fit import check_host
from outrider.learn.host_group import train_group
from outrider.learn.host_loop import group_size, make_for
from outrider.learn.rates import stacked
from outrider.learn.train import Trained, learner_for, train
from outrider.lm.cassette import Cassette
from outrider.sweep.jobs import Run
from outrider.types import Atlas
from outrider.verify.evidence import write_json
from outrider.worlds import host
from outrider.worlds.names import is_host
from outrider.worlds.registry import make

Train = Callable[
    [Sequence[AnySettings], list[int]], Trained
]  # of runs that differ in their rates only, by their seeds


def work(job: dict[str, Any]) -> list[dict[str, Any]]:
    """Train the runs of a job: a line for each. Errors: what no candidate of this shape could train."""
    settings = [settings_from(one) for one in job["settings"]]
    runs: list[Run] = [tuple(run) for run in job["runs"]]
    if not is_host(job["world"]):
        learner_for(job["world"], settings[0], job["signal"], 1)
        return _trained(job, runs, settings, _device_group(job))
    fit, said = check_host(job["world"], settings[0], job["signal"], job["engine"]), Cassette()
    host.make(job["world"], group_size(fit.envs)).close()
    lines = []
    for number, (run, own) in enumerate(zip(runs, settings, strict=True)):  # they would not train together
        lines += _trained(job, [run], [own], _host_run(job, said, number))
    return lines


def _device_group(job: dict[str, Any]) -> Train:
    """Trains runs by one program."""

    def group(settings: Sequence[AnySettings], seeds: list[int]) -> Trained:
        rates, atlas = stacked(list(settings)), _atlas(job, seeds)
        return train(job["world"], settings[0], job["signal"], atlas, seeds, job["steps"], _tell, rates)

    return group


def _host_run(job: dict[str, Any], said: Cassette, number: int) -> Train:
    """Trains the job's run of this number; what was asked for one run is not asked for the next."""

    def told(progress: float, lines: Line) -> None:
        _tell((number + progress) / len(job["runs"]), lines)

    def run(settings: Sequence[AnySettings], seeds: list[int]) -> Trained:
        world, signal, engine = job["world"], job["signal"], job["engine"]
        asks = [asking(world, engine, seed, said, threads=1) for seed in seeds] if engine else []
        own = check_host(world, settings[0], signal)
        make = make_for(signal)
        return train_group(world, own, signal, seeds, job["steps"], told, asks, make)[0]

    return run


def _trained(
    job: dict[str, Any], runs: Sequence[Run], settings: Sequence[AnySettings], group: Train
) -> list[dict[str, Any]]:
    """Train runs together; one that fails is written down."""
    return apart(
        list(zip(runs, settings, strict=True)),
        lambda pairs: _lines(
            job, [run for run, _ in pairs], group([own for _, own in pairs], [run[1] for run, _ in pairs])
        ),
        lambda pair, why: _line(job, pair[0], {"failed": why}),
    )


def _lines(job: dict[str, Any], runs: Sequence[Run], trained: Trained) -> list[dict[str, Any]]:
    """What came of each run."""
    lines = []
    for i, run in enumerate(runs):
        curve = jax.tree.map(lambda x, i=i: x[i], trained.lines)
        reached = {
            "success": _round(trained.solved[i] / trained.episodes),
            "return": _round(trained.returned[i]),
            "success_area": area(curve.steps, curve.successes, curve.episodes, first=0.0),
            "return_area": area(curve.steps, curve.returns, curve.episodes),
        }
        lines.append(_line(job, run, reached))
    return lines


def area(steps: Any, totals: Any, episodes: Any, first: float | None = None) -> float:
    """The mean of a curve over environment steps, `[updates]` each: of totals over the episodes that ended.

    Where none ended, the last value goes on; before the first, `first`, or the first value.
    """
    steps, totals, episodes = (np.asarray(x, np.float64) for x in (steps, totals, episodes))
    ended = np.flatnonzero(episodes)
    if not len(ended):
        return first or 0.0
    begin = totals[ended[0]] / episodes[ended[0]] if first is None else first
    latest = np.searchsorted(ended, np.arange(len(steps)), side="right") - 1
    at = ended[np.maximum(latest, 0)]
    values = np.where(latest < 0, begin, totals[at] / episodes[at])
    return _round(np.sum(values * np.diff(steps, prepend=0.0)) / steps[-1])


def _line(job: dict[str, Any], run: tuple[int, int], reached: dict[str, Any]) -> dict[str, Any]:
    about = {"stage": job["stage"], "world": job["world"], "candidate": run[0], "seed": run[1]}
    return {**about, "steps": job["steps"], **reached}


def _atlas(job: dict[str, Any], seeds: Sequence[int]) -> Atlas:
    """What the engine said of the world: to all alike, or to each seed."""
    world = job["world"]
    codes = make(world).codes
    if not job["weights"]:
        return empty_atlas(codes)
    said = json.loads(Path(job["weights"]).read_text())["worlds"][world]
    words = vocabulary(world)
    if "all" in said:
        return compile_atlas(words, said["all"], codes)
    atlases = [compile_atlas(words, said[str(seed)], codes) for seed in seeds]
    return jax.tree.map(lambda x: x[None], atlases[0]) if len(atlases) == 1 else stack(atlases)


def _tell(progress: float, lines: Line) -> None:
    print(json.dumps({"progress": progress}), flush=True)


def _round(x: Any) -> float:
    return float(f"{float(x):.6g}")


def main() -> int:
    """Read the job, do it, write the result."""
    try:
        trials = work(json.loads(Path(sys.argv[1]).read_text()))
    except OutriderError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    write_json(Path(sys.argv[2]), trials)
    return 0


if __name__ == "__main__":
    sys.exit(main())
