"""The names that a plan may use: worlds, engines, signals, metrics and the keys of the learner.

Each room says which names it knows; this page only asks, so that a plan fails before its first step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from outrider.errors import OutriderError, nearest
from outrider.verify.arms import check_ends, check_twins
from outrider.verify.metrics import METRICS, STEADINESS

if TYPE_CHECKING:
    from outrider.verify.plan import Arm, Plan

Asked = TypeVar("Asked")
Told = TypeVar("Told")


@dataclass(frozen=True)
class Names:
    """How to ask other rooms for their names: each raises OutriderError for what it does not know."""

    world: Callable[[str], Any]
    signal: Callable[[str, str], Any]  # and the engine that rates for it
    engine: Callable[[str], Any]
    learner: Callable[[Mapping[str, Any], str], Any]  # the settings of a table, and how its mistakes name it
    together: Callable[[Plan, Arm], Any] = lambda plan, arm: (
        None
    )  # what does not go together in an arm of a plan

    def check(self, plan: Plan, where: str) -> None:
        """Raises OutriderError, one line that begins with file and key, for the first unknown name."""
        _known(plan.metric, (*METRICS, STEADINESS), f"{where}: [study] metric names")
        if plan.no_worse:
            _known(plan.no_worse, METRICS, f"{where}: [rule] no_worse names")
        for arm in plan.arms:
            _ask(
                lambda name, arm=arm: self.signal(name, arm.engine), arm.signal, f"{where}: [arms.{arm.name}]"
            )
        _ask(self.world, plan.world, f"{where}: [study] world")
        for arm in plan.arms:
            if arm.engine:
                _ask(self.engine, arm.engine, f"{where}: [arms.{arm.name}] engine")
        _ask(lambda table: self.learner(table, "[learner]"), plan.learner, where)
        settings = [self._settings(plan, arm, where) for arm in plan.arms]
        check_twins(plan, settings, where)
        check_ends(plan, settings, where)
        for arm in plan.arms:
            _ask(lambda _, arm=arm: self.together(plan, arm), arm.name, f"{where}: [arms.{arm.name}]")

    def _settings(self, plan: Plan, arm: Arm, where: str) -> Any:
        table, place = plan.settings(arm), f"[arms.{arm.name}.learner]" if arm.learner else "[learner]"
        return _ask(lambda table: self.learner(table, place), table, where)


def _known(name: str, known: Iterable[str], what: str) -> None:
    if name not in known:
        raise OutriderError(f"{what} {name!r}, which is unknown{nearest(name, known)}")


def _ask(check: Callable[[Asked], Told], name: Asked, where: str) -> Told:
    try:
        return check(name)
    except OutriderError as error:
        raise OutriderError(f"{where}: {error}") from None


def _check_world(name: str) -> None:
    from outrider.worlds.names import check_known

    check_known(name)


def _check_signal(name: str, engine: str) -> None:
    from outrider.explore.names import check

    check(name, engine)


def _check_engine(expression: str) -> None:
    from outrider.lm.registry import check

    check(expression)


def _check_learner(table: Mapping[str, Any], place: str) -> Any:
    from outrider.learn.algorithms import settings_from
    from outrider.learn.settings import expert_episodes

    settings = settings_from(table, place)
    source = table.get("demonstrations", "")
    if source and not expert_episodes(source):
        raise OutriderError(
            f"{place} demonstrations = {source!r} is a folder, which evidence does not hold; write expert:256, for "
            "as many episodes of the world's expert"
        )
    return settings


def _check_together(plan: Plan, arm: Arm) -> None:
    from outrider.learn.algorithms import settings_from
    from outrider.learn.together import check_together

    check_together(plan.world, settings_from(plan.settings(arm)), arm.signal, arm.engine)


DEFAULT_NAMES = Names(_check_world, _check_signal, _check_engine, _check_learner, _check_together)
