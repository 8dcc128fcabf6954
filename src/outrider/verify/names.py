"""The names that a plan may use: worlds, engines, signals, metrics and the keys of the learner.

Each room says which names it knows; this page only asks, so that a plan fails before its first step.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outrider.errors import OutriderError
from outrider.verify.metrics import METRICS

if TYPE_CHECKING:
    from outrider.verify.plan import Plan

SIGNALS = ("none", "event-count", "event-constant")


@dataclass(frozen=True)
class Names:
    """How to ask other rooms for their names: two raise OutriderError, `learner` gives the settings."""

    world: Callable[[str], Any]
    engine: Callable[[str], Any]
    learner: Callable[[], type]

    def check(self, plan: Plan, where: str) -> None:
        """Raises OutriderError, one line that begins with file and key, for the first unknown name."""
        _known(plan.metric, METRICS, f"{where}: [study] metric names")
        for arm in plan.arms:
            _known(arm.signal, SIGNALS, f"{where}: [arms.{arm.name}] signal names")
        _ask(self.world, plan.world, f"{where}: [study] world")
        for arm in plan.arms:
            if arm.engine:
                _ask(self.engine, arm.engine, f"{where}: [arms.{arm.name}] engine")
        _check_learner(plan.learner, self.learner(), where)


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest known one, or all of them."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1)
    return f": did you mean {close[0]!r}?" if close else f": use one of {', '.join(sorted(known))}"


def _known(name: str, known: Iterable[str], what: str) -> None:
    if name not in known:
        raise OutriderError(f"{what} {name!r}, which is unknown{nearest(name, known)}")


def _ask(check: Callable[[str], Any], name: str, where: str) -> None:
    try:
        check(name)
    except OutriderError as error:
        raise OutriderError(f"{where}: {error}") from None


def _check_learner(learner: Mapping[str, Any], settings: type, where: str) -> None:
    """The keys of [learner] against the fields of a frozen dataclass, which checks the values itself."""
    known = {f.name for f in dataclasses.fields(settings)}
    for key in learner:
        if key not in known:
            raise OutriderError(f"{where}: [learner] has the unknown key {key!r}{nearest(key, known)}")
    try:
        settings(**learner)
    except (OutriderError, TypeError, ValueError) as error:
        raise OutriderError(f"{where}: [learner]: {error}") from None


def _check_world(name: str) -> None:
    from outrider.worlds.names import check_world

    check_world(name)


def _check_engine(expression: str) -> None:
    from outrider.lm.registry import check

    check(expression)


def _learner_settings() -> type:
    from outrider.learn.settings import Settings

    return Settings


DEFAULT_NAMES = Names(_check_world, _check_engine, _learner_settings)
