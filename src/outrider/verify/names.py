"""The names that a plan may use: worlds, engines, signals, metrics and the keys of the learner.

Each room says which names it knows; this page only asks, so that a plan fails before its first step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from outrider.errors import OutriderError, nearest
from outrider.verify.arms import check_ends, check_twins
from outrider.verify.candidates import candidates, check_counts
from outrider.verify.metrics import METRICS, STEADINESS

if TYPE_CHECKING:
    from outrider.verify.plan import Arm, Plan

Asked = TypeVar("Asked")
Told = TypeVar("Told")


@dataclass(frozen=True)
class Names:
    """How to ask other rooms for their names: each raises OutriderError for what it does not know."""

    world: Callable[[str], Any]
    signal: Callable[[str, str], Any]  # and the engine that rates for it; the same for two ways to write it
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
        _ask(self.world, plan.world, f"{where}: [study] world")
        _ask(lambda table: self.learner(table, "[learner]"), plan.learner, where)
        settings = [self._check_arm(plan, arm, where, f"arms.{arm.name}") for arm in plan.arms]
        check_twins(plan, settings, where)
        check_ends(plan, settings, where)
        if plan.tuning:
            self._check_candidates(plan, where)

    def _check_candidates(self, plan: Plan, where: str) -> None:
        """Each could be trained, all to the same step; the treatment has no more that differ than a control."""
        settings, counts = [], {}
        for arm in plan.arms:
            tried = candidates(plan, arm)
            own = [self._check_arm(plan, one, where, f"tuning.arms.{arm.name}") for one in tried]
            signals = [self.signal(one.signal, one.engine) for one in tried]
            alike = {repr((s, one.engine.strip(), o)) for s, one, o in zip(signals, tried, own, strict=True)}
            counts[arm.name] = len(alike)
            settings += own
        check_counts(counts, plan.treatment, where, "candidates that differ")
        everyone = replace(plan, arms=tuple(one for arm in plan.arms for one in candidates(plan, arm)))
        check_ends(everyone, settings, f"{where}: [tuning]")

    def _check_arm(self, plan: Plan, arm: Arm, where: str, place: str) -> Any:
        """The settings of an arm or a candidate, whose table is at `place`."""
        here = f"{where}: [{place}]"
        _ask(lambda name: self.signal(name, arm.engine), arm.signal, here)
        if arm.engine:
            _ask(self.engine, arm.engine, f"{here} engine")
        own = arm.learner or place.startswith("tuning")
        table = (
            f"[{place}.learner]" if own and place.startswith("arms") else f"[{place}]" if own else "[learner]"
        )
        settings = _ask(lambda given: self.learner(given, table), plan.settings(arm), where)
        _ask(lambda _: self.together(plan, arm), arm.name, here)
        return settings


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


def _check_signal(name: str, engine: str) -> Any:
    from outrider.explore.names import check, simplest

    return simplest(check(name, engine))


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
