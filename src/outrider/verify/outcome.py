"""The decision rule for one comparison, and the records that a verdict is made of."""

from __future__ import annotations

from dataclasses import dataclass

from outrider.verify.plan import Arm, Plan
from outrider.verify.roles import in_words, role_in

SUPPORTED = "supported"
REFUTED = "refuted"
INCONCLUSIVE = "inconclusive"

# What is known about treatment and control, finer than the outcome:
BETTER = "better"  # supported
EQUAL = "equal"  # refuted, and the whole interval within +- the smallest effect: it "does as well"
WORSE = "worse"  # refuted, and the whole interval below 0: the control is better
NOT_BETTER = "not-better"  # refuted, and no more can be said
UNCLEAR = "unclear"  # inconclusive


@dataclass(frozen=True)
class Evidence:
    """What the paired differences say: their mean, and its interval at level 1 - alpha."""

    n: int
    missing: int
    difference: float | None
    low: float
    high: float
    p: float
    p_refuting: float


@dataclass(frozen=True)
class Guard:
    """The mean paired difference in what must be no worse, with its interval at level 1 - alpha.

    `holds` where the interval lies above minus the smallest effect and no score is missing.
    """

    metric: str
    n: int
    missing: int
    difference: float | None
    low: float
    high: float
    holds: bool


@dataclass(frozen=True)
class Comparison:
    """Treatment against one control over n pairs, told in `words`.

    `p` tests "no better", `p_refuting` "better by at least the smallest effect"; both Holm-adjusted over the
    study.
    """

    against: str
    role: str
    n: int
    missing: int
    difference: float | None
    low: float
    high: float
    p: float
    p_adjusted: float
    p_refuting: float
    p_refuting_adjusted: float
    outcome: str
    relation: str
    words: str
    no_worse: Guard | None = None  # where the plan asks for it


@dataclass(frozen=True)
class ArmSummary:
    """One arm's scores, [seeds] or [pairs of seeds], an interval for their mean, and when its seeds solved the world.

    `median_steps_to_solve` is in environment steps, None where half of the seeds or more never got there.
    """

    arm: str
    role: str
    seeds: int
    missing: int
    mean: float | None
    low: float
    high: float
    scores: tuple[float | None, ...]
    threshold: float
    solved: int
    median_steps_to_solve: float | None


def decide(
    plan: Plan,
    control: Arm,
    evidence: Evidence,
    p_adjusted: float,
    p_refuting_adjusted: float,
    guard: Guard | None = None,
) -> Comparison:
    """Apply the plan's rule to the evidence against one control, and say why in a phrase."""
    outcome, relation, reason = _rule(plan, evidence, p_adjusted, p_refuting_adjusted)
    if guard and outcome == SUPPORTED:
        name = guard.metric.replace("_", " ")
        if guard.holds:
            reason += f", and in {name} it is no worse by as much"
        else:
            outcome, relation = INCONCLUSIVE, UNCLEAR
            short = (
                "worse by more than" if guard.high < -plan.smallest_effect else "not shown to be no worse by"
            )
            reason = f"better, yet in {name} {short} {plan.smallest_effect:g}"
    return Comparison(
        against=control.name,
        role=role_in(plan, control),
        n=evidence.n,
        missing=evidence.missing,
        difference=evidence.difference,
        low=evidence.low,
        high=evidence.high,
        p=evidence.p,
        p_adjusted=p_adjusted,
        p_refuting=evidence.p_refuting,
        p_refuting_adjusted=p_refuting_adjusted,
        outcome=outcome,
        relation=relation,
        words=f"{plan.treatment} against {in_words(plan, control)}: {reason}.",
        no_worse=guard,
    )


def _rule(plan: Plan, evidence: Evidence, p: float, p_refuting: float) -> tuple[str, str, str]:
    smallest = plan.smallest_effect
    if evidence.missing or evidence.difference is None:
        count = evidence.missing
        return (
            INCONCLUSIVE,
            UNCLEAR,
            f"{count} of {evidence.n + count} pairs lack a score: no episode ended in the window",
        )
    if evidence.low > 0 and p < plan.alpha and evidence.difference >= smallest:
        return SUPPORTED, BETTER, f"the interval lies above 0, and the effect is at least {smallest:g}"
    if evidence.high < smallest and p_refuting < plan.alpha:
        if evidence.high < 0:
            return REFUTED, WORSE, "the interval lies below 0: the control is better"
        if evidence.low > -smallest:
            return REFUTED, EQUAL, f"the interval lies within {smallest:g} of 0: as good as equal"
        return REFUTED, NOT_BETTER, f"the interval ends below {smallest:g}, the smallest effect that matters"
    if evidence.low <= 0 <= evidence.high:
        return INCONCLUSIVE, UNCLEAR, "the interval holds 0 and effects that matter"
    if evidence.high < 0:
        return INCONCLUSIVE, UNCLEAR, f"worse, yet adjusted p {p_refuting:.3f} is not below {plan.alpha:g}"
    if evidence.difference < smallest:
        return (
            INCONCLUSIVE,
            UNCLEAR,
            f"better, yet by less than {smallest:g}, the smallest effect that matters",
        )
    return (
        INCONCLUSIVE,
        UNCLEAR,
        f"the interval lies above 0, yet adjusted p {p:.3f} is not below {plan.alpha:g}",
    )
