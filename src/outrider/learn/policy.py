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
from outrider.agents.agent import Agent
from outrider.agents.released import FORMAT, describe, save
from outrider.learn.algorithms import AnySettings, as_table
from outrider.learn.diary import Line
from outrider.learn.train import Trained

POINTS = 5  # of the training curve


def save_policy(
    path: Path,
    network: Agent,
    line: Line,
    world_id: str,
    settings: AnySettings,
    evaluated: dict[str, Any] | None = None,
    **training: Any,
) -> None:
    """Write a network that was trained to the curve `line` `[updates]`.

    `evaluated` says what it did in fresh episodes, if that is known; `training` is told as it is: seed, signal, engine
    and the like.
    """
    about = {
        "format": FORMAT,
        "outrider": __version__,
        "world": world_id,
        "network": describe(network, asdict(settings)),
        "training": {
            **training,
            "steps": int(line.steps[-1]),
            "settings": as_table(settings),
            "evaluated": evaluated,
            "curve": _curve(line),
            "versions": {
                "python": ".".join(map(str, sys.version_info[:3])),
                **{name: version(name) for name in ("jax", "equinox", "optax", "numpy")},
            },
        },
    }
    save(path, network, about)


def save_trained(
    path: Path, trained: Trained, which: int, world_id: str, settings: AnySettings, **training: Any
) -> None:
    """Write the policy of the `which`-th learner of a group."""
    network, line = jax.tree.map(lambda leaf: leaf[which], (trained.networks, trained.lines))
    solved, returned = int(trained.solved[which]), round(float(trained.returned[which]), 6)
    evaluated = {"episodes": trained.episodes, "solved": solved, "return": returned}
    save_policy(path, network, line, world_id, settings, evaluated, **training)


def _curve(line: Line) -> list[dict[str, Any]]:
    """The training curve in `POINTS` parts: the steps at the end of each, and its episodes' success and return."""
    points = []
    for part in np.array_split(np.arange(len(line.steps)), min(POINTS, len(line.steps))):
        episodes = int(line.episodes[part].sum())
        rates = {"success": line.successes[part].sum(), "return": line.returns[part].sum()}
        told = {
            name: round(float(total) / episodes, 6) if episodes else None for name, total in rates.items()
        }
        points.append({"steps": int(line.steps[part[-1]]), "episodes": episodes, **told})
    return points
