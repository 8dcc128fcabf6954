"""What a sweep searches: ranges and choices of the learner's settings, and how candidates are drawn. No jax."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from outrider.errors import OutriderError
from outrider.learn.algorithms import RATES, check_keys, settings_from

SCALES = ("log", "linear", "log-below-1")
DIGITS = 4  # significant ones of a drawn number: what a person would write down


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, uniform in their logarithm, or in that of their distance from 1, or plainly."""

    low: float
    high: float
    scale: str = "log"

    def draw(self, rng: np.random.Generator) -> float:
        """One number."""
        at = rng.random()
        if self.scale == "linear":
            drawn = self.low + at * (self.high - self.low)
        elif self.scale == "log":
            drawn = math.exp(math.log(self.low) + at * (math.log(self.high) - math.log(self.low)))
        else:  # rounded as a distance from 1, of which 0.99 and 0.999 are to keep their digits
            far, near = math.log(1 - self.low), math.log(1 - self.high)
            return float(f"{1 - float(f'{math.exp(far + at * (near - far)):.{DIGITS}g}'):.12g}")
        return float(f"{drawn:.{DIGITS}g}")


@dataclass(frozen=True)
class Choice:
    """One of some values, each as likely."""

    values: tuple[Any, ...]

    def draw(self, rng: np.random.Generator) -> Any:
        """One value."""
        return self.values[rng.integers(len(self.values))]


Space = Mapping[str, Range | Choice]

# What `outrider sweep WORLD` searches: about a factor of three to five around the usual values of each.
USUAL: dict[str, Any] = {
    "learning_rate": {"low": 3e-4, "high": 1e-2},
    "discount": {"low": 0.97, "high": 0.998, "scale": "log-below-1"},
    "trace": {"low": 0.8, "high": 0.98, "scale": "log-below-1"},
    "clip": [0.1, 0.2, 0.3],
    "entropy": {"low": 1e-3, "high": 5e-2},
    "value_weight": {"low": 0.25, "high": 1.0},
    "gradient_norm": {"low": 0.25, "high": 2.0},
    "rollout": [32, 64],
}


def parse_space(table: Mapping[str, Any], algorithm: str, where: str) -> dict[str, Range | Choice]:
    """The space of a `[space]` table. Errors: an unknown setting, a range reversed or of the wrong kind."""
    if not table:
        raise OutriderError(f"{where}: [space] is empty; name at least one setting to search")
    check_keys(table, algorithm, f"{where}: [space]")
    space = {}
    for name, given in table.items():
        here = f"{where}: [space] {name}"
        if isinstance(given, list):
            space[name] = _choice(given, here)
        elif isinstance(given, dict):
            if name not in RATES[algorithm]:
                raise OutriderError(f"{here} is no number on a scale; list its values, as in [32, 64]")
            space[name] = _range(given, here)
        else:
            raise OutriderError(
                f"{here} is {given!r}; write {{ low = 1e-4, high = 1e-2 }} or a list of values"
            )
    return space


def _choice(values: list[Any], here: str) -> Choice:
    if len(values) < 2 or len({repr(value) for value in values}) < len(values):
        raise OutriderError(f"{here} is {values!r}; list at least two values, each once")
    return Choice(tuple(values))


def _range(given: dict[str, Any], here: str) -> Range:
    unknown = set(given) - {"low", "high", "scale"}
    if unknown:
        raise OutriderError(f"{here} has the unknown key {min(unknown)!r}; use low, high and scale")
    low, high = given.get("low", math.nan), given.get("high", math.nan)
    scale = given.get("scale", "log")
    if scale not in SCALES:
        raise OutriderError(f"{here} has the scale {scale!r}; use one of {', '.join(SCALES)}")
    for bound in (low, high):
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not math.isfinite(bound):
            raise OutriderError(f"{here} goes from {low!r} to {high!r}; write two numbers")
    if not low < high:
        raise OutriderError(f"{here} goes from {low:g} to {high:g}; low must be below high")
    if (scale == "log" and low <= 0) or (scale == "log-below-1" and not high < 1):
        bounds = "above 0" if scale == "log" else "below 1"
        raise OutriderError(
            f"{here} goes from {low:g} to {high:g}; on the scale {scale!r} both must be {bounds}"
        )
    return Range(float(low), float(high), scale)


def draw(
    space: Space, base: Mapping[str, Any], candidates: int, seed: int, where: str
) -> list[dict[str, Any]]:
    """The candidates' settings, those of `base` where the space is silent. The first is `base` itself.

    Errors: drawn settings that do not fit one another, such as minibatches that do not divide a batch.
    """
    rng = np.random.default_rng(seed)
    drawn = [dict(base)]
    for number in range(1, candidates):
        settings = {**base, **{name: space[name].draw(rng) for name in sorted(space)}}
        try:
            settings_from(settings, "its settings")
        except OutriderError as error:
            raise OutriderError(f"{where}: [space] allows candidate {number}, but {error}") from None
        drawn.append(settings)
    return drawn
