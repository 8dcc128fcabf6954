"""The charts of a report but for the curves: comparisons, seeds, weights, shares. Pure functions to SVG."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np

from outrider.report import svg, words
from outrider.report.markup import Safe, join, tag
from outrider.report.read import Arm
from outrider.report.svg import Scale

ROW = 52


def forest(comparisons: Sequence[dict[str, Any]], treatment: str, smallest: float) -> Safe:
    """Each comparison as an effect with its interval, over zero and the band of what does not matter."""
    ends = [v for c in comparisons for v in (c.get("low"), c.get("high"), c.get("difference")) if _real(v)]
    low, high = min([0, -smallest * 1.5, *ends]), max([0, smallest * 1.5, *ends])
    scale = Scale(low - 0.06 * (high - low), high + 0.06 * (high - low))
    height = ROW * len(comparisons)
    band = tag(
        "rect",
        x=scale.at(-smallest),
        width=f"{scale(smallest) - scale(-smallest):.2f}%",
        y="0",
        height="100%",
        class_="band",
    )
    zero = tag("line", x1=scale.at(0), x2=scale.at(0), y1="0", y2="100%", class_="zero")
    rows = [_effect(i, c, scale, treatment) for i, c in enumerate(comparisons)]
    axis = svg.x_axis(scale, svg.ticks(scale.low, scale.high, 6), _signed_tick)
    title = f"Effects of {treatment}: " + "; ".join(
        f"against {c['against']} {_numbers(c)}" for c in comparisons
    )
    left = svg.room_for(f"against {c['against']}" for c in comparisons)
    return svg.chart(title, height, band, *axis, zero, *rows, class_="forest", style=f"--left:{left}")


def _effect(i: int, c: dict[str, Any], scale: Scale, treatment: str) -> Safe:
    top, y = i * ROW, str(i * ROW + 34)
    effect, low, high = c.get("difference"), c.get("low"), c.get("high")
    numbers, rival = _numbers(c), tag("tspan", c["against"], class_="strong")
    marks: list[Safe | None] = [
        tag("line", x1="0", x2="100%", y1=top, y2=top, class_="rule") if i else None,
        tag("text", "against ", rival, x="0", y=top + 17, class_="label left"),
        tag("text", numbers, x="100%", y=top + 17, class_="label right figures"),
    ]
    if _real(effect):
        left, right = (low if _real(low) else scale.low), (high if _real(high) else scale.high)
        line = tag("line", x1=scale.at(left), x2=scale.at(right), y1=y, y2=y, class_="interval c0")
        caps = [
            tag("line", x1=scale.at(v), x2=scale.at(v), y1=int(y) - 5, y2=int(y) + 5, class_="interval c0")
            for v in (low, high)
            if _real(v)
        ]
        title = f"{treatment} minus {c['against']}: {numbers}"
        marks += [line, *caps, svg.marker(0, scale.at(effect), y, title)]
    return tag("g", join(marks), class_="row")


def _numbers(c: dict[str, Any]) -> str:
    return f"{words.signed(c.get('difference'))} {words.interval(c.get('low'), c.get('high'))}"


def strip(
    scores: Sequence[tuple[Arm, dict[int, float | None]]], metric: str, bounds: tuple[float, float] | None
) -> Safe:
    """Every seed of every arm as one mark; the marks of one seed are joined, for the seeds are paired."""
    values = [v for _, row in scores for v in row.values() if v is not None]
    if not values:
        return tag("p", "No run has a final score: no episode ended in the last tenth of any.", class_="note")
    scale = Scale(*(bounds or (min(0.0, *values), max(values))))
    seeds = sorted({seed for _, row in scores for seed in row})
    row_height, height = 66, 66 * len(scores)
    place = {seed: 30 + 26 * (k + 0.5) / len(seeds) for k, seed in enumerate(seeds)}
    marks = [*svg.x_axis(scale, svg.ticks(scale.low, scale.high, 5), words.short)]
    for i, (arm, row) in enumerate(scores):
        there = [v for v in row.values() if v is not None]
        mean = sum(there) / len(there) if there else None
        top = i * row_height
        unscored = f"{len(row) - len(there)} unscored" if len(there) < len(row) else ""
        said = ", ".join(filter(None, (f"mean {words.fixed(mean)}" if there else "", unscored)))
        marks.append(tag("line", x1="0", x2="100%", y1=top, y2=top, class_="rule") if i else Safe(""))
        marks.append(
            tag("text", arm.name, x="0", y=top + 20, class_=f"label left ink strong {svg.colour(arm.slot)}")
        )
        marks.append(tag("text", said, x="100%", y=top + 20, class_="label right figures"))
        if mean is not None:
            marks.append(
                tag(
                    "line",
                    x1=scale.at(mean),
                    x2=scale.at(mean),
                    y1=top + 28,
                    y2=top + 60,
                    class_=f"middle stroke {svg.colour(arm.slot)}",
                )
            )
    for seed in seeds:
        ends = [(i, row.get(seed)) for i, (_, row) in enumerate(scores)]
        links = [
            tag(
                "line",
                x1=scale.at(a),
                x2=scale.at(b),
                y1=i * row_height + place[seed],
                y2=(i + 1) * row_height + place[seed],
                class_="link",
            )
            for (i, a), (_, b) in itertools.pairwise(ends)
            if a is not None and b is not None
        ]
        dots = [
            svg.marker(
                arm.slot,
                scale.at(v),
                str(round(i * row_height + place[seed], 1)),
                f"{arm.name}, seed {seed}: {words.fixed(v, 3)}",
            )
            for i, (arm, row) in enumerate(scores)
            if (v := row.get(seed)) is not None
        ]
        marks.append(tag("g", *links, *dots, class_="seed"))
    title = f"{metric} of every seed: " + "; ".join(
        f"{arm.name} " + " ".join(words.fixed(v) for v in row.values()) for arm, row in scores
    )
    return svg.chart(
        title, height, *marks, class_="strip", style=f"--left:{svg.room_for(arm.name for arm, _ in scores)}"
    )


def histogram(weights: Sequence[float], title: str, bins: int = 20, height: int = 130) -> Safe:
    """How the weights above 0 spread over (0, 1]. Those of exactly 0 are told beside it, not drawn."""
    edges = np.linspace(0, 1, bins + 1)
    counts = np.histogram([w for w in weights if w > 0], edges)[0].tolist()
    tallest = max(max(counts), 1)
    marks = [tag("line", x1="0", x2="100%", y1="100%", y2="100%", class_="rule")]
    for i, n in enumerate(counts):
        if n:
            left, wide, tall = 100 * i / bins, 100 / bins, 88 * n / tallest
            name = tag(
                "title", f"over {edges[i]:.2f}, up to {edges[i + 1]:.2f}: {words.plural(n, 'caption')}"
            )
            box = {
                "x": f"{left + 0.25:.2f}%",
                "width": f"{wide - 0.5:.2f}%",
                "y": f"{100 - tall:.2f}%",
                "height": f"{tall:.2f}%",
            }
            marks.append(tag("rect", name, class_="bar", **box))
            marks.append(
                tag("text", n, x=f"{left + wide / 2:.2f}%", y=box["y"], dy="-.4em", class_="tick mid")
            )
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        marks.append(
            tag("text", f"{value:g}", x=f"{100 * value:g}%", y="100%", dy="1.5em", class_="tick mid")
        )
    return svg.chart(title, height, *marks, class_="histogram")


def shares(parts: Sequence[tuple[str, int, str]], title: str) -> Safe:
    """A whole cut into named parts: one bar, and every part's number in words below it."""
    whole = sum(n for _, n, _ in parts) or 1
    pieces = [
        tag("span", style=f"width:{100 * n / whole:.2f}%", class_=f"piece {look}")
        for _, n, look in parts
        if n
    ]
    told = [
        tag("li", tag("span", class_=f"key {look}", aria_hidden="true"), f"{words.count(n)} {name}")
        for name, n, look in parts
    ]
    return tag(
        "div",
        tag("div", *pieces, class_="whole", role="img", aria_label=title),
        tag("ul", *told, class_="keys"),
        class_="shares",
    )


def _signed_tick(value: float) -> str:
    return f"{value:+g}".replace("-", words.MINUS) if value else "0"


def _real(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and math.isfinite(value)
