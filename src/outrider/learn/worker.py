"""Trains one job of a study in a process of its own: `python -m outrider.learn.worker JOB.json OUT.json`.

Prints JSON lines about its progress; writes the result whole or not at all.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jax

from outrider.errors import OutriderError
from outrider.files import beside, write_file
from outrider.guide.atlas import compile_atlas, empty_atlas, stack
from outrider.guide.growing import asking
from outrider.guide.vocabulary import vocabulary
from outrider.learn.algorithms import AnySettings, settings_from
from outrider.learn.diary import Line
from outrider.learn.host_fit import check_host
from outrider.learn.host_group import train_group
from outrider.learn.policy import save_trained
from outrider.learn.train import Trained, as_record, train
from outrider.lm.cassette import Cassette
from outrider.lm.registry import by_chance
from outrider.worlds.names import is_host
from outrider.worlds.registry import make


def work(job: dict[str, Any]) -> dict[str, Any]:
    """Train the seeds of a job and return what came of it. The policy of its first seed is saved if the job says so."""
    settings = settings_from(job["learner"])
    trained, sentences, heard = (_on_the_host if is_host(job["world"]) else _on_the_device)(job, settings)
    if job.get("save_policy"):
        told = {"seed": job["seeds"][0], "signal": job["signal"]["name"], "arm": job["arm"]}
        save_trained(Path(job["policy"]), trained, 0, job["world"], settings, **told)
    runs = [as_record(trained, i, job["arm"], seed, sentences[i]) for i, seed in enumerate(job["seeds"])]
    costs = {
        "compile_seconds": round(trained.compile_seconds, 3),
        "run_seconds": round(trained.run_seconds, 3),
    }
    return {"runs": runs, "costs": costs, **heard}


Words = list[dict[int, str]]  # each seed's sentences by their code


def _on_the_device(job: dict[str, Any], settings: AnySettings) -> tuple[Trained, Words, dict[str, Any]]:
    """All seeds by one program, with the weights that the study asked for."""
    world, words = job["world"], vocabulary(job["world"])
    codes = make(world).codes
    said = [json.loads(Path(path).read_text())["by_caption"] for path in job["signal"]["weights"]]
    atlases = [compile_atlas(words, weights, codes) for weights in said] or [empty_atlas(codes)]
    atlas = stack(atlases)
    trained = train(world, settings, job["signal"]["name"], atlas, job["seeds"], job["steps"], _tell)
    return trained, [dict(words.by_code)] * len(job["seeds"]), {}


def _on_the_host(job: dict[str, Any], settings: AnySettings) -> tuple[Trained, Words, dict[str, Any]]:
    """One seed after another. An engine is asked here, as sentences come, and the study told which those were."""
    world, signal, seeds, engine = job["world"], job["signal"]["name"], job["seeds"], job.get("engine")
    fit, asks = check_host(world, settings, signal, engine["name"] if engine else ""), []
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
    """Read the job, do it, write the result."""
    job_path, out_path = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        job = json.loads(job_path.read_text())
        if (learners := settings_from(job["learner"]).learners) > 1:  # this process may have a single core
            jax.config.update("jax_num_cpu_devices", learners)
        result = work(job)
    except OutriderError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    write_file(out_path, json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
