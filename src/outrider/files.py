"""Files that are whole or not there, also after a power cut, and folders that one process writes at a time."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import IO

from outrider.errors import OutriderError

try:
    import fcntl
except ImportError:  # not on Windows: two processes that write one folder are then not noticed
    fcntl = None


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file whole: temporary name, fsync, rename. Raises OSError, and then leaves what was there."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where the platform can."""
    with contextlib.suppress(OSError):
        sync(folder)


def sync(path: Path) -> None:
    """Flush a file or a folder to the disk. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def lock(file: IO, refusal: str) -> None:
    """Lock an open file until it is closed or the process ends. Errors: `refusal`, where another process has it."""
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise OutriderError(refusal) from None


def sha256(path: Path) -> str:
    """Of a file's bytes, in hexadecimal. Raises OSError."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def beside(policy: Path) -> Path:
    """Where the weights of a policy's captions are."""
    return policy.with_suffix(".weights.json")
