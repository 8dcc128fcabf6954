"""The first line of a verdict: what follows from the comparisons, in plain words, whichever way they fell.

The words follow the roles of the arms. "Does as well" is said only where the whole interval lies within the
smallest effect that matters; where the data cannot tell two arms apart, the line says just that.
"""

from __future__ import annotations

from collections.abc import Sequence

from outrider.verify import roles
from outrider.verify.metrics import STEADINESS
from outrider.verify.outcome import (
    BETTER,
    EQUAL,
    NOT_BETTER,
    REFUTED,
    UNCLEAR,
    WORSE,
    ArmSummary,
    Comparison,
    Guard,
)
from outrider.verify.plan import Plan

_TELLING = (WORSE, NOT_BETTER, EQUAL, UNCLEAR)  # which of several unbeaten controls the line names first


def headline(plan: Plan, comparisons: Sequence[Comparison], arms: Sequence[ArmSummary]) -> str:
    """One sentence, or two: what helped, against what, by how much and how surely."""
    lacking = [arm for arm in arms if arm.missing]
    if lacking and not any(c.outcome == REFUTED for c in comparisons):
        count, names = sum(arm.missing for arm in lacking), _list([arm.arm for arm in lacking])
        return f"No verdict: {_runs(count)} of {names} ended no episode in the window that is scored."
    subject = roles.in_words(plan, plan.arm(plan.treatment))
    if roles.role(plan.arm(plan.treatment)) != roles.MODEL:
        return _plainly(plan, subject, comparisons)
    unguided = [c for c in comparisons if c.role == roles.UNGUIDED]
    placebos = [c for c in comparisons if c.role in roles.PLACEBOS]
    rivals = [c for c in comparisons if c not in unguided and c not in placebos]
    if len(rivals) == len(comparisons):
        return (
            f"{_plainly(plan, subject, comparisons)} Without an unguided arm and placebos no help is shown."
        )
    if unbeaten := _unbeaten(unguided):
        return _no_help(plan, subject, unbeaten[0], placebos)
    if unbeaten := _unbeaten(placebos):
        return _captions_only(plan, subject, unbeaten, unguided, placebos)
    earned = _earned(plan, subject, unguided, placebos, arms) + _guarded(plan, comparisons)
    if unbeaten := _unbeaten(rivals):
        return f"{earned} It does not beat every rival: {_standing(plan, subject, unbeaten[0])}."
    return earned


def _no_help(plan: Plan, subject: str, worst: Comparison, placebos: Sequence[Comparison]) -> str:
    """The treatment does not beat the unguided arm: harm, equality, or nothing shown."""
    if worst.relation == WORSE:
        return f"The guidance did harm: {_standing(plan, subject, worst)}."
    standing = _standing(plan, subject, worst)
    beaten = [c for c in placebos if c.relation == BETTER]
    if beaten:
        standing += f"; it does beat {_list([_named(plan, c) for c in beaten])}"
    if worst.relation in (EQUAL, NOT_BETTER):
        return f"No help: {standing}."
    return f"No help was shown: {standing}."


def _captions_only(
    plan: Plan,
    subject: str,
    unbeaten: Sequence[Comparison],
    unguided: Sequence[Comparison],
    placebos: Sequence[Comparison],
) -> str:
    """The treatment beats the unguided arm, where there is one, but not every placebo."""
    first = unbeaten[0]
    same = [c for c in unbeaten if c.relation == first.relation]
    standing = _standing(plan, subject, first)
    if len(same) > 1:
        standing += f"; likewise {_list([_named(plan, c) for c in same[1:]])}"
    if not unguided:
        helped, not_shown = "The model did not help", "That the model helped was not shown"
    else:
        lead = f"{subject} beats {unguided[0].against} by {_number(unguided[0].difference)}"
        source = "captions" if first.role in roles.WITHOUT_MODEL else "weights"
        known = "the model" if first.role in roles.WITHOUT_MODEL else "what the model knows"
        helped = f"The {source} helped and {known} did not"
        not_shown = f"Guidance helped ({lead}), but that {known} earned it was not shown"
    if first.relation != UNCLEAR:
        return f"{helped}: {standing}."
    if beaten := [_named(plan, c) for c in placebos if c.relation == BETTER]:
        standing += f"; it does beat {_list(beaten)}"
    return f"{not_shown}: {standing}."


