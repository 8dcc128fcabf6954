"""The errors that users see, and how they help with a name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class OutriderError(Exception):
    """What is wrong, where, and what to do, in one line. The command line ends with `exit_code`."""

    exit_code = 2


class Interrupted(OutriderError):
    """Ctrl-C, with what was kept and how to go on, in one line."""

    exit_code = 130


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest known one, or all of them."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1)
    return f": did you mean {close[0]!r}?" if close else f": use one of {', '.join(sorted(known))}"
