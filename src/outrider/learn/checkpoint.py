"""Checkpoints of a training run: its whole state on the disk, so that a killed run goes on bit for bit.

A checkpoint is a folder `updates-N`: `state/` by orbax, and `about.json` with the configuration it belongs to and the
SHA-256 of every file. It is made under another name, flushed to the disk and renamed, so that what has its name is
whole, after a power cut too; only then is the oldest of three dropped.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from outrider.errors import OutriderError
from outrider.files import sha256, sync, sync_folder, write_file

FORMAT = 1
NAME, ABOUT, STATE, MAKING, DROPPING = "updates-", "about.json", "state", "making.tmp", "dropping.tmp"
KEPT = 2
Tree = TypeVar("Tree")


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint as it lies in its folder, after `updates` updates."""

    path: Path
    updates: int


def checkpoints(folder: Path) -> list[Checkpoint]:
    """The checkpoints in a folder, the newest first."""
    found = [p for p in folder.glob(f"{NAME}*") if p.name.removeprefix(NAME).isdigit()]
    return sorted((Checkpoint(p, int(p.name.removeprefix(NAME))) for p in found), key=lambda c: -c.updates)


def save(folder: Path, updates: int, state: Any, configuration: Mapping[str, Any]) -> Checkpoint:
    """Keep a state, a tree of arrays and keys, and drop all but the newest `KEPT` checkpoints.

    With several processes each calls this, and the first writes what they share.
    Errors: what cannot be written, a full disk for example; the checkpoints before it stay.
    """
    import orbax.checkpoint as ocp

    made, making = Checkpoint(folder / f"{NAME}{updates:010d}", updates), folder / MAKING
    first = jax.process_index() == 0
    try:
        if first:
            _drop(making)
            making.mkdir()
        _meet("checkpoint begins")
        with _quiet(), ocp.Checkpointer(ocp.PyTreeCheckpointHandler()) as writer:
            writer.save(making.absolute() / STATE, _named(state))
        if first:
            files = {
                p.relative_to(making).as_posix(): sha256(p) for p in sorted(making.rglob("*")) if p.is_file()
            }
            about = {"format": FORMAT, "updates": updates, "configuration": configuration, "files": files}
            write_file(
                making / ABOUT, json.dumps({"about": about, "sha256": _digest(about)}, indent=1) + "\n"
            )
            for path in (*making.rglob("*"), making):
                sync(path)
            _drop(made.path)
            os.replace(making, made.path)
            sync_folder(folder)
            for old in checkpoints(folder)[KEPT:]:
                os.replace(old.path, folder / DROPPING)  # never half a checkpoint under a checkpoint's name
                _drop(folder / DROPPING)
        _meet("checkpoint ends")
    except (OSError, ValueError, RuntimeError) as error:
        if first:
            shutil.rmtree(making, ignore_errors=True)
        raise OutriderError(
            f"the checkpoint after {updates} updates cannot be written to {folder} ({_reason(error)}): "
            f"free the place and go on with --resume; {newest(folder)}"
        ) from None
    return made


def restore(checkpoint: Checkpoint, like: Tree, configuration: Mapping[str, Any]) -> Tree:
    """The state of a checkpoint, with the form and on the devices of `like`, whose values do not matter.

    Errors: a damaged checkpoint, one of another format or of another configuration.
    """
    import orbax.checkpoint as ocp

    _check(checkpoint, configuration)
    want = _named(like)
    arguments = {
        name: ocp.ArrayRestoreArgs(sharding=leaf.sharding, global_shape=leaf.shape, dtype=leaf.dtype)
        if isinstance(leaf, jax.Array) and leaf.committed
        else ocp.RestoreArgs(restore_type=np.ndarray, dtype=leaf.dtype)
        for name, leaf in want.items()
    }
    try:
        with _quiet(), ocp.Checkpointer(ocp.PyTreeCheckpointHandler()) as reader:
            found = reader.restore(
                checkpoint.path.absolute() / STATE,
                args=ocp.args.PyTreeRestore(item=want, restore_args=arguments),
            )
        for name, leaf in want.items():
            if found[name].shape != leaf.shape or found[name].dtype != leaf.dtype:
                raise ValueError(
                    f"{name} is {found[name].dtype}{found[name].shape}, not {leaf.dtype}{leaf.shape}"
                )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutriderError(
            f"{checkpoint.path} does not hold this run's state ({_reason(error)}): it was written by another "
            "version; train anew with another --checkpoints folder"
        ) from None
    return _renamed(found, like)


