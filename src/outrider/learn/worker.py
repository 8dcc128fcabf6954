"""Trains alike jobs of a study in a process of its own: `python -m outrider.learn.worker JOBS.json OUT.json`.

A list of jobs, trained by one program, gives a list of results. Prints JSON lines about its progress; writes the
results whole or not at all.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax

from outrider.errors import OutriderError
from outrider.files import beside, write_file
from outrider.guide.atlas import compile_atlas, empty_atlas, stack
from outrider.guide.growing import asking
from outrider.guide.vocabulary import vocabulary
from outrider.learn.algorithms import AnySettings, settings_from
from outrider.learn.apart import apart
from outrider.learn.diary import Line
from outrider.learn.host_fit import check_host
from outrider.learn.host_group import train_group
from outrider.learn.policy import save_trained
from outrider.learn.rates import stacked
from outrider.learn.train import Trained, as_record, train
from outrider.lm.cassette import Cassette
from outrider.lm.registry import by_chance
from outrider.worlds.names import is_host
from outrider.worlds.registry import make

Job = dict[str, Any]
Words = list[dict[int, str]]  # each run's sentences by their code


def work_apart(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """As `work_alike`; a job that fails has nothing but why in its result, `failed`, and the others theirs."""
    return apart(jobs, work_alike, lambda _, why: {"failed": why})


def work_alike(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Train jobs that differ in their arm, seeds, weights and learner's rates only: what came of each.

    The policy of a job's first seed is saved if the job says so.
    """
    settings = [settings_from(job["learner"]) for job in jobs]
    on_host = is_host(jobs[0]["world"])
    trained, sentences, heard = (_on_the_host if on_host else _on_the_device)(jobs, settings)
    results, first, every = [], 0, sum(len(job["seeds"]) for job in jobs)
    for job, own in zip(jobs, settings, strict=True):
        share = len(job["seeds"]) / every
        costs = {
            "compile_seconds": round(trained.compile_seconds * share, 3),
            "run_seconds": round(trained.run_seconds * share, 3),
        }
        if job.get("save_policy"):
            told = {"seed": job["seeds"][0], "signal": job["signal"]["name"], "arm": job["arm"]}
            save_trained(Path(job["policy"]), trained, first, job["world"], own, **told)
        runs = [
            as_record(trained, i, job["arm"], seed, sentences[i])
            for i, seed in enumerate(job["seeds"], start=first)
        ]
        results.append({"runs": runs, "costs": costs, **heard})
        first += len(runs)
    return results


def _on_the_device(
    jobs: Sequence[Job], settings: Sequence[AnySettings]
) -> tuple[Trained, Words, dict[str, Any]]:
    """All runs by one program, with the weights that the study asked for."""
    world, signal, steps = jobs[0]["world"], jobs[0]["signal"]["name"], jobs[0]["steps"]
    words, codes = vocabulary(world), make(world).codes
    seeds = [seed for job in jobs for seed in job["seeds"]]
    said = [path for job in jobs for path in _weights(job)]
    said = said[:1] if len({Path(path).read_text() for path in said}) == 1 else said
    atlases = [compile_atlas(words, json.loads(Path(path).read_text())["by_caption"], codes) for path in said]
    rates = stacked([own for job, own in zip(jobs, settings, strict=True) for _ in job["seeds"]])
    atlas = stack(atlases or [empty_atlas(codes)])
    trained = train(world, settings[0], signal, atlas, seeds, steps, _tell, rates)
    return trained, [dict(words.by_code)] * len(seeds), {}


def _weights(job: Job) -> list[str]:
    """The weights file of each seed; none where nobody was asked."""
    paths = job["signal"]["weights"]
    return paths * len(job["seeds"]) if len(paths) == 1 else paths


def _on_the_host(
    jobs: Sequence[Job], settings: Sequence[AnySettings]
) -> tuple[Trained, Words, dict[str, Any]]:
    """A job alone, one seed after another. An engine is asked here, as sentences come, and the study told which."""
    (job,), (own,) = jobs, settings
    world, signal, seeds, engine = job["world"], job["signal"]["name"], job["seeds"], job.get("engine")
    fit, asks = check_host(world, own, signal, engine["name"] if engine else ""), []
    if engine:
        given = engine["given"]
        said = Cassette.load(Path(given)) if given else Cassette(Path(engine["cassette"]))
        asks = [
            asking(world, engine["name"], seed, said, threads=1, replay=bool(given))
            for seed in (seeds if by_chance(engine["name"]) else seeds[:1])
        ]
        asks = asks if len(asks) == len(seeds) else asks * len(seeds)
    trained, found = train_group(world, fit, signal, seeds, job["steps"], _tell, asks)
    if engine and job.get("save_policy"):
        told = {"engine": engine["name"], "by_caption": found[0].by_caption}
        write_file(beside(Path(job["policy"])), json.dumps(told))
    captions = list(dict.fromkeys(caption for one in found for caption in one.by_caption))
    heard = {"heard": {"mission": found[0].mission, "captions": captions}} if engine else {}
    return trained, [dict(enumerate(one.events, start=1)) for one in found], heard


def _tell(progress: float, lines: Line) -> None:
    episodes = lines.episodes.sum(axis=1).tolist()
    success = [
        s / n if n else None for s, n in zip(lines.successes.sum(axis=1).tolist(), episodes, strict=True)
    ]
    print(json.dumps({"progress": progress, "success": success}), flush=True)


def main() -> int:
    """Read the jobs, do them, write the results."""
    jobs_path, out_path = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        alike: list[Job] = json.loads(jobs_path.read_text())
        if (
            learners := settings_from(alike[0]["learner"]).learners
        ) > 1:  # this process may have a single core
            jax.config.update("jax_num_cpu_devices", learners)
        results = work_apart(alike)
    except OutriderError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    write_file(out_path, json.dumps(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
