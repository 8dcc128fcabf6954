"""Demonstrations as Minari datasets: https://minari.farama.org. Needs the extra `minari`.

A dataset is a folder, in Minari's HDF5 format, which `minari.MinariDataset(folder)` opens without Outrider.
Observations are dictionaries of what the world shows: `grid`, one byte a cell (`tile * 12 + colour`), and `vector`; the
one or the other is left out where a world has none. An episode has one observation more than it has actions.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from outrider.errors import OutriderError
from outrider.learn.demonstrations import Demonstrations
from outrider.ops.distribution import Continuous, Discrete, Space
from outrider.types import Obs

if TYPE_CHECKING:
    import gymnasium

WORLD = "outrider_world"  # where a dataset's metadata say the world's id


def check_minari() -> None:
    """Refuse to go on where Minari or its file format is not installed."""
    if missing := [name for name in ("minari", "h5py") if find_spec(name) is None]:
        raise OutriderError(
            f"demonstrations are kept as Minari datasets, which need the package {missing[0]}; "
            "install it with `pip install 'outrider[minari]'`"
        )


def check_free(folder: Path) -> None:
    """Refuse to write over what exists."""
    if folder.exists():
        raise OutriderError(f"{folder} exists: name another folder, or delete it")


def save(folder: Path, shown: Demonstrations, space: Space) -> None:
    """Write a dataset whole or not at all. Errors: Minari is not installed; the folder exists."""
    check_minari()
    check_free(folder)
    from minari import __version__ as version
    from minari.data_collector.episode_buffer import EpisodeBuffer
    from minari.dataset.minari_storage import MinariStorage

    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
        partial = Path(beside) / folder.name
        partial.mkdir()
        storage = MinariStorage.new(partial, _sights(shown.obs), _actions(space), jpeg_encoding=False)
        storage.update_metadata(
            {
                "dataset_id": _dataset_id(folder),
                "minari_version": version,
                "algorithm_name": shown.by,
                "description": f"Episodes of the Outrider world {shown.world}, shown by {shown.by}.",
                WORLD: shown.world,
            }
        )
        storage.update_episodes(EpisodeBuffer(**episode) for episode in _episodes(shown))
        os.replace(partial, folder)


def load(folder: Path) -> Demonstrations:
    """The demonstrations of a dataset, whoever wrote it. An episode that does not say how it ended counts as cut off.

    Errors: Minari is not installed; no dataset there; observations that are no grid and vector; an episode without
    actions or of uneven lengths; episodes of different sizes.
    """
    check_minari()
    from minari import MinariDataset

    try:
        dataset = MinariDataset(folder)
        told = dataset.storage.metadata
        episodes = list(dataset.iterate_episodes())
    except Exception as error:  # whatever h5py, JSON and Minari raise
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise OutriderError(
            f"{folder} is no Minari dataset, or damaged ({why}); `outrider demonstrate` makes one"
        ) from None
    if not episodes:
        raise OutriderError(f"{folder} holds no episodes; `outrider demonstrate` records some")
    sights = [_obs(episode.observations, folder) for episode in episodes]
    _check_lengths(episodes, sights, folder)
    truncated = [np.asarray(episode.truncations, bool).copy() for episode in episodes]
    for episode, cut in zip(episodes, truncated, strict=True):
        cut[-1] |= not episode.terminations[-1]

    def joined(parts: list[Any]) -> np.ndarray:
        return np.concatenate([np.asarray(part) for part in parts])

    return Demonstrations(
        world=str(told.get(WORLD, "")),
        by=str(told.get("algorithm_name", "")),
        obs=_sight(joined([s.grid[:-1] for s in sights]), joined([s.vector[:-1] for s in sights])),
        action=joined([episode.actions for episode in episodes]),
        reward=joined([episode.rewards for episode in episodes]).astype(np.float32),
        terminated=joined([episode.terminations for episode in episodes]).astype(bool),
        truncated=joined(truncated),
        final=_sight(joined([s.grid[-1:] for s in sights]), joined([s.vector[-1:] for s in sights])),
    )


def _check_lengths(episodes: list[Any], sights: list[Obs], folder: Path) -> None:
    """Refuse episodes that cannot be laid one after another."""
    forms = set()
    for number, (episode, sight) in enumerate(zip(episodes, sights, strict=True)):
        action = episode.actions
        if not isinstance(action, np.ndarray) or action.ndim == 0:
            raise OutriderError(
                f"the actions of {folder} are not one array, as the actions of Outrider's worlds are; record "
                "demonstrations with `outrider demonstrate`"
            )
        length = len(action)
        ends = (episode.rewards, episode.terminations, episode.truncations)
        if {length, *map(len, ends)} != {length} or {len(sight.grid), len(sight.vector)} != {length + 1}:
            raise OutriderError(
                f"episode {number} of {folder} has not one reward and one end for each action, and one observation "
                "more; record it anew"
            )
        if not length:
            raise OutriderError(
                f"episode {number} of {folder} has no actions; take it out, or record it anew"
            )
        forms.add((sight.grid.shape[1:], sight.vector.shape[1:], action.shape[1:]))
    if len(forms) > 1:
        raise OutriderError(
            f"the episodes of {folder} show grids, vectors or actions of different sizes; record them in one world"
        )


def _episodes(shown: Demonstrations) -> Iterator[dict[str, Any]]:
    """Episode by episode, what Minari writes of it."""
    seen, final = _parts(shown.obs), _parts(shown.final)
    begin = 0
    for episode, end in enumerate(shown.ends + 1):
        rows, last = slice(begin, end), slice(episode, episode + 1)
        yield {
            "observations": {name: np.concatenate([seen[name][rows], final[name][last]]) for name in seen},
            "actions": shown.action[rows],
            "rewards": shown.reward[rows],
            "terminations": shown.terminated[rows],
            "truncations": shown.truncated[rows],
        }
        begin = end


def _obs(seen: Any, folder: Path) -> Obs:
    if not isinstance(seen, dict) or not seen or set(seen) - {"grid", "vector"}:
        found = f"a dictionary of {', '.join(sorted(seen))}" if isinstance(seen, dict) else "one array"
        raise OutriderError(
            f"the observations of {folder} are {found}, not a grid and a vector as Outrider's worlds show them; "
            "record demonstrations with `outrider demonstrate`"
        )
    rows = len(next(iter(seen.values())))
    nothing = {"grid": np.zeros((rows, 0, 0), np.uint8), "vector": np.zeros((rows, 0), np.uint8)}
    return _sight(**{name: np.asarray(part) for name, part in (nothing | seen).items()})


def _sight(grid: Any, vector: Any) -> Obs:
    """An observation of NumPy arrays."""
    return Obs(grid, vector)


def _parts(obs: Obs) -> dict[str, np.ndarray]:
    """What there is of an observation, by name."""
    return {name: np.asarray(part) for name, part in obs._asdict().items() if part[0].size}


def _sights(obs: Obs) -> gymnasium.spaces.Dict:
    from gymnasium.spaces import Box
    from gymnasium.spaces import Dict as Sights

    def box(part: np.ndarray) -> Box:
        whole = np.iinfo(part.dtype) if np.issubdtype(part.dtype, np.integer) else None
        low, high = (whole.min, whole.max) if whole else (-np.inf, np.inf)
        return Box(low, high, part.shape[1:], part.dtype.type)

    return Sights({name: box(part) for name, part in _parts(obs).items()})


def _actions(space: Space) -> gymnasium.Space:
    from gymnasium import spaces

    if isinstance(space, Discrete):
        return spaces.Discrete(space.n)
    if isinstance(space, Continuous):
        return spaces.Box(-np.inf, np.inf, (space.size,), np.float32)
    return spaces.MultiDiscrete(list(space.sizes))


def _dataset_id(folder: Path) -> str:
    """The folder's name as Minari wants ids: letters, digits and strokes, then a version."""
    name = re.sub(r"[^-\w]+", "_", folder.name)
    return name if re.search(r"-v\d+$", name) else f"{name}-v0"
