"""How a benchmark leaves its result: `benchmarks/results/NAME.json`, which README and docs show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from outrider.verify.environment import environment_record
from outrider.verify.evidence import write_json

RESULTS = Path(__file__).parent / "results"


def record(name: str, what: str, rows: Sequence[dict[str, Any]]) -> Path:
    """Write what was measured: a sentence, rows with the same columns (the table), and the machine."""
    machine = environment_record()
    command = f"python benchmarks/{name}.py"
    path = RESULTS / f"{name}.json"
    write_json(path, {"what": what, "command": command, "rows": list(rows), "machine": machine})
    return path


def rows_of(name: str) -> dict[str, dict[str, Any]]:
    """The rows of a result by their worlds, to write some anew; none where there is no result yet."""
    path = RESULTS / f"{name}.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    return {row["world"]: row for row in rows}
