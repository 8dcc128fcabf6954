"""How a benchmark leaves its result: `benchmarks/results/NAME.json`, which README and docs show."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import outrider
from outrider.verify.environment import NO_SOURCE, environment_record
from outrider.verify.evidence import write_json

RESULTS = Path(__file__).parent / "results"


def record(
    name: str,
    what: str,
    rows: Sequence[dict[str, Any]],
    peers: Mapping[str, Mapping[str, str]] | None = None,
    measured: Collection[str] | None = None,
) -> Path:
    """Write what was measured: a sentence, rows with the same columns (the table), the machine and peers' versions.

    `measured`: the worlds whose rows are new; where others are those of the result that this replaces, it is told when,
    where and from what sources they come. Without it all rows are new.
    """
    machine = environment_record() | ({"peers": peers} if peers else {})
    kept = measured is not None and any(row["world"] not in measured for row in rows)
    machine |= {"earlier": _earlier(name)} if kept else {}
    if machine["changed_since_commit"]:
        print(f"warning: the working tree has changes: {', '.join(changed())}", file=sys.stderr)
    command = f"python benchmarks/{name}.py"
    path = RESULTS / f"{name}.json"
    write_json(path, {"what": what, "command": command, "rows": list(rows), "machine": machine})
    return path


def _earlier(name: str) -> list[dict[str, Any]]:
    """Of the result that stands there, and of those of which it kept rows: when, where, and from what sources."""
    path = RESULTS / f"{name}.json"
    machine = json.loads(path.read_text(encoding="utf-8"))["machine"] if path.exists() else {}
    told = {key: machine.get(key) for key in ("finished", "processor", "commit", "changed_since_commit")}
    return [*machine.get("earlier", []), *([told] if machine else [])]


def changed() -> list[str]:
    """The sources that differ from the commit, by the measure of `changed_since_commit`."""
    source = Path(outrider.__file__).parent
    command = ["git", "-C", str(source), "diff", "--name-only", "HEAD", "--", ":/", *NO_SOURCE]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()


def rows_by_world(name: str) -> dict[str, dict[str, Any]]:
    """The rows of a result by their worlds, to write some anew; none where there is no result yet."""
    return {row["world"]: row for row in rows_of_result(name)}


def rows_of_result(name: str) -> list[dict[str, Any]]:
    """The rows of the result that stands there; none where there is none yet."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
