"""Peers beside us: each measurement a process of its own, interleaved, and the table that comes of it.

Peers whose packages cannot share our environment have one each, which `make bench` sets up from requirements/PEER.txt.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# What every measurement starts with. Importing outrider sets XLA's flags in `os.environ`, which are not for peers.
ENVIRONMENT, UNTOUCHED = dict(os.environ), "outrider" not in sys.modules
LIMIT = 900.0  # seconds of one measurement
ROOT = Path(__file__).parents[1]
# What a peer's Python says of itself and of the packages that it is asked about.
VERSIONS = """
import importlib.metadata, json, platform, sys
versions = {name: importlib.metadata.version(name) for name in sys.argv[1:]}
print(json.dumps({"python": platform.python_version()} | versions))
"""


def python_of(peer: str) -> str:
    """The Python of a peer's environment; REJAX_PYTHON and so on name another. Ends the program where there is none."""
    assert UNTOUCHED, "import peers before outrider, whose settings of XLA would reach the peer"
    ours = ROOT / ".venv" / "peers" / peer / "bin" / "python"
    found = os.environ.get(peer.upper().replace("-", "_") + "_PYTHON", str(ours))
    if not Path(found).is_file():
        sys.exit(f"{peer} is not installed at {found}; run `make .venv/ready-peers`")
    return found


def versions_of(peer: str) -> dict[str, str]:
    """The peer's Python, and what is installed there of what requirements/PEER.txt names."""
    pinned = (ROOT / "requirements" / f"{peer}.txt").read_text(encoding="utf-8")
    names = re.findall(r"^([\w.-]+)==", pinned, re.MULTILINE)
    return json.loads(printed(peer, [python_of(peer), "-c", VERSIONS, *names]))


def interleaved(
    commands: Mapping[str, Sequence[str]], rounds: int, **environment: str
) -> dict[str, list[float]]:
    """Each contender's rates, one a round; a round goes through all of them, forward and backward by turns."""
    rates: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds):
        for name in list(commands)[:: -1 if turn % 2 else 1]:
            rates[name].append(_measure(name, commands[name], environment))
            print(f"{name:{max(map(len, commands))}s} {rates[name][-1]:12,.0f} steps/s", flush=True)
    return rates


def _measure(name: str, command: Sequence[str], environment: Mapping[str, str]) -> float:
    """The last word that a measurement prints, from a process of its own."""
    return float(printed(name, command, LIMIT, **environment).split()[-1])


def printed(name: str, command: Sequence[str], limit: float | None = LIMIT, **environment: str) -> str:
    """What a process prints. Ends this program where that fails, is silent or takes longer than `limit` seconds."""
    everything = ENVIRONMENT | environment
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=limit, check=False, env=everything
        )
    except subprocess.TimeoutExpired:
        sys.exit(f"{name} took more than {limit:.0f} seconds; stop what else runs and try again")
    if done.returncode or not done.stdout.strip():
        why = (done.stderr.strip() or "silently").splitlines()[-1]
        sys.exit(f"{name} ended with {done.returncode} (negative: a signal): {why}")
    return done.stdout


def rows_of(
    rates: Mapping[str, Sequence[float]], heading: str, peer: str = "", over: float = 1.0, digits: int = 2
) -> list[dict[str, Any]]:
    """A row for each contender: median, lowest and highest rate, and the median over that of a `peer`, if any."""
    rows: list[dict[str, Any]] = []
    for name, measured in rates.items():
        median = statistics.median(measured)
        row = {heading: name, "steps per second": round(median)}
        row |= {"lowest": round(min(measured)), "highest": round(max(measured))}
        rows.append(row | ({f"over {peer}": round(median / over, digits)} if peer else {}))
    return rows
