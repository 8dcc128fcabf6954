"""The watchdog ends what hangs, says where it hung, and touches nobody else."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

WATCHDOG = Path(__file__).parents[2] / "tools" / "watchdog.py"
HANG = "import time\ndef the_place_where_it_hangs():\n    time.sleep(60)\nthe_place_where_it_hangs()"


def guarded(limit: float, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(WATCHDOG), "--limit", str(limit), "--name", "trial", "--", *command],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_a_command_that_ends_keeps_its_exit_code_and_output():
    done = guarded(30, sys.executable, "-c", "print('out'); raise SystemExit(3)")
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "")


def test_a_command_that_hangs_is_ended_with_the_stacks_of_its_children():
    bystander = subprocess.Popen([sys.executable, "-c", HANG])
    try:
        began = time.monotonic()
        done = guarded(2, "sh", "-c", f'"{sys.executable}" -c "{HANG}" & wait')
        assert done.returncode == 124
        assert time.monotonic() - began < 30
        assert "trial ran longer than 2 s" in done.stderr
        assert "in the_place_where_it_hangs" in done.stderr
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_what_a_command_leaves_running_is_ended_with_it(tmp_path):
    left = tmp_path / "alive"
    code = f"import time, pathlib\ntime.sleep(3)\npathlib.Path({str(left)!r}).touch()"
    assert guarded(30, "sh", "-c", f'"{sys.executable}" -c "{code}" & exit 0').returncode == 0
    time.sleep(4)
    assert not left.exists()
