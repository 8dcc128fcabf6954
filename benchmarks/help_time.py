"""How long until `outrider --help` answers? Each of 20 fresh processes; half a second is the most we want.

python benchmarks/help_time.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from record import record

RUNS = 20
COMMANDS = (["--help"], ["train", "--help"], ["verify", "--help"], ["worlds"])


def seconds(arguments: list[str]) -> float:
    """Wall-clock time of one fresh process."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "outrider.cli", *arguments], check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    """Measure and write the result."""
    rows = []
    for arguments in COMMANDS:
        seconds(arguments)  # bytecode and the disk's cache
        taken = sorted(seconds(arguments) for _ in range(RUNS))
        rows.append(
            {
                "command": f"`outrider {' '.join(arguments)}`",
                "median, seconds": round(statistics.median(taken), 3),
                "slowest of 20, seconds": round(taken[-1], 3),
            }
        )
        print(rows[-1])
    print(record("help_time", "Time until the command line answers, in fresh processes.", rows))


if __name__ == "__main__":
    main()
