"""Numbers as a reader wants them: one rule for each kind of quantity."""

from __future__ import annotations

import math

NONE = "–"
MINUS = "−"


def fixed(value: float | None, digits: int = 2) -> str:
    """A number with so many digits after the point, and a dash where there is none."""
    if value is None or math.isnan(value):
        return NONE
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    return f"{value:.{digits}f}".replace("-", MINUS)


def signed(value: float | None, digits: int = 2) -> str:
    """A difference: its sign is always written, but for what rounds to zero."""
    shown = fixed(value, digits)
    if value is None or not math.isfinite(value) or float(f"{value:.{digits}f}") == 0:
        return shown.removeprefix(MINUS)
    return shown if value < 0 else f"+{shown}"


def interval(low: float | None, high: float | None, digits: int = 2) -> str:
    """An interval with signs: [+0.41, +0.83]."""
    return f"[{signed(low, digits)}, {signed(high, digits)}]"


def span(low: float | None, high: float | None, digits: int = 2) -> str:
    """From one end to the other: 0.41 to 0.83."""
    return f"{fixed(low, digits)} to {fixed(high, digits)}"


def probability(value: float | None) -> str:
    """A p value; what is below a thousandth is only said to be so."""
    if value is None or math.isnan(value):
        return NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def percent(share: float | None) -> str:
    """A share of one as a percentage; never 0 % or 100 % for what is not exactly that."""
    if share is None or math.isnan(share):
        return NONE
    if 0 < share < 0.005:
        return "< 1 %"
    if 0.995 < share < 1:
        return "> 99 %"
    return f"{share * 100:.0f} %"


def count(value: float | None) -> str:
    """A whole number with thin spaces between thousands: 3 600 000."""
    if value is None or math.isnan(value):
        return NONE
    return f"{round(value):,}".replace(",", "\u202f")


def short(value: float | None) -> str:
    """A large number in three figures: 450 k, 3.6 M."""
    if value is None or math.isnan(value):
        return NONE
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size * 0.9995:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def duration(seconds: float | None) -> str:
    """A time: 0.4 s, 41 s, 3 min 20 s, 1 h 05 min."""
    if seconds is None or math.isnan(seconds):
        return NONE
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def plural(n: int, noun: str) -> str:
    """A count with its noun: 1 seed, 8 seeds."""
    return f"{count(n)} {noun}" + ("" if n == 1 else "s")
