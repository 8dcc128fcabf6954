"""Stands in for `outrider.sweep.worker` in tests: trains nothing; the nearer the learning rate is to 0.003, the better.

TOY_DIE names the stage whose second job dies.
"""

import json
import math
import os
import sys
from pathlib import Path


def main() -> None:
    job, out = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    if os.environ.get("TOY_DIE") == job["stage"] and job["runs"][0][0] > 0:
        sys.exit(7)
    trials = []
    for (candidate, seed), settings in zip(job["runs"], job["settings"], strict=True):
        far = abs(math.log(settings.get("learning_rate", 2e-3) / 3e-3))
        about = {"stage": job["stage"], "world": job["world"], "candidate": candidate, "seed": seed}
        value = round(math.exp(-far) * (0.99 if seed % 2 else 1.0), 6)
        names = ("success", "return", "success_area", "return_area")
        reached = dict.fromkeys(names, value) if far < 1.5 else {"failed": "it exploded"}
        trials.append({**about, "steps": job["steps"], **reached})
    temporary = out.with_suffix(".tmp")
    temporary.write_text(json.dumps(trials))
    temporary.rename(out)


if __name__ == "__main__":
    main()
