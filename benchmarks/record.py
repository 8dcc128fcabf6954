"""How a benchmark leaves its result: `benchmarks/results/NAME.json`, which README and docs show."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import outrider
from outrider.verify.environment import NO_SOURCE, environment_record
from outrider.verify.evidence import write_json

RESULTS = Path(__file__).parent / "results"
SOURCES = (
    "processor",
    "commit",
    "changed_since_commit",
    "training_code_sha256",
)  # where a row was measured, and what
Row = dict[str, Any]


class Table(NamedTuple):
    """A table whose rows can be measured by and by: the columns that name a row, and all names in their order."""

    columns: tuple[str, ...]
    names: Sequence[tuple[Any, ...]]


def by_world(worlds: Sequence[str]) -> Table:
    """One row a world."""
    return Table(("world",), [(world,) for world in worlds])


def record(
    name: str,
    what: str,
    rows: Sequence[Row],
    peers: Mapping[str, Mapping[str, str]] | None = None,
    table: Table | None = None,
) -> Path:
    """Write what was measured: a sentence, rows with the same columns (the table), the machine and peers' versions.

    With a `table`, rows of the result that stands there stay where no new one has their name; then it is told when,
    where and from what sources they come.
    """
    path, machine = RESULTS / f"{name}.json", environment_record() | ({"peers": peers} if peers else {})
    if table:
        before = (
            json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"rows": [], "machine": {}}
        )
        rows, kept = _merged(before["rows"], rows, table)
        machine |= {"earlier": _earlier(before["machine"], machine)} if kept else {}
    if machine["changed_since_commit"]:
        print(f"warning: the working tree has changes: {', '.join(changed())}", file=sys.stderr)
    write_json(
        path,
        {"what": what, "command": f"python benchmarks/{name}.py", "rows": list(rows), "machine": machine},
    )
    return path


def _merged(before: Sequence[Row], rows: Sequence[Row], table: Table) -> tuple[list[Row], bool]:
    """New rows and those before that stay, in the table's order; whether any stays."""

    def named(some: Sequence[Row]) -> dict[tuple[Any, ...], Row]:
        return {tuple(row[column] for column in table.columns): row for row in some}

    new, both = named(rows), named([*before, *rows])
    told = [name for name in table.names if name in both]
    return [both[name] for name in told], any(name not in new for name in told)


def _earlier(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Row]:
    """The machines of rows that may stay, when, and from what sources; each once, and none that is as now."""
    told = {}
    for machine in (*before.get("earlier", []), before):
        if source := tuple(machine.get(key) for key in SOURCES if key in machine):
            told[source] = {key: machine.get(key) for key in ("finished", *SOURCES)}
    told.pop(tuple(now[key] for key in SOURCES), None)
    return list(told.values())


def changed() -> list[str]:
    """The sources that differ from the commit, by the measure of `changed_since_commit`."""
    source = Path(outrider.__file__).parent
    command = ["git", "-C", str(source), "diff", "--name-only", "HEAD", "--", ":/", *NO_SOURCE]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
