"""A trained policy as one file: its arrays and what is needed to act with them."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from outrider.agents.agent import Agent
from outrider.errors import OutriderError
from outrider.learn.algorithms import AnySettings, as_table, settings_from
from outrider.learn.train import learner_for
from outrider.types import Atlas

FORMAT = 1


def save_policy(path: Path, network: Agent, world_id: str, settings: AnySettings) -> None:
    """Write a policy file (NumPy's npz) whole or not at all."""
    about = json.dumps({"format": FORMAT, "world": world_id, "settings": as_table(settings)})
    arrays = {f"leaf{i}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(network))}
    partial = path.with_name(path.name + ".partial")
    with open(partial, "wb") as file:
        np.savez(file, allow_pickle=False, about=np.array(about), **arrays)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def load_policy(path: Path) -> tuple[Agent, str]:
    """A policy and the id of its world. Errors: not a policy file, of another format, or of another shape."""
    about, leaves = _read(path)
    if about["format"] != FORMAT:
        raise OutriderError(
            f"{path} has policy format {about['format']}, this version reads {FORMAT}; train anew"
        )
    try:
        settings = settings_from(about["settings"], "[settings]")
    except OutriderError as error:
        raise OutriderError(
            f"{path} has settings that this version does not know ({error}); train anew"
        ) from None
    learner = learner_for(about["world"], settings, "none", updates=1)
    codes = learner.batch.world.codes
    empty = Atlas(jnp.zeros(codes), jnp.zeros(codes, bool))
    shape = jax.eval_shape(lambda: learner.init(jax.random.key(0), empty).network)
    expected, tree = jax.tree.flatten(shape)
    if [(x.shape, x.dtype) for x in expected] != [(x.shape, x.dtype) for x in leaves]:
        raise OutriderError(f"{path} holds arrays of other shapes than its settings say; train anew")
    return jax.tree.unflatten(tree, leaves), about["world"]


def _read(path: Path) -> tuple[dict[str, Any], list[jax.Array]]:
    """What a policy file says of itself, and its arrays in order."""
    try:
        with open(path, "rb") as raw, np.lib.npyio.NpzFile(raw) as file:
            about = json.loads(str(file["about"]))
            leaves = [jnp.asarray(file[f"leaf{i}"]) for i in range(len(file.files) - 1)]
            return {name: about[name] for name in ("format", "world", "settings")}, leaves
    except FileNotFoundError:
        raise OutriderError(f"no policy file at {path}; `outrider train --out {path}` makes one") from None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise OutriderError(
            f"{path} is not a policy file ({error}); train anew with `outrider train`"
        ) from None
