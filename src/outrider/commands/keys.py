"""Which key does which action, and single keys read from a terminal or a pipe. Standard library only."""

from __future__ import annotations

import contextlib
import os
import string
import sys
from collections.abc import Iterator, Sequence

ARROWS = {f"\x1b{mode}{letter}": arrow for mode in "[O" for letter, arrow in zip("ABCD", "↑↓→←", strict=True)}
ARROW_OF = {
    "up": "↑",
    "forward": "↑",
    "down": "↓",
    "left": "←",
    "turn left": "←",
    "right": "→",
    "turn right": "→",
}
RESTART, QUIT = "r", "q"


class Keymap:
    """Which key does which of a world's actions: an arrow where it is a direction, and a letter each.

    A digit is the action of that number, whether there is one or not.

    >>> Keymap(("forward", "turn right", "turn left", "pick up", "drop", "toggle")).letters
    ('f', 'u', 'l', 'p', 'd', 't')
    """

    def __init__(self, actions: Sequence[str]):
        letters = dict.fromkeys(range(len(actions)), "")
        for number in sorted(letters, key=lambda number: actions[number] in ARROW_OF):
            name = actions[number]
            wanted = "".join(word[0] for word in name.split()) + name + string.ascii_letters
            taken = {RESTART, QUIT, *letters.values()}
            letters[number] = next(c for c in wanted if c.isalpha() and c not in taken)
        self.letters, self.actions = tuple(letters.values()), tuple(actions)
        self.arrows = {ARROW_OF[name]: number for number, name in enumerate(actions) if name in ARROW_OF}

    def action(self, key: str) -> int | None:
        """The number of a key's action, which may be none of the world's; None for a key without a meaning."""
        if key.isdecimal() and key.isascii():
            return int(key)
        return self.arrows.get(key, self.letters.index(key) if key in self.letters else None)

    def __str__(self) -> str:
        arrow_of = {number: f"{arrow} " for arrow, number in self.arrows.items()}
        told = (f"{arrow_of.get(n, '')}{self.letters[n]} {name}" for n, name in enumerate(self.actions))
        return "   ".join([*told, f"{RESTART} restart", f"{QUIT} quit"])


def read_keys() -> Iterator[str]:
    """Keys as they are pressed: a character each, an arrow as one of ↑ ↓ → ←. Ends with the input.

    A terminal sends them at once inside `single_keys` only. From a pipe, blanks are skipped.
    """
    typed, pending = sys.stdin.isatty(), ""
    while pending := pending or _more():
        code = next((code for code in ARROWS if pending.startswith(code)), pending[0])
        pending = pending.removeprefix(code)
        if typed or not code.isspace():
            yield ARROWS.get(code, code)


def _more() -> str:
    """What was typed since, waited for; an arrow's three characters come together. Empty at the end of the input."""
    return os.read(sys.stdin.fileno(), 4096).decode("utf-8", errors="replace")


@contextlib.contextmanager
def single_keys() -> Iterator[None]:
    """A terminal sends each key at once and does not show it; it is restored whatever happens, Ctrl-C included."""
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSANOW)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
