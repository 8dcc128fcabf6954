"""Phrases of the situations of both Craftax worlds, and where their bounds are. No jax."""

from __future__ import annotations

from collections.abc import Sequence

LEVELS = ("good", "low", "critical")  # of health, food, drink and energy
LOW, CRITICAL = 5, 2  # the most points that are called so, of 9
PLENTY = 5  # the least that is not called a little
AMOUNTS = ("no", "a little", "plenty of")


def needs(levels: Sequence[int], names: Sequence[str]) -> str:
    """Such as "Health good, food low"."""
    said = ", ".join(f"{name} {LEVELS[level]}" for name, level in zip(names, levels, strict=True))
    return said[:1].upper() + said[1:]


def listed(things: Sequence[str]) -> str:
    """Such as "a cow, water"; "nothing" where there is none."""
    return ", ".join(things) or "nothing"


def held(amounts: Sequence[int], names: Sequence[str]) -> list[str]:
    """What there is any of, such as ["a little wood", "plenty of stone"]."""
    return [f"{AMOUNTS[amount]} {name}" for amount, name in zip(amounts, names, strict=True) if amount]


def chosen(bits: int, names: Sequence[str]) -> list[str]:
    """The names whose bits are set."""
    return [name for k, name in enumerate(names) if bits >> k & 1]
