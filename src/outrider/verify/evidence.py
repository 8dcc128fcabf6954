"""The evidence folder: written whole or not at all, read with suspicion (docs/evidence.md lists its files).

While a study runs, everything is in `evidence.partial/`. Each file is written to a temporary name, flushed to
the disk and renamed; the finished folder appears by one rename. So whatever has its own name is whole.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outrider.errors import OutriderError
from outrider.files import lock as take
from outrider.files import sha256, sync_folder, write_file
from outrider.verify.judge import Verdict, judge
from outrider.verify.plan import Plan, load_plan
from outrider.verify.runs import read_runs
from outrider.verify.tuning import check_tuned

FORMAT = 1
MANIFEST = "manifest.json"
REQUIRED = ("plan.toml", "runs.jsonl", "verdict.json")
WORK = "work"  # inside the partial folder: jobs, logs, weights; not part of the evidence


@dataclass(frozen=True)
class EvidenceFolder:
    """What was read from a folder: the plan, the raw runs, the recorded verdict and the manifest."""

    folder: Path
    plan: Plan
    runs: list[dict[str, Any]]
    verdict: dict[str, Any]
    manifest: dict[str, Any]


def write_json(path: Path, value: Any) -> None:
    """Write plain values as indented JSON, whole."""
    write_file(path, json_text(value))


def json_text(value: Any) -> str:
    """Plain values as indented JSON; NaN is refused."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


@contextlib.contextmanager
def staged(plan: Plan, target: Path, replace: bool = False) -> Iterator[Path]:
    """The partial folder of a study, locked while the block runs and kept, for resuming, if it fails.

    Raises OutriderError before any work where the target exists (unless `replace`), where nothing can be
    written, where another study runs, or where the partial folder belongs to another plan.
    """
    partial, displaced = _partial(target), _displaced(target)
    if displaced.exists() and not target.exists():  # a kill between the two renames of `seal`
        os.replace(displaced, target)
    if target.exists() and not replace:
        raise OutriderError(
            f"{target} exists: name another folder with --out, "
            "or replace it with --replace once the new one is complete"
        )
    try:
        (partial / WORK).mkdir(parents=True, exist_ok=True)
        write_file(partial / WORK / "writable", "")
        lock = open(partial / WORK / "lock", "w")  # noqa: SIM115
    except OSError as error:
        raise OutriderError(
            f"{partial} cannot be written ({error.strerror}): "
            "free the place or name another folder with --out"
        ) from None
    with lock:
        take(lock, f"another study is writing {partial}: wait for it or name another folder")
        _keep_plan(plan, partial)
        yield partial


def seal(plan: Plan, partial: Path, target: Path) -> None:
    """Write the manifest, let the finished folder appear by one rename, and only then drop the work folder."""
    for left in partial.glob("*.tmp"):
        left.unlink()
    write_file(partial / MANIFEST, manifest_text(plan, partial))
    displaced = _displaced(target)
    if target.exists():
        shutil.rmtree(displaced, ignore_errors=True)
        os.replace(target, displaced)
    os.replace(partial, target)
    sync_folder(target.parent)
    shutil.rmtree(target / WORK, ignore_errors=True)
    shutil.rmtree(displaced, ignore_errors=True)


def manifest_text(plan: Plan, folder: Path) -> str:
    """The manifest as text: it follows from the plan and the other files' bytes alone."""
    files = {p.name: sha256(p) for p in sorted(folder.iterdir()) if p.is_file() and p.name != MANIFEST}
    content = {
        "format": FORMAT,
        "claim": plan.id,
        "plan_sha256": files.get("plan.toml"),
        "plan_content_sha256": plan.sha256,
        "files": files,
    }
    return json.dumps(content, indent=1) + "\n"


def load(folder: Path) -> EvidenceFolder:
    """Read an evidence folder; raises OutriderError where it is missing, cut short or too new."""
    folder = Path(folder)
    if not folder.is_dir():
        begun = _partial(folder)
        if begun.is_dir():
            raise OutriderError(f"{folder} is not finished: run the study again, it goes on from {begun}")
        raise OutriderError(f"no evidence at {folder}: run `outrider verify` on its plan first")
    manifest = _read_json(folder / MANIFEST)
    version = manifest.get("format")
    if not isinstance(version, int) or version > FORMAT:
        raise OutriderError(
            f"{folder} has evidence format {version!r}, "
            f"this Outrider reads up to {FORMAT}: install a newer one"
        )
    for name in REQUIRED:
        if not (folder / name).is_file():
            raise OutriderError(f"{folder / name} is missing: restore it or run the study again")
    plan = load_plan(folder / "plan.toml", names=None)
    return EvidenceFolder(
        folder, plan, read_runs(folder / "runs.jsonl"), _read_json(folder / "verdict.json"), manifest
    )


def check(folder: Path) -> tuple[Verdict, list[str]]:
    """Re-derive the verdict, compare every byte with the manifest: the verdict, a line for each thing wrong.

    Raises OutriderError where the folder cannot be read or judged at all. The verdict's numbers may differ
    from the recorded ones by 1e-5, for another platform's rounding.
    """
    evidence = load(folder)
    wrong = []
    recorded = evidence.manifest.get("files", {})
    present = {
        p.name: sha256(p) for p in sorted(evidence.folder.iterdir()) if p.is_file() and p.name != MANIFEST
    }
    for name in sorted(recorded.keys() | present.keys()):
        if name not in present:
            wrong.append(f"{name} is in the manifest and not in the folder")
        elif name not in recorded:
            wrong.append(f"{name} is in the folder and not in the manifest")
        elif recorded[name] != present[name]:
            wrong.append(
                f"{name} was changed: its SHA-256 is {present[name]}, the manifest says {recorded[name]}"
            )
    if not wrong and manifest_text(evidence.plan, evidence.folder) != _text(evidence.folder / MANIFEST):
        wrong.append(f"{MANIFEST} was changed: it differs from the one that follows from the folder")
    try:
        check_tuned(evidence.plan, evidence.folder, "restore it, or run the study again")
    except OutriderError as error:
        wrong.append(str(error))
    verdict = judge(evidence.plan, evidence.runs)
    if not _alike(verdict.to_json(), evidence.verdict):
        wrong.append("verdict.json is not what follows from plan.toml and runs.jsonl")
    return verdict, wrong


def _keep_plan(plan: Plan, partial: Path) -> None:
    """Keep the plan as it was before the first step; an error where another plan began the folder."""
    copy = partial / "plan.toml"
    if not copy.exists():
        write_file(copy, plan.text)
        return
    try:
        begun = load_plan(copy, names=None).sha256
    except OutriderError:
        begun = ""
    if begun != plan.sha256:
        raise OutriderError(f"{partial} was begun with another plan: delete that folder, or restore the plan")


def _partial(target: Path) -> Path:
    return target.with_name(target.name + ".partial")


def _displaced(target: Path) -> Path:
    return target.with_name(target.name + ".replaced.partial")


def _alike(a: Any, b: Any) -> bool:
    """Equal but for the last digits of numbers."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_alike(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_alike, a, b))
    if isinstance(a, int | float) and isinstance(b, int | float) and not isinstance(a, bool):
        return math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-5)
    return type(a) is type(b) and a == b


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OutriderError(f"{path} cannot be read ({error}): restore it or run the study again") from None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(_text(path))
    except ValueError as error:
        raise OutriderError(f"{path} is not JSON ({error}): restore it or run the study again") from None
    if not isinstance(value, dict):
        raise OutriderError(f"{path} does not hold an object: restore it or run the study again")
    return value
