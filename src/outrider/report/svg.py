"""The ground of every chart: scales in percent, so that a drawing widens while its text does not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from outrider.report.markup import Safe, tag

# A form beside every colour: who cannot tell two colours apart reads the dash and the marker.
DASHES = ("", "2 5", "9 4", "9 4 2 4", "5 3", "14 4", "1 3 6 3", "3 3")
MARKERS = (
    "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z",
    "M-4.3-4.3h8.6v8.6h-8.6z",
    "M0-6L6 0L0 6L-6 0z",
    "M0-5.5L5.5 4.5h-11z",
    "M0 5.5L5.5-4.5h-11z",
    "M-2-5.5h4v3.5h3.5v4h-3.5v3.5h-4v-3.5h-3.5v-4h3.5z",
    "M-5.5-2.6h11v5.2h-11z",
    "M-2.6-5.5h5.2v11h-5.2z",
)


def dash(slot: int) -> str | None:
    """The dash pattern of an arm; the treatment is drawn solid."""
    return DASHES[slot % len(DASHES)] or None


def colour(slot: int) -> str:
    """The class that carries an arm's colour."""
    return f"c{slot % len(MARKERS)}"


@dataclass(frozen=True)
class Scale:
    """A line from `low` to `high`, laid over 0 to 100 percent."""

    low: float
    high: float

    def __call__(self, value: float) -> float:
        """Where a value lies, in percent; outside values stop at the edge."""
        span = self.high - self.low or 1.0
        return round(100 * min(max((value - self.low) / span, 0.0), 1.0), 2)

    def at(self, value: float) -> str:
        """Where a value lies, as an SVG length."""
        return f"{self(value):g}%"

    def up(self, value: float) -> str:
        """Where a value lies on an axis that grows upward."""
        return f"{round(100 - self(value), 2):g}%"

    def holds(self, value: float) -> bool:
        """Whether a value lies within."""
        return self.low <= value <= self.high


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between two ends: steps of 1, 2, 2.5 or 5 times a power of ten."""
    if not high > low:
        return [low]
    rough = (high - low) / max(about, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) + 0.0 for k in range(first, math.floor(high / step + 1e-9) + 1)]


def x_axis(scale: Scale, values: Sequence[float], show: Callable[[float], str]) -> list[Safe]:
    """Vertical hairlines with their values below."""
    marks = []
    for i, value in enumerate(values):
        x = scale.at(value)
        last = " end" if i == len(values) - 1 and scale(value) > 94 else ""
        marks.append(tag("line", x1=x, x2=x, y1="0", y2="100%", class_="grid"))
        marks.append(tag("text", show(value), x=x, y="100%", dy="1.5em", class_=f"tick mid{last}"))
    return marks


def y_axis(scale: Scale, values: Sequence[float], show: Callable[[float], str]) -> list[Safe]:
    """Horizontal hairlines with their values on the left."""
    marks = []
    for value in values:
        y = scale.up(value)
        marks.append(tag("line", x1="0", x2="100%", y1=y, y2=y, class_="grid"))
        marks.append(tag("text", show(value), x="-8", y=y, dy=".35em", class_="tick right"))
    return marks


def marker(slot: int, x: str, y: str, title: str = "", **attributes: object) -> Safe:
    """An arm's marker at a place."""
    shape = tag("path", tag("title", title) if title else None, d=MARKERS[slot % len(MARKERS)])
    return tag("svg", shape, x=x, y=y, overflow="visible", class_=f"mark {colour(slot)}", **attributes)


def chart(title: str, height: int, *marks: object, class_: str = "", **attributes: object) -> Safe:
    """A drawing that is as wide as its place. `title` tells in words what it shows, for who cannot see it."""
    inner = tag(
        "svg", *marks, role="img", aria_label=title, width="100%", height=str(height), overflow="visible"
    )
    return tag("div", inner, class_=f"chart {class_}".strip(), **attributes)


def swatch(slot: int) -> Safe:
    """A short piece of an arm's line with its marker, for legends and tables."""
    line = tag(
        "line", x1="0", x2="30", y1="7", y2="7", stroke_dasharray=dash(slot), class_=f"stroke {colour(slot)}"
    )
    point = tag(
        "svg",
        tag("path", d=MARKERS[slot % len(MARKERS)]),
        x="15",
        y="7",
        overflow="visible",
        class_=f"mark {colour(slot)}",
    )
    return tag("svg", line, point, width="30", height="14", class_="swatch", aria_hidden="true")


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places moved apart as little as needed for each to have `gap` to the next, in their old order."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    out = [0.0] * len(places)
    edge = low
    for i in order:
        out[i] = max(places[i], edge)
        edge = out[i] + gap
    edge = high
    for i in reversed(order):
        out[i] = min(out[i], edge)
        edge = out[i] - gap
    return out


def room_for(names: Iterable[str]) -> str:
    """The width that the longest of some labels needs beside a chart, as a CSS length."""
    return f"{min(2 + 0.56 * max((len(name) for name in names), default=0), 20):.1f}rem"
