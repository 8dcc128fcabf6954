"""Ctrl-C that is not lost. Python raises KeyboardInterrupt wherever it happens to be, and where that is a callback of
JAX's (a garbage collection, say) it is swallowed; so the signal is also remembered, and long loops ask for it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

_pressed = False


def remember() -> None:
    """From now on remember Ctrl-C, beside raising KeyboardInterrupt. Main thread only."""

    def pressed(number: int, frame: FrameType | None) -> None:
        global _pressed
        _pressed = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, pressed)


def end(code: int) -> NoReturn:
    """End the process at once, after its children. Python's own way out crashes where XLA's threads still compile."""
    for child in multiprocessing.active_children():
        child.terminate()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def check() -> None:
    """Raise KeyboardInterrupt if Ctrl-C was pressed."""
    if _pressed:
        raise KeyboardInterrupt