def newest(folder: Path) -> str:
    """Where the newest checkpoint lies, in words for messages."""
    found = checkpoints(folder)
    return f"the last good checkpoint is {found[0].path}" if found else "there is no checkpoint yet"


def tidy(folder: Path) -> None:
    """Remove what a killed process left half-made."""
    for name in (MAKING, DROPPING):
        _drop(folder / name)


def _check(checkpoint: Checkpoint, configuration: Mapping[str, Any]) -> None:
    """Refuse a checkpoint that is damaged, too new, or another run's."""
    path = checkpoint.path
    try:
        told = json.loads((path / ABOUT).read_text())
        about = told["about"]
        kind, files, owner = about["format"], about["files"], about["configuration"]
        whole = told["sha256"] == _digest(about) and about["updates"] == checkpoint.updates
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(checkpoint, f"{ABOUT}: {_reason(error)}") from None
    if not whole:
        raise _damaged(checkpoint, f"{ABOUT} was changed")
    if kind != FORMAT:
        raise OutriderError(
            f"{path} has checkpoint format {kind}, this version reads {FORMAT}; train anew elsewhere"
        )
    for name, digest in files.items():
        try:
            if sha256(path / name) != digest:
                raise _damaged(checkpoint, f"{name} was changed")
        except OSError as error:
            raise _damaged(checkpoint, f"{name}: {_reason(error)}") from None
    differ = [
        f"{name} was {_told(owner.get(name))} and is {_told(configuration.get(name))}"
        for name in sorted(owner.keys() | configuration.keys())
        if owner.get(name) != configuration.get(name)
    ]
    if differ:
        raise OutriderError(
            f"{path} belongs to another run: {', '.join(differ)}; "
            "resume with what it was begun with, code and packages too, or name another --checkpoints folder"
        )


def _damaged(checkpoint: Checkpoint, why: str) -> OutriderError:
    older = [c for c in checkpoints(checkpoint.path.parent) if c.updates < checkpoint.updates]
    then = (
        f"delete that folder, and --resume goes on from {older[0].path}" if older else "there is no older one"
    )
    return OutriderError(f"the checkpoint {checkpoint.path} is damaged ({why}): {then}")


def _named(tree: Any) -> dict[str, Any]:
    """The leaves by their place in the tree, keys as raw words; empty ones hold nothing and orbax refuses them."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    named = {jax.tree_util.keystr(path, simple=True, separator="."): _raw(leaf) for path, leaf in leaves}
    return {name: leaf for name, leaf in named.items() if leaf.size}


def _renamed(named: dict[str, Any], like: Tree) -> Tree:
    """The tree again, from `_named`'s leaves."""

    def pick(path: Any, leaf: Any) -> Any:
        found = named.get(jax.tree_util.keystr(path, simple=True, separator="."), leaf)
        if isinstance(leaf, jax.Array) and not leaf.committed:
            found = jnp.asarray(found)  # free to go wherever the program wants it, as `leaf` is
        return jax.random.wrap_key_data(found, impl=jax.random.key_impl(leaf)) if _is_key(leaf) else found

    return jax.tree_util.tree_map_with_path(pick, like)


def _is_key(leaf: Any) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _raw(leaf: Any) -> Any:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _digest(about: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _told(value: Any) -> str:
    return "not told" if value is None else json.dumps(value)


def _reason(error: Exception) -> str:
    """An error in a few words: what the operating system said, or else its first line."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = str(error)
    known = ("No space left on device", "File too large", "Disk quota exceeded", "Read-only file system")
    return next((words for words in known if words in text), (text.splitlines() or [""])[0][:200])


def _drop(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _meet(where: str) -> None:
    """Wait until all processes are here."""
    if jax.process_count() > 1:
        from jax.experimental.multihost_utils import sync_global_devices

        sync_global_devices(where)


class _quiet:
    """Silence what orbax says of its own work below errors, while it works."""

    def __enter__(self) -> None:
        self._level = logging.getLogger("absl").level
        logging.getLogger("absl").setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        logging.getLogger("absl").setLevel(self._level)
