"""Learning curves as a drawing: means, bands and single seeds. Pure functions to SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from outrider.report import svg, words
from outrider.report.curves import Curve
from outrider.report.markup import Safe, tag
from outrider.report.read import Arm
from outrider.report.svg import Scale


def draw(
    curves: Sequence[tuple[Arm, Curve]],
    title: str,
    bounds: tuple[float, float] | None = None,
    height: int = 320,
    seeds: bool = True,
) -> Safe:
    """Mean of each arm with its band and, thin, every seed. `bounds` are the ends that values cannot pass."""
    drawn = [(arm, c) for arm, c in curves if len(c.steps) and not np.isnan(c.mean).all()]
    if not drawn:
        return tag("p", "No episode ended in any arm, so there is no curve to draw.", class_="note")
    x = Scale(0.0, max(float(c.steps[-1]) for _, c in drawn))
    y = _height_scale([c for _, c in drawn], bounds, seeds)
    paths = [_paths(arm, c, x, y, seeds) for arm, c in reversed(drawn)]
    plane = tag(
        "svg",
        *paths,
        viewBox="0 0 1000 1000",
        preserveAspectRatio="none",
        width="100%",
        height="100%",
        class_="plane",
    )
    axes = svg.x_axis(x, svg.ticks(0, x.high, 5), words.short) + svg.y_axis(
        y, svg.ticks(y.low, y.high, 4), words.short
    )
    ends = [100 - y(float(c.mean[~np.isnan(c.mean)][-1])) for _, c in drawn]
    places = svg.spread([end * height / 100 for end in ends], 17, 0, height)
    labels = [
        tag(
            "text",
            arm.name,
            x="100%",
            dx="8",
            y=round(place, 1),
            dy=".35em",
            class_=f"label end-label ink {svg.colour(arm.slot)}",
            data_arm=arm.slot,
        )
        for (arm, _), place in zip(drawn, places, strict=True)
    ]
    cursor = tag("line", x1="0", x2="0", y1="0", y2="100%", class_="cursor", visibility="hidden")
    right = svg.room_for(arm.name for arm, _ in drawn)
    return svg.chart(title, height, *axes, plane, cursor, *labels, class_="curves", style=f"--right:{right}")


def _height_scale(curves: Sequence[Curve], bounds: tuple[float, float] | None, seeds: bool) -> Scale:
    if bounds:
        return Scale(*bounds)
    shown = np.concatenate(
        [(c.values if seeds else np.stack([c.mean, c.low, c.high])).ravel() for c in curves]
    )
    shown = shown[np.isfinite(shown)]
    low, high = min(0.0, float(shown.min())), max(0.0, float(shown.max()))
    return Scale(low, high + 0.04 * (high - low) if high > low else low + 1)


def _paths(arm: Arm, c: Curve, x: Scale, y: Scale, seeds: bool) -> Safe:
    across = [round(10 * x(float(step))) for step in c.steps]

    def up(values: Any) -> list[int | None]:
        return [None if math.isnan(v) else round(1000 - 10 * y(float(v))) for v in values]

    look = svg.colour(arm.slot)
    thin = (
        [tag("path", d=_line(across, up(row)), class_=f"thin stroke {look}") for row in c.values]
        if seeds
        else []
    )
    band = tag("path", d=_area(across, up(c.low), up(c.high)), class_=f"area fill {look}")
    mean = tag(
        "path", d=_line(across, up(c.mean)), class_=f"mean stroke {look}", stroke_dasharray=svg.dash(arm.slot)
    )
    return tag("g", band, *thin, mean, data_arm=arm.slot, class_="main" if arm.treatment else None)


def _line(x: Sequence[int], y: Sequence[int | None]) -> str:
    """A path that breaks where a value is missing; a lone point becomes a short stroke."""
    words_, pen = [], False
    for i, (a, b) in enumerate(zip(x, y, strict=True)):
        if b is None:
            pen = False
            continue
        words_.append(f"{'L' if pen else 'M'}{a} {b}")
        alone = not pen and (i + 1 == len(y) or y[i + 1] is None)
        words_.append("h2" if alone else "")
        pen = True
    return "".join(words_)


def _area(x: Sequence[int], low: Sequence[int | None], high: Sequence[int | None]) -> str:
    out, run = [], []
    for a, bottom, top in [*zip(x, low, high, strict=True), (0, None, None)]:
        if bottom is not None and top is not None:
            run.append((a, bottom, top))
        elif run:
            there = "L".join(f"{p} {t}" for p, _, t in run)
            back = "L".join(f"{p} {b}" for p, b, _ in reversed(run))
            out.append(f"M{there}L{back}Z")
            run = []
    return "".join(out)
