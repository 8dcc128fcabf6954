"""Phrases of the situations of both Craftax worlds, and where their bounds are. No jax."""

from __future__ import annotations

from collections.abc import Sequence

LEVELS = ("good", "low", "critical")  # of health, food, drink and energy
LOW, CRITICAL = 5, 2  # the most points that are called so, of 9
PLENTY = 5  # the least that is not called a little or a few
MASSES = (
    "wood",
    "stone",
    "coal",
    "iron",
)  # are not counted; all else that is carried is, and named in the plural


def needs(levels: Sequence[int], names: Sequence[str]) -> str:
    """Such as "Health good, food low"."""
    said = ", ".join(f"{name} {LEVELS[level]}" for name, level in zip(names, levels, strict=True))
    return said[:1].upper() + said[1:]


def listed(things: Sequence[str]) -> str:
    """Such as "a cow, water"; "nothing" where there is none."""
    return ", ".join(things) or "nothing"


def held(amounts: Sequence[int], names: Sequence[str]) -> list[str]:
    """What there is any of, such as ["a little wood", "a few torches", "plenty of stone"]."""
    return [
        f"{'plenty of' if amount > 1 else 'a little' if name in MASSES else 'a few'} {name}"
        for amount, name in zip(amounts, names, strict=True)
        if amount
    ]


def chosen(bits: int, names: Sequence[str]) -> list[str]:
    """The names whose bits are set."""
    return [name for k, name in enumerate(names) if bits >> k & 1]
