"""Trains one job of a study in a process of its own: `python -m outrider.learn.worker JOB.json OUT.json`.

Prints JSON lines about its progress; writes the result whole or not at all.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from outrider.errors import OutriderError
from outrider.files import write_file
from outrider.guide.atlas import compile_atlas, empty_atlas, stack
from outrider.guide.vocabulary import vocabulary
from outrider.learn.algorithms import settings_from
from outrider.learn.diary import Line
from outrider.learn.policy import save_trained
from outrider.learn.train import as_record, train
from outrider.worlds.registry import make


def work(job: dict[str, Any]) -> dict[str, Any]:
    """Train the seeds of a job and return what came of it. The policy of its first seed is saved if the job says so."""
    world, settings, words = job["world"], settings_from(job["learner"]), vocabulary(job["world"])
    codes = make(world).codes
    said = [json.loads(Path(path).read_text())["by_caption"] for path in job["signal"]["weights"]]
    atlases = [compile_atlas(words, weights, codes) for weights in said] or [empty_atlas(codes)]
    atlas = stack(atlases)
    trained = train(world, settings, job["signal"]["name"], atlas, job["seeds"], job["steps"], _tell)
    if job.get("save_policy"):
        told = {"seed": job["seeds"][0], "signal": job["signal"]["name"], "arm": job["arm"]}
        save_trained(Path(job["policy"]), trained, 0, world, settings, **told)
    runs = [
        as_record(trained, i, job["arm"], seed, dict(words.by_code)) for i, seed in enumerate(job["seeds"])
    ]
    costs = {
        "compile_seconds": round(trained.compile_seconds, 3),
        "run_seconds": round(trained.run_seconds, 3),
    }
    return {"runs": runs, "costs": costs}


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
        result = work(json.loads(job_path.read_text()))
    except OutriderError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    write_file(out_path, json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
