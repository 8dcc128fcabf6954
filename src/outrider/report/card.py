"""The model card of a released policy, from what its file says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LOADING = """```python
from outrider.agents.released import load  # before jax
from outrider.types import Obs
import jax
import numpy as np

policy = load("THIS FOLDER")
memory = policy.start(1)  # of one fresh episode
obs = Obs(grid=np.zeros((1, {height}, {width}), np.uint8), vector=np.zeros((1, {vector}), np.float32))
action, memory = policy.act(memory, obs, restart=np.array([False]), key=jax.random.key(0))
```"""


def card(about: Mapping[str, Any]) -> str:
    """A README.md with front matter, as model hubs read it. `about` as in `config.json`."""
    network, training = about["network"], about["training"]
    features, evaluated = network["features"], training["evaluated"]
    height, width = features["view"]
    share = evaluated["solved"] / evaluated["episodes"]
    parts = [
        "---",
        f"license: {about['licence'].lower()}",
        "library_name: outrider",
        "tags: [reinforcement-learning, outrider]",
        "---",
        f"# A policy for `{about['world']}`",
        f"Trained by [Outrider](https://outrider.readthedocs.io) {about['outrider']} for {training['steps']:,} "
        f"environment steps, seed {training.get('seed', 'not told')}. {_help(training)}",
        "## What it reaches",
        f"The final policy solved {evaluated['solved']} of {evaluated['episodes']} fresh whole episodes "
        f"({share:.2f}), with a mean return of {evaluated['return']:.3f}, acting by chance as in training. "
        "That is one seed's policy in one world, and no claim about the method.",
        "The training curve's parts:",
        _table(
            ("steps", "episodes", "success", "return"),
            [
                (f"{p['steps']:,}", str(p["episodes"]), _share(p["success"]), _share(p["return"]))
                for p in training["curve"]
            ],
        ),
        "## How to load it",
        "With `pip install 'outrider[train]'`; no training code is imported:",
        LOADING.format(height=height, width=width, vector=features["vector"]),
        f"An observation is a grid of {height} x {width} cells and a vector of {features['vector']} numbers, as "
        f"`{about['world']}` gives them; the vector ends with the flags of the kinds of event seen in the episode. "
        "Without a key the likeliest action is taken. `outrider watch` draws an episode.",
        "## Network and settings",
        _table(("network", "value"), [(name, f"`{value}`") for name, value in network.items()]),
        _table(("setting", "value"), [(name, f"`{value}`") for name, value in training["settings"].items()]),
        "## Versions",
        ", ".join(f"{name} {value}" for name, value in training["versions"].items()) + ".",
        "## Licence",
        f"{about['licence']}.",
    ]
    return "\n".join(parts[:5]) + "\n\n" + "\n\n".join(parts[5:]) + "\n"


def _help(training: Mapping[str, Any]) -> str:
    """What was paid beside the world's reward."""
    if training["signal"] == "none":
        return "Nothing was paid beside the world's own reward."
    who = f", weighted by `{training['engine']}`" if training.get("engine") else ""
    return f"Beside the world's own reward it was paid the signal `{training['signal']}`{who}."


def _share(value: float | None) -> str:
    return "no episode ended" if value is None else f"{value:.3f}"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
