"""The policy that training leaves, as `agents/released.py` writes it, with what its model card tells."""

from __future__ import annotations

import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np

from outrider import __version__
from outrider.agents.released import FORMAT, describe, save
from outrider.learn.evaluate import EPISODES
from outrider.learn.settings import Settings
from outrider.learn.train import Trained

POINTS = 5  # of the training curve


def save_policy(
    path: Path, trained: Trained, which: int, world_id: str, settings: Settings, **training: Any
) -> None:
    """Write the policy of the `which`-th learner. `training` is told as it is: seed, signal, engine and the like."""
    network = jax.tree.map(lambda leaf: leaf[which], trained.networks)
    about = {
        "format": FORMAT,
        "outrider": __version__,
        "world": world_id,
        "network": describe(network, settings.width, settings.depth, settings.encoder, settings.memory),
        "training": {
            **training,
            "steps": int(trained.lines.steps[which, -1]),
            "settings": asdict(settings),
            "evaluated": {
                "episodes": EPISODES,
                "solved": int(trained.solved[which]),
                "return": round(float(trained.returned[which]), 6),
            },
            "curve": _curve(trained, which),
            "versions": {
                "python": ".".join(map(str, sys.version_info[:3])),
                **{name: version(name) for name in ("jax", "equinox", "optax", "numpy")},
            },
        },
    }
    save(path, network, about)


def _curve(trained: Trained, which: int) -> list[dict[str, Any]]:
    """The training curve in `POINTS` parts: the steps at the end of each, and its episodes' success and return."""
    line = jax.tree.map(lambda x: x[which], trained.lines)
    points = []
    for part in np.array_split(np.arange(len(line.steps)), min(POINTS, len(line.steps))):
        episodes = int(line.episodes[part].sum())
        rates = {"success": line.successes[part].sum(), "return": line.returns[part].sum()}
        told = {
            name: round(float(total) / episodes, 6) if episodes else None for name, total in rates.items()
        }
        points.append({"steps": int(line.steps[part[-1]]), "episodes": episodes, **told})
    return points
