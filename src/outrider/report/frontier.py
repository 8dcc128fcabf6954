"""How far the agents got: when each kind of event first occurred, by arm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from outrider.report import svg, words
from outrider.report.markup import Safe, number, table, tag
from outrider.report.parts import note, right, section
from outrider.report.read import Arm, Evidence
from outrider.report.svg import Scale

SILENT = "no event"
ROW, APART = 22, 9  # pixels of a row, and more for each arm in it

First = dict[str, list[int | None]]  # kind of event -> the step at which each seed first met it; None: never


def frontier(e: Evidence) -> Safe:
    """Each kind of event with the median step at which an arm's seeds first met it, the farthest last."""
    heading = "How far they got"
    arms = [(arm, first(e.runs[arm.name])) for arm in e.arms if arm.name in e.runs]
    kinds = sorted(
        {kind for _, found in arms for kind in found}, key=lambda kind: (_earliest(kind, arms), kind)
    )
    if not kinds:
        return section(
            "frontier", heading, note("The runs do not record when each kind of event first occurred.")
        )
    return section(
        "frontier",
        heading,
        tag(
            "div",
            *(tag("span", svg.swatch(arm.slot), arm.name, class_="arm-name") for arm, _ in arms),
            class_="legend",
        ),
        _chart(kinds, arms),
        note(
            "The environment step of a run at which a kind of event first occurred, on a scale of powers of ten: the "
            "median over the seeds of an arm, where at least half of them ever met it."
        ),
        tag(
            "details",
            tag("summary", "The same as a table"),
            table(
                ["first occurrence of", *(right(arm.name) for arm, _ in arms)],
                [[kind, *(_cell(found.get(kind, [])) for _, found in arms)] for kind in kinds],
                "Median step of the first occurrence, and by how many seeds where not by all; a dash: fewer than half",
            ),
        ),
    )


def first(runs: Sequence[dict[str, Any]]) -> First:
    """When each seed first met each kind of event; nothing where runs do not say."""
    told = [run.get("first_kinds") or {} for run in runs]
    kinds = {kind for one in told for kind in one} - {SILENT}
    return {kind: [one.get(kind) for one in told] for kind in kinds}


def median(steps: Sequence[int | None]) -> float:
    """The lower median, a seed that never met it counting as infinity; infinity, too, where there are no seeds."""
    ordered = sorted(math.inf if step is None else step for step in steps)
    return ordered[(len(ordered) - 1) // 2] if ordered else math.inf


def _earliest(kind: str, arms: Sequence[tuple[Arm, First]]) -> tuple[float, float]:
    """Where a kind stands: by the first arm's median to get there, then by the first seed of any."""
    seeds = [step for _, found in arms for step in found.get(kind, []) if step is not None]
    return min(median(found.get(kind, [])) for _, found in arms), min(seeds, default=math.inf)


def _chart(kinds: Sequence[str], arms: Sequence[tuple[Arm, First]]) -> Safe:
    steps = [step for _, found in arms for row in found.values() for step in row if step is not None]
    scale = Scale(math.floor(math.log10(max(min(steps), 1))), math.log10(max(steps)))
    tall = ROW + APART * len(arms)
    powers = [float(power) for power in range(int(scale.low), math.floor(scale.high) + 1)]
    marks = [*svg.x_axis(scale, powers, lambda power: words.short(10**power))]
    for i, kind in enumerate(kinds):
        top = i * tall
        marks.append(tag("line", x1="0", x2="100%", y1=top, y2=top, class_="rule"))
        marks.append(tag("text", kind, x="0", y=top + tall / 2, dy=".35em", class_="label left"))
        for place, (arm, found) in enumerate(arms):
            row = found.get(kind, [])
            if math.isfinite(at := median(row)):
                y = f"{top + tall / 2 + APART * (place - (len(arms) - 1) / 2):g}"
                marks.append(
                    svg.marker(arm.slot, scale.at(math.log10(max(at, 1))), y, f"{arm.name}: {_told(row)}")
                )
    title = "First occurrence of each kind of event: " + "; ".join(
        f"{kind}: " + ", ".join(f"{arm.name} {_told(found.get(kind, []))}" for arm, found in arms)
        for kind in kinds
    )
    return svg.chart(
        title, tall * len(kinds), *marks, class_="frontier", style=f"--left:{svg.room_for(kinds)}"
    )


def _told(steps: Sequence[int | None], few: str = "by fewer than half", seeds: str = " seeds") -> str:
    """The median, and by how many seeds where not by all."""
    met, at = sum(step is not None for step in steps), median(steps)
    if not met:
        return "never"
    reached = words.short(at) if math.isfinite(at) else few
    return reached if met == len(steps) else f"{reached} ({met} of {len(steps)}{seeds})"


def _cell(steps: Sequence[int | None]) -> Safe:
    return number(_told(steps, words.NONE, ""))
