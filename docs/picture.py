"""The learning curves of a claim as one SVG that stands alone, light and dark: for README and the site."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from outrider.report import svg, words
from outrider.report.curves import SHARE, Curve, curve
from outrider.report.read import load

WIDTH, HEIGHT = 860, 340
LEFT, RIGHT, TOP, BOTTOM = 52, 150, 34, 46
LIGHT = ("#0b5fc0", "#5f6873", "#c23f0a", "#0b7f62", "#a33d95", "#8a6100", "#0f7f9f", "#7d3b2a")
DARK = ("#6db1ff", "#a9b3bd", "#ff8a55", "#43cba2", "#e58cda", "#e0b33c", "#5fcbe8", "#d99a86")


def learning_curves(evidence: Path) -> str:
    """Success over environment steps: of each arm the mean over its seeds, and its pointwise interval."""
    e = load(evidence)
    drawn = [(arm, curve(e.runs[arm.name], "success", SHARE)) for arm in e.arms if arm.name in e.runs]
    drawn = [(arm, c) for arm, c in drawn if c.last is not None]
    last_step = max(float(c.steps[-1]) for _, c in drawn)
    ends = [_y(c.last or 0.0) for _, c in drawn]
    labels = svg.spread(ends, 17, TOP, HEIGHT - BOTTOM)
    parts = [_ground(last_step, f"{e.plan.world}, mean over {e.plan.seeds} seeds and its interval")]
    for arm, c in reversed(drawn):
        x = LEFT + c.steps / last_step * (WIDTH - LEFT - RIGHT)
        parts += _arm(arm.slot, x, c)
    for (arm, _), end, place in zip(drawn, ends, labels, strict=True):
        parts.append(
            f'<line class="s{arm.slot} lead" x1="{WIDTH - RIGHT + 2}" y1="{end:.1f}" '
            f'x2="{WIDTH - RIGHT + 9}" y2="{place:.1f}"/>'
        )
        parts.append(
            f'<text class="f{arm.slot}" x="{WIDTH - RIGHT + 12}" y="{place + 4:.1f}">{arm.name}</text>'
        )
    said = ", ".join(f"{arm.name} ends at {words.fixed(c.last)}" for arm, c in drawn)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="13">\n'
        f"<title>Success over environment steps on {e.plan.world}: {said}.</title>\n"
        f"<style>{_style()}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _ground(last_step: float, told: str) -> str:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    marks = [f'<text class="ink" x="{LEFT}" y="18">Success on {told}</text>']
    for value in svg.ticks(0, 1, 4):
        y = _y(value)
        marks.append(f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{right}" y2="{y}"/>')
        marks.append(f'<text class="dim" text-anchor="end" x="{LEFT - 8}" y="{y + 4}">{value:g}</text>')
    for step in svg.ticks(0, last_step, 5):
        x = round(LEFT + step / last_step * (right - LEFT), 1)
        marks.append(
            f'<text class="dim" text-anchor="middle" x="{x}" y="{bottom + 18}">{words.short(step)}</text>'
        )
    marks.append(
        f'<text class="dim" text-anchor="middle" x="{(LEFT + right) / 2}" y="{bottom + 36}">'
        "environment steps</text>"
    )
    return "\n".join(marks)


def _arm(slot: int, x: NDArray[np.float64], c: Curve) -> list[str]:
    there = ~np.isnan(c.mean)
    banded = there & ~np.isnan(c.low)
    upper = [f"{a:.1f},{_y(v)}" for a, v in zip(x[banded], c.high[banded], strict=True)]
    lower = [f"{a:.1f},{_y(v)}" for a, v in zip(x[banded], c.low[banded], strict=True)]
    mean = [f"{a:.1f},{_y(v)}" for a, v in zip(x[there], c.mean[there], strict=True)]
    dash = f' stroke-dasharray="{svg.dash(slot)}"' if svg.dash(slot) else ""
    return [
        f'<polygon class="f{slot} band{" main" if slot == 0 else ""}" points="{" ".join([*upper, *lower[::-1]])}"/>',
        f'<polyline class="s{slot}" points="{" ".join(mean)}"{dash}/>',
    ]


def _y(success: float) -> float:
    return round(TOP + (1 - float(success)) * (HEIGHT - TOP - BOTTOM), 1)


def _style() -> str:
    def colours(shades: tuple[str, ...]) -> str:
        return "".join(f".s{i}{{stroke:{shade}}}.f{i}{{fill:{shade}}}" for i, shade in enumerate(shades))

    return (
        "polyline{fill:none;stroke-width:2.2}.band{opacity:.05;stroke:none}.main{opacity:.16}.grid{stroke:#8884;stroke-width:1}"
        ".lead{stroke-width:1}.ink{fill:#1b1f24;font-weight:600}.dim{fill:#59636e}"
        f"{colours(LIGHT)}@media(prefers-color-scheme:dark){{.ink{{fill:#e6edf3}}.dim{{fill:#9da7b1}}{colours(DARK)}}}"
    )
