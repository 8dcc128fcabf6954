"""Runs a command under a time limit: `python tools/watchdog.py --limit SECONDS [--name NAME] -- COMMAND...`.

At the limit it says what still ran and how much processor time each process had used (a jitted program that
stands still uses none), has every Python among them print the stacks of its threads, and ends them: its own
descendants only, never others by name. Exit code: the command's, or 124 at the limit. Standard library only.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import signal
import subprocess
import sys
import time

LIMIT_REACHED = 124  # as coreutils' timeout
SECONDS_TO_SPEAK = 8  # between asking for stacks and the end


def main(arguments: list[str]) -> int:
    """Run the command; see the module's docstring."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--limit", type=float, required=True, help="seconds")
    parser.add_argument("--name", default="", help="what the message calls the command")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)
    name = options.name or " ".join(options.command)

    environment = {**os.environ, "PYTHONFAULTHANDLER": "1"}  # a Python that gets SIGABRT prints its stacks
    began = time.monotonic()
    child = subprocess.Popen(
        options.command, env=environment, start_new_session=True, preexec_fn=_no_core_dumps
    )
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: _send(child.pid, number, group=True))
    try:
        return _exit_code(child.wait(timeout=options.limit))
    except subprocess.TimeoutExpired:
        _end(child, name, options.limit)
        return LIMIT_REACHED
    finally:
        _send(child.pid, signal.SIGKILL, group=True)  # what the command left behind in its group
        if time.monotonic() - began > 60:
            print(f"{name}: {time.monotonic() - began:.0f} s of at most {options.limit:.0f} s", flush=True)


def family(of: int) -> list[tuple[int, str]]:
    """`of` and all processes below it, deepest first, each with its line of `ps`: state, time, command."""
    columns = ["-o", "pid=,ppid=,stat=,time=,args="]
    try:
        listed = subprocess.run(["ps", "-A", *columns], capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:  # a container without procps: the group alone is known
        return []
    rows = [row.split(None, 2) for row in listed.splitlines()]
    told = {int(pid): rest for pid, _, rest in rows}
    found = [of] if of in told else []
    for parent in found:  # grows while it is read
        found += [int(pid) for pid, above, _ in rows if int(above) == parent]
    return [(pid, told[pid]) for pid in reversed(found)]


def _end(child: subprocess.Popen[bytes], name: str, limit: float) -> None:
    running = family(child.pid)
    print(f"\nwatchdog: {name} ran longer than {limit:.0f} s and is ended. What still ran:", file=sys.stderr)
    for pid, told in running:
        print(f"  {pid} {told[:200]}", file=sys.stderr, flush=True)
    for pid, told in running:
        if "python" in told:
            _send(pid, signal.SIGABRT)  # prints the stacks of all threads, then ends
            time.sleep(0.2)
    if not running:
        _send(child.pid, signal.SIGABRT, group=True)
    deadline = time.monotonic() + SECONDS_TO_SPEAK
    while child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid, _ in running:
        _send(pid, signal.SIGKILL)
    _send(child.pid, signal.SIGKILL, group=True)
    child.wait()


def _send(pid: int, number: int, group: bool = False) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        (os.killpg if group else os.kill)(pid, number)


def _no_core_dumps() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _exit_code(code: int) -> int:
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
