"""The small parts that every section of the page is put together from."""

from __future__ import annotations

from outrider.report import svg
from outrider.report.markup import Safe, tag
from outrider.report.read import Arm


def section(name: str, heading: str, *children: object) -> Safe:
    """A section with its heading and a name to link to."""
    return tag("section", tag("h2", heading, id=name), *children, aria_labelledby=name)


def note(*children: object) -> Safe:
    """A quiet sentence on how to read what stands above or below."""
    return tag("p", *children, class_="note")


def arm_label(arm: Arm | None, name: str) -> Safe:
    """An arm's name beside its line and marker."""
    return tag("span", svg.swatch(arm.slot) if arm else None, name, class_="arm-name")


def right(heading: str) -> Safe:
    return tag("th", heading, scope="col", class_="n")
