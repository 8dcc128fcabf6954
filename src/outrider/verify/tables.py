"""Values of a TOML table, checked: a mistake is one line that says what is wrong, in which file and key, what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from outrider.errors import OutriderError, nearest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def known(given: Mapping[str, Any], keys: tuple[str, ...], where: str, place: str) -> None:
    """Refuse keys that are not among `keys`."""
    for key in given:
        if key not in keys:
            raise OutriderError(f"{where}: {place} has the unknown key {key!r}{nearest(key, keys)}")


def table(
    content: Mapping[str, Any], name: str, where: str, guide: str = "docs/evidence.md shows a whole plan"
) -> dict[str, Any]:
    """The table of this name; `guide` is where one is shown."""
    if not isinstance(content.get(name), dict):
        raise OutriderError(f"{where} lacks the table [{name}]: add it ({guide})")
    return content[name]


def text(value: Any, where: str, key: str) -> str:
    """A text that says something."""
    if not isinstance(value, str) or not value.strip():
        raise OutriderError(f"{where}: {key} is {value!r}: write a text in quotes")
    return value


def name(value: Any, where: str, key: str) -> str:
    """A text that can name a file."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise OutriderError(
            f"{where}: {key} is {value!r}: use letters, digits, dots and dashes (it names files)"
        )
    return value


def count(value: Any, where: str, key: str, least: int = 1) -> int:
    """A whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise OutriderError(f"{where}: {key} is {value!r}: write a whole number of at least {least}")
    return value


def fraction(value: Any, where: str, key: str) -> float:
    """A number between 0 and 1, neither of them."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise OutriderError(f"{where}: {key} is {value!r}: write a number above 0 and below 1")
    return float(value)
