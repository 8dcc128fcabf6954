"""How the default settings of PPO were chosen: the *unguided* learner on worlds that it can solve, four seeds each.

    python benchmarks/settings_sweep.py

No guided run is looked at: guided and unguided arms share the settings under which the unguided one does best.
Two workers at a time, each on one core. Writes benchmarks/results/settings_sweep.json.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from outrider.verify.metrics import steps_to_threshold
from outrider.verify.runs import run_from

WORLDS = {"minigrid/doorkey-8x8": 600_000, "minigrid/unlock-pickup": 450_000}
VARIANTS = {
    "rollout 128, 4 epochs, rate 1e-3": {"rollout": 128, "minibatches": 8, "epochs": 4, "learning_rate": 1e-3},
    "rollout 128, 4 epochs, rate 2e-3": {"rollout": 128, "minibatches": 8, "epochs": 4, "learning_rate": 2e-3},
    "rollout 64, 4 epochs, rate 2e-3": {"rollout": 64, "minibatches": 4, "epochs": 4, "learning_rate": 2e-3},
    "rollout 64, 3 epochs, rate 3e-3": {"rollout": 64, "minibatches": 4, "epochs": 3, "learning_rate": 3e-3},
    "rollout 32, 3 epochs, rate 2e-3": {"rollout": 32, "minibatches": 2, "epochs": 3, "learning_rate": 2e-3},
    "rollout 64, 3 epochs, rate 3e-3, entropy 0.02": {
        "rollout": 64, "minibatches": 4, "epochs": 3, "learning_rate": 3e-3, "entropy": 0.02,
    },
}  # fmt: skip
RESULT = Path(__file__).parent / "results" / "settings_sweep.json"


def measure(world: str, steps: int, settings: dict) -> dict:
    """Area under the success curve and steps to 90 % of four unguided seeds, and environment steps per second."""
    with tempfile.TemporaryDirectory() as folder:
        job, out = Path(folder) / "job.json", Path(folder) / "out.json"
        signal = {"name": "none", "weights": None}
        task = {"arm": "unguided", "world": world, "seeds": [0, 1, 2, 3], "steps": steps, "learner": settings}
        job.write_text(json.dumps({**task, "signal": signal}))
        subprocess.run(
            [sys.executable, "-m", "outrider.learn.worker", job, out], check=True, capture_output=True
        )
        result = json.loads(out.read_text())
    areas = [sum(s or 0.0 for s in run["success"]) / len(run["success"]) for run in result["runs"]]
    reached = [steps_to_threshold(run_from(run, "sweep")) for run in result["runs"]]
    return {
        "area": round(sum(areas) / len(areas), 3),
        "areas": [round(a, 3) for a in areas],
        "steps_to_90_percent": reached,
    }


def main() -> None:
    """Measure all variants on all worlds, two at a time."""
    cells = [(name, world) for name in VARIANTS for world in WORLDS]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda cell: measure(cell[1], WORLDS[cell[1]], VARIANTS[cell[0]]), cells))
    table = {name: {w: r for (n, w), r in zip(cells, found, strict=True) if n == name} for name in VARIANTS}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(table, indent=1, default=str) + "\n")
    for name, worlds in table.items():
        print(f"{name:50s}", {w: r["area"] for w, r in worlds.items()})


if __name__ == "__main__":
    main()
