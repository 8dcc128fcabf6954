"""How the default settings of PPO were chosen: the *unguided* learner on worlds that it can solve, four seeds each.

    python benchmarks/settings_sweep.py

Guided and unguided arms share the settings under which the unguided one does best.
Two workers at a time, each on one core. Writes benchmarks/results/settings_sweep.json.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from record import record

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


def measure(world: str, steps: int, settings: dict) -> dict:
    """Area under the success curve of four unguided seeds."""
    with tempfile.TemporaryDirectory() as folder:
        job, out = Path(folder) / "job.json", Path(folder) / "out.json"
        signal = {"name": "none", "weights": []}
        task = {"arm": "unguided", "world": world, "seeds": [0, 1, 2, 3], "steps": steps, "learner": settings}
        job.write_text(json.dumps([{**task, "signal": signal}]))
        subprocess.run(
            [sys.executable, "-m", "outrider.learn.worker", job, out], check=True, capture_output=True
        )
        (result,) = json.loads(out.read_text())
    areas = [sum(s or 0.0 for s in run["success"]) / len(run["success"]) for run in result["runs"]]
    return {"area": round(sum(areas) / len(areas), 3), "of each seed": " ".join(f"{a:.2f}" for a in areas)}


def main() -> None:
    """Measure all variants on all worlds, two at a time."""
    cells = [(name, world) for name in VARIANTS for world in WORLDS]
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda cell: measure(cell[1], WORLDS[cell[1]], VARIANTS[cell[0]]), cells)
    by_cell = dict(zip(cells, found, strict=True))
    rows = [
        {"settings": name}
        | {
            f"{world}: {what}": by_cell[name, world][what]
            for world in WORLDS
            for what in ("area", "of each seed")
        }
        for name in VARIANTS
    ]
    what = (
        "Area under the success curve of the unguided learner, mean over four seeds and of each, "
        + " and ".join(f"{steps:,} steps on {world}" for world, steps in WORLDS.items())
        + "."
    )
    print(record("settings_sweep", what, rows))


if __name__ == "__main__":
    main()
