"""The chart of benchmarks/results/caption_coverage.json: distinct situations over steps, both axes logarithmic."""

from __future__ import annotations

import math
from typing import Any

from picture import BOTTOM, DARK, LEFT, LIGHT, TOP, WIDTH

from outrider.report import svg
from outrider.worlds.listing import kinds

RIGHT, LABEL, HEIGHT = 250, 15, 340  # of labels, of each, and of the whole where these have room in it
MARKS = {"1k": 3, "10k": 4, "100k": 5, "1M": 6}  # powers of ten


def of_each_kind(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the first size of each kind, and of worlds with options."""
    firsts = {names[0] for names in kinds().values()}
    return [row for row in rows if row["world"] in firsts or "+" in row["world"]]


def coverage_chart(rows: list[dict[str, Any]]) -> str:
    """Worlds in turn get a colour; what chance sees is dashed, what a trained policy sees is solid."""
    worlds = list(dict.fromkeys(row["world"] for row in rows))
    bottom = max(HEIGHT - BOTTOM, TOP + LABEL * len(worlds))
    top = max(1, math.ceil(math.log10(max(row["situations, 1M"] for row in rows) + 1)))
    told = "Distinct situations: trained policy solid, random actions dashed"
    parts = [f'<text class="ink" x="{LEFT}" y="18">{told}</text>']
    for power in range(top + 1):
        y = _y(power / top, bottom)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}"/>')
        parts.append(
            f'<text class="dim" text-anchor="end" x="{LEFT - 8}" y="{y + 4}">{_short(10**power)}</text>'
        )
    for label, power in MARKS.items():
        parts.append(_below(power, bottom + 18, label))
    parts.append(_below(4.5, bottom + 36, "steps of all copies"))
    for row in rows:
        slot, dashed = worlds.index(row["world"]) % len(LIGHT), row["policy"] == "random"
        points = " ".join(
            f"{_x(power)},{_y(_log(row[f'situations, {label}']) / top, bottom)}"
            for label, power in MARKS.items()
        )
        dash = ' stroke-dasharray="3 4"' if dashed else ""
        parts.append(f'<polyline class="s{slot}" points="{points}"{dash}/>')
    most = {world: max(row["situations, 1M"] for row in rows if row["world"] == world) for world in worlds}
    ends = [_y(_log(most[world]) / top, bottom) for world in worlds]
    for slot, (world, place) in enumerate(zip(worlds, svg.spread(ends, LABEL, TOP, bottom), strict=True)):
        at = f'x="{WIDTH - RIGHT + 8}" y="{place + 4:.1f}"'
        parts.append(f'<text class="f{slot % len(LIGHT)}" {at}>{world}: {most[world]:,}</text>')
    said = ", ".join(f"{world} {most[world]:,}" for world in worlds)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + BOTTOM}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12">\n'
        f"<title>Distinct situations in a million steps: {said}.</title>\n<style>{_style()}</style>\n"
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _below(power: float, y: int, told: str) -> str:
    return f'<text class="dim" text-anchor="middle" x="{_x(power)}" y="{y}">{told}</text>'


def _log(count: int) -> float:
    return math.log10(max(1, count))


def _x(power: float) -> float:
    return round(LEFT + (power - 3) / 3 * (WIDTH - LEFT - RIGHT), 1)


def _y(share: float, bottom: int) -> float:
    return round(TOP + (1 - share) * (bottom - TOP), 1)


def _style() -> str:
    def colours(shades: tuple[str, ...]) -> str:
        return "".join(f".s{i}{{stroke:{shade}}}.f{i}{{fill:{shade}}}" for i, shade in enumerate(shades))

    return (
        "polyline{fill:none;stroke-width:2}.grid{stroke:#8884;stroke-width:1}.ink{fill:#1b1f24;font-weight:600}"
        f".dim{{fill:#59636e}}{colours(LIGHT)}@media(prefers-color-scheme:dark){{.ink{{fill:#e6edf3}}"
        f".dim{{fill:#9da7b1}}{colours(DARK)}}}"
    )


def _short(number: int) -> str:
    """As 100 or 100k."""
    return f"{number // 1000}k" if number >= 1000 else str(number)
