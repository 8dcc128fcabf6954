"""Does a manager over a worker solve MiniGrid worlds sooner than flat PPO?

    python benchmarks/hierarchy.py                     # needs the extra train; about half an hour on two cores
    python benchmarks/hierarchy.py doorkey-8x8         # those with that in their name; writes nothing

The defaults of each, no signal, five seeds. "Solved" is the share of fresh episodes that the policies solve in the end,
in the mean over seeds; a seed reaches 0.9 if in a tenth of its run that share of the ending episodes succeeds.
Writes benchmarks/results/hierarchy.json.
"""

from __future__ import annotations

import sys
from typing import Any

import outrider  # noqa: F401  first: it sets XLA up before jax is imported

# isort: split
import numpy as np
from record import record

from outrider.learn.algorithms import settings_from
from outrider.learn.train import Trained, train

SEEDS, PARTS = range(5), 10
WORLDS = {
    "minigrid/doorkey-8x8": 200_000,
    "minigrid/unlock-pickup": 400_000,
    "minigrid/doorkey-16x16": 600_000,
}
ALGORITHMS = ("hierarchy", "ppo")


def curve(trained: Trained) -> np.ndarray:
    """The success of episodes that end in each tenth of the run, `[seeds, tenths]`; 0 where none ends."""
    parts = np.array_split(np.arange(trained.lines.steps.shape[1]), PARTS)
    ended, won = (
        np.stack([count[:, part].sum(1) for part in parts], axis=1)
        for count in (trained.lines.episodes, trained.lines.successes)
    )
    return won / np.maximum(1, ended)


def row(world_id: str, algorithm: str, steps: int) -> dict[str, Any]:
    """One line of the table."""
    trained = train(world_id, settings_from({"algorithm": algorithm}), "none", None, list(SEEDS), steps)
    there = curve(trained) >= 0.9
    print(curve(trained).round(2), trained.solved)
    return {
        "world": world_id,
        "algorithm": algorithm,
        "steps": steps,
        "solved": round(float(trained.solved.mean()) / trained.episodes, 3),
        "solved by seed": ", ".join(f"{won / trained.episodes:.2f}" for won in trained.solved),
        "seeds that reach 0.9": f"{int(there.any(1).sum())} of {len(SEEDS)}",
        "steps a second": round(trained.lines.steps[:, -1].sum() / trained.run_seconds),
    }


def main() -> None:
    """Train in the worlds that are named, or all; print and write the table."""
    chosen = sys.argv[1:]
    rows = []
    for world_id, steps in WORLDS.items():
        if all(part in world_id for part in chosen):
            for algorithm in ALGORITHMS:
                rows.append(row(world_id, algorithm, steps))
                print(rows[-1], flush=True)
    what = f"A manager over a worker beside flat PPO: the defaults of each, no signal, {len(SEEDS)} seeds."
    if not chosen:
        print(record("hierarchy", what, rows))


if __name__ == "__main__":
    main()
