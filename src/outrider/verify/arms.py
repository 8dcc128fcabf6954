"""What makes the arms of a plan worth comparing: no two are the same, and all end at the same environment step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from outrider.errors import OutriderError

if TYPE_CHECKING:
    from outrider.verify.plan import Arm, Plan


def check_twins(plan: Plan, settings: Sequence[Any], where: str) -> None:
    """Refuse two arms of equal signal, engine and settings; the settings in the order of the arms."""
    seen: list[tuple[Arm, Any]] = []
    for arm, own in zip(plan.arms, settings, strict=True):
        for twin, others in seen:
            if (twin.signal, twin.engine, others) == (arm.signal, arm.engine, own):
                raise OutriderError(
                    f"{where}: arms {twin.name!r} and {arm.name!r} are the same: take one out or change it"
                )
        seen.append((arm, own))


def check_ends(plan: Plan, settings: Sequence[Any], where: str) -> None:
    """Refuse arms whose whole updates would end at different steps."""
    ends = {arm.name: s.updates(plan.steps) * s.batch for arm, s in zip(plan.arms, settings, strict=True)}
    (first, end), *others = ends.items()
    for name, other in others:
        if other != end:
            unit = math.lcm(*(s.batch for s in settings))
            raise OutriderError(
                f"{where}: [study] steps = {plan.steps} ends arm {first!r} at {end} and {name!r} at {other}, by whole "
                f"updates: write a multiple of {unit}, such as {max(1, round(plan.steps / unit)) * unit}"
            )
