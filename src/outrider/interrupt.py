"""Ctrl-C that is not lost. Python raises KeyboardInterrupt wherever it happens to be, and where that is a callback of
JAX's (a garbage collection, say) it is swallowed; so the signal is also remembered, and long loops ask for it.
"""

from __future__ import annotations

import signal
from types import FrameType

_pressed = False


def remember() -> None:
    """From now on remember Ctrl-C, beside raising KeyboardInterrupt. Main thread only."""

    def pressed(number: int, frame: FrameType | None) -> None:
        global _pressed
        _pressed = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, pressed)


def check() -> None:
    """Raise KeyboardInterrupt if Ctrl-C was pressed."""
    if _pressed:
        raise KeyboardInterrupt
