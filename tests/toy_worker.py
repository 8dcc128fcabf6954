"""Stands in for `outrider.learn.worker` in tests: a real process that trains nothing and can fail on request.

Environment: TOY_PACE seconds of work; TOY_DIE, TOY_SILENT, TOY_HALF name the job (arm and first seed) that
dies, falls silent, or ends well with half a result; TOY_EXPLODE is the entropy ("all": any) with which training
fails as a loss does that is not finite; TOY_STARTS is a file that gets one line for each start:
name, process, core.
"""

import json
import os
import sys
import time
from pathlib import Path


def success(job: dict, seed: int) -> float:
    """Guided seeds are solved, some unguided ones too; entropy, a large rate and a scale help a little."""
    arm, learner = job["arm"], job["learner"]
    helped = learner.get("entropy", 0.0) / 10 + learner.get("learning_rate", 0.0)
    helped += 0.001 * ("scale" in job["signal"]["name"])
    return helped + {"guided": 0.95, "unguided": 0.9 if seed == 3 else 0.0}.get(arm, 0.01 * (seed % 3))


def main() -> None:
    given, out = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    result = [train(job, out) for job in given] if isinstance(given, list) else train(given, out)
    temporary = out.with_suffix(".tmp")
    temporary.write_text(json.dumps(result))
    temporary.rename(out)


def train(job: dict, out: Path) -> dict:
    """What comes of a job."""
    name = f"{job['arm']}-{job['seeds'][0]}"
    if "TOY_STARTS" in os.environ:
        cores = sorted(os.sched_getaffinity(0))
        with open(os.environ["TOY_STARTS"], "a") as file:
            file.write(f"{name} {os.getpid()} {','.join(map(str, cores))}\n")
    if os.environ.get("TOY_EXPLODE") in ("all", str(job["learner"].get("entropy"))):
        return {"failed": "the loss is not finite"}
    if job["signal"]["name"] != "none":
        for weights in job["signal"]["weights"]:
            assert "by_caption" in json.loads(Path(weights).read_text())
    print("not a message")
    for step in range(5):
        time.sleep(float(os.environ.get("TOY_PACE", "0")) / 5)
        if step == 2 and os.environ.get("TOY_DIE") == name:
            out.write_text('{"runs": [')
            print("Fatal: the toy broke", file=sys.stderr)
            sys.exit(7)
        if step == 2 and os.environ.get("TOY_SILENT") == name:
            time.sleep(60)  # long enough for any test, and no orphan stays if one fails
        print(
            json.dumps({"progress": (step + 1) / 5, "success": [success(job, s) for s in job["seeds"]]}),
            flush=True,
        )
    points = [job["steps"] * k // 5 for k in range(1, 6)]
    runs = [
        {
            "arm": job["arm"], "seed": seed, "steps": points,
            "success": [0.0, None, 0.1, *2 * [success(job, seed)]],
            "return": 5 * [1 / 3], "episodes": [2, 0, 3, 3, 3],
        }
        for seed in job["seeds"]
    ]  # fmt: skip
    if job["save_policy"]:
        Path(job["policy"]).write_text("a policy")
    if os.environ.get("TOY_HALF") == name:
        runs = runs[:1]
    return {"runs": runs, "costs": {"compile_seconds": 0.5, "run_seconds": 1.0}}


if __name__ == "__main__":
    main()