def _earned(
    plan: Plan,
    subject: str,
    unguided: Sequence[Comparison],
    placebos: Sequence[Comparison],
    arms: Sequence[ArmSummary],
) -> str:
    """The treatment beats all of its controls. What lacks a control cannot be said."""
    beaten = [*unguided, *placebos]
    if not beaten:
        return "No control was run, so that nothing can be said about help."
    least = min(beaten, key=lambda c: (c.low, c.difference))
    score = {arm.arm: arm.mean for arm in arms}
    ends = f"{subject} reaches {score[plan.treatment]:.2f} {plan.metric.replace('_', ' ')}"
    others = _list([f"{_named(plan, c)} {score[c.against]:.2f}" for c in beaten])
    margin = (
        f"{ends}, {others}; the least sure difference is that to {_named(plan, least)}: {_size(plan, least)}"
    )
    if not placebos:
        return f"Guidance helped: {margin}. No placebo was run, so that the model's own part cannot be told."
    if not unguided:
        return f"The model beats every placebo: {margin}. No unguided arm was run, so that help is not shown."
    return f"The model itself earned the help: {margin}."


def _plainly(plan: Plan, subject: str, comparisons: Sequence[Comparison]) -> str:
    """Only what beats what: the treatment asks no model, or nothing was run that would show its worth."""
    if unbeaten := _unbeaten(comparisons):
        start = {UNCLEAR: "Not shown", WORSE: "Worse"}.get(unbeaten[0].relation, "Not better")
        return f"{start}: {_standing(plan, subject, unbeaten[0])}."
    least = min(comparisons, key=lambda c: (c.low, c.difference))
    if len(comparisons) == 1:
        return f"Better than {_named(plan, least)}: {subject} ({_size(plan, least)}).{_guarded(plan, comparisons)}"
    return (
        f"Better than every other arm: {subject}, least surely than {_named(plan, least)} ({_size(plan, least)})."
        f"{_guarded(plan, comparisons)}"
    )


def _unbeaten(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Those that the treatment does not beat, the most telling first, else in the order of the plan."""
    return sorted((c for c in comparisons if c.relation != BETTER), key=lambda c: _TELLING.index(c.relation))


def _standing(plan: Plan, subject: str, c: Comparison) -> str:
    """How treatment and control stand to one another, where the treatment is not better; with the numbers."""
    other, smallest = _named(plan, c), plan.smallest_effect
    if c.missing:
        return f"{subject} and {other} cannot be compared, for {c.missing} of {c.n + c.missing} pairs lack a score"
    if c.relation == WORSE:
        return f"{other} {_does(plan, c)} better than {subject} ({_size(plan, c)})"
    if c.relation == EQUAL:
        return f"{other} {_does(plan, c)} as well as {subject} ({_size(plan, c)})"
    if c.relation == NOT_BETTER:
        return f"{subject} is not better than {other} by as much as {smallest:g} ({_size(plan, c)})"
    if c.low > 0:
        lead = f"the lead of {subject} over {other} does not suffice ({_size(plan, c)}, adjusted p {c.p_adjusted:.3f})"
        return lead if c.no_worse is None or c.no_worse.holds else f"{lead}; {_unguarded(c.no_worse)}"
    return f"{subject} and {other} could not be told apart ({_size(plan, c)})"


def _unguarded(guard: Guard) -> str:
    """That the treatment may be worse in what it must not be, with the numbers."""
    name, size = guard.metric.replace("_", " "), _guard_size(guard)
    return f"in {name} it is {'worse' if guard.high < 0 else 'not shown to be no worse'} ({size})"


def _guarded(plan: Plan, comparisons: Sequence[Comparison]) -> str:
    """That the treatment is not worse, by as much as matters, in what it must not be: where it is nearest to it."""
    guards = [(c.no_worse, c) for c in comparisons if c.no_worse and c.no_worse.holds]
    if not guards:
        return ""
    least, nearest = min(guards, key=lambda found: found[0].low)
    name, smallest = least.metric.replace("_", " "), plan.smallest_effect
    than = f", least surely than {_named(plan, nearest)}" if len(guards) > 1 else ""
    return f" It is not worse in {name} by as much as {smallest:g}{than} ({_guard_size(least)})."


def _guard_size(guard: Guard) -> str:
    interval = f"{_number(guard.low)} to {_number(guard.high)}"
    return f"difference {_number(guard.difference)}, interval {interval}, {guard.n} paired seeds"


def _named(plan: Plan, c: Comparison) -> str:
    return roles.in_words(plan, plan.arm(c.against))


def _does(plan: Plan, c: Comparison) -> str:
    several = c.role in (roles.EVENT_COUNTS, *roles.BROKEN_ANSWERS, roles.ORACLE)
    return "do" if several and not roles.of_its_own(plan, plan.arm(c.against)) else "does"


def _size(plan: Plan, c: Comparison) -> str:
    interval = f"{_number(c.low)} to {_number(c.high)}"
    paired = "pairs of two seeds" if plan.metric == STEADINESS else "paired seeds"
    return f"difference {_number(c.difference)}, interval {interval}, {c.n} {paired}"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{round(value, 2) + 0.0:+.2f}"


def _list(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"
