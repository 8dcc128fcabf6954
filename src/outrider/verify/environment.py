"""Where a study ran: what `environment.json` records."""

from __future__ import annotations

import datetime
import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

import outrider
from outrider.sources import package_versions, training_code

NO_SOURCE = tuple(
    f":(top,exclude){path}" for path in ("docs", "benchmarks/results", "README.md", "CHANGELOG.md")
)
VARIABLES = ("XLA_FLAGS", "NPROC", "JAX_NUM_CPU_DEVICES", "JAX_PLATFORMS", "OMP_NUM_THREADS")


def environment_record() -> dict[str, Any]:
    """Python, packages, processor, cores, operating system, commit and the variables that change results."""
    return {
        "outrider": outrider.__version__,
        "training_code_sha256": training_code(),
        "training_code_changed_meanwhile": training_code.__wrapped__() != training_code(),
        "python": platform.python_version(),
        "processor": processor(),
        "machine": platform.machine(),
        "cores": available_cores(),
        "memory_gib": _memory_gib(),
        "operating_system": _operating_system(),
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        **git_state(Path(outrider.__file__).parent),
        "variables": {name: os.environ.get(name, "") for name in VARIABLES},
        "packages": package_versions(),
    }


def available_cores() -> int:
    """The processor cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        return os.cpu_count() or 1


def processor() -> str:
    """The processor as the operating system names it, and what tells apart those of one name."""
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:  # not Linux
        told = ""
    return named_processor(told) or platform.processor() or platform.machine()


def named_processor(cpuinfo: str) -> str:
    """The first processor of Linux's /proc/cpuinfo: name, family, model and widest vectors; "" where it has no name.

    A cloud's machines of one name differ threefold in speed.
    """
    told = dict(re.findall(r"^(\w[\w ]*?)\s*:\s*(.+)$", cpuinfo.partition("\n\n")[0], re.MULTILINE))
    kind = [
        f"{word} {told[key]}" for word, key in (("family", "cpu family"), ("model", "model")) if key in told
    ]
    kind += [wide for wide in ("avx512f", "avx2", "avx") if wide in told.get("flags", "").split()][:1]
    name = told.get("model name", "").strip()
    return f"{name} ({', '.join(kind)})" if name and kind else name


def git_state(folder: Path) -> dict[str, Any]:
    """The commit of the source and whether it was changed since; both None where there is no git.

    Pages and results of measurements are no source: one that was written must not make the next look changed.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no", "--", ":/", *NO_SOURCE)
    return {"commit": commit, "changed_since_commit": None if changes is None else bool(changes)}


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None


def _operating_system() -> str:
    try:
        return (
            f"{platform.freedesktop_os_release()['PRETTY_NAME']} ({platform.system()} {platform.release()})"
        )
    except (OSError, KeyError, AttributeError):
        return f"{platform.system()} {platform.release()}"
