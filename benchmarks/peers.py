"""Peers whose packages cannot share our environment have one each, which `make bench` sets up."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PEERS = Path(__file__).parents[1] / ".venv" / "peers"


def python_of(peer: str) -> str:
    """The Python of a peer's environment; REJAX_PYTHON and so on name another. Ends the program where there is none."""
    found = os.environ.get(peer.upper().replace("-", "_") + "_PYTHON", str(PEERS / peer / "bin" / "python"))
    if not Path(found).is_file():
        sys.exit(f"{peer} is not installed at {found}; run `make .venv/ready-peers`")
    return found


def measure(name: str, command: Sequence[str]) -> float:
    """The last word that a measurement prints, from a process of its own. Ends the program with its last line."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        sys.exit(f"{name} failed: {(done.stderr.strip() or 'silently').splitlines()[-1]}")
    return float(done.stdout.split()[-1])
