"""The judge: from a plan and its runs to a verdict. Pure, and the same call for `verify` and `audit`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outrider.verify.headline import headline
from outrider.verify.metrics import ENOUGH, SOLVED, scores, steps_to_threshold
from outrider.verify.outcome import (
    INCONCLUSIVE,
    REFUTED,
    SUPPORTED,
    ArmSummary,
    Comparison,
    Evidence,
    Guard,
    decide,
)
from outrider.verify.plan import NO_WORSE, Plan
from outrider.verify.roles import role_in
from outrider.verify.runs import Run, paired_runs, rounded
from outrider.verify.statistics import (
    Floats,
    holm,
    mean_interval,
    mean_p,
    median_with_censoring,
    paired_differences,
    sign_flip_p,
)

SCORE_BOUNDS = (0.0, 1.0)
DIFFERENCE_BOUNDS = (-1.0, 1.0)
VERDICT_FORMAT = 1


@dataclass(frozen=True)
class Verdict:
    """What the evidence says about a claim. `verdict` is supported, refuted or inconclusive."""

    claim: str
    sentence: str
    plan_content_sha256: str
    verdict: str
    headline: str
    seeds: int
    metric: str
    treatment: str
    smallest_effect: float
    alpha: float
    comparisons: tuple[Comparison, ...]
    arms: tuple[ArmSummary, ...]
    solved_means: str
    format: int = VERDICT_FORMAT

    def to_json(self) -> dict[str, Any]:
        """Plain values for `verdict.json`, floats rounded to 6 significant digits."""
        record = dataclasses.asdict(self)
        for comparison in record["comparisons"]:
            if comparison[NO_WORSE] is None:  # not asked for
                del comparison[NO_WORSE]
        return rounded(record)


def judge(plan: Plan, runs: Sequence[Mapping[str, Any] | Run]) -> Verdict:
    """Compare the treatment with every other arm, by pairs of equal seed.

    A comparison is `supported` where the interval of the mean paired difference lies above 0, the
    Holm-adjusted sign-flip p is below alpha and the mean difference is at least the smallest effect;
    `refuted` where the interval ends below the smallest effect and the Holm-adjusted p of "at least the
    smallest effect" is below alpha; else `inconclusive`, as it is while a score is missing. Where the plan says
    in what the treatment must be `no_worse`, the interval of that difference must lie above minus the smallest
    effect, too, or nothing is supported. The claim is supported if every comparison is, refuted if any is. Raises
    OutriderError where runs are missing, double, or of unequal length.
    """
    paired = paired_runs(plan, runs)
    scored = {arm: scores(plan.metric, of_arm) for arm, of_arm in paired.items()}
    measured = [_measure(plan, scored, control.name) for control in plan.controls]
    adjusted = holm([evidence.p for evidence in measured])
    adjusted_refuting = holm([evidence.p_refuting for evidence in measured])
    comparisons = tuple(
        decide(plan, control, evidence, p, p_refuting, _guard(plan, paired, control.name))
        for control, evidence, p, p_refuting in zip(
            plan.controls, measured, adjusted, adjusted_refuting, strict=True
        )
    )
    arms = tuple(_summary(plan, arm.name, scored[arm.name], paired[arm.name]) for arm in plan.arms)
    return Verdict(
        claim=plan.id,
        sentence=plan.sentence,
        plan_content_sha256=plan.sha256,
        verdict=_verdict(comparisons),
        headline=headline(plan, comparisons, arms),
        seeds=plan.seeds,
        metric=plan.metric,
        treatment=plan.treatment,
        smallest_effect=plan.smallest_effect,
        alpha=plan.alpha,
        comparisons=comparisons,
        arms=arms,
        solved_means=f"the success over at least {ENOUGH} episodes in a row of training reached {SOLVED:.0%}",
    )


def _verdict(comparisons: Sequence[Comparison]) -> str:
    outcomes = [comparison.outcome for comparison in comparisons]
    if REFUTED in outcomes:
        return REFUTED
    return SUPPORTED if all(outcome == SUPPORTED for outcome in outcomes) else INCONCLUSIVE


def _measure(plan: Plan, scored: Mapping[str, Sequence[float | None]], control: str) -> Evidence:
    """The paired differences against one control; pairs with a missing score are left out and counted."""
    differences, missing = _differences(scored[plan.treatment], scored[control])
    low, high = mean_interval(differences, DIFFERENCE_BOUNDS, level=1 - plan.alpha)
    return Evidence(
        n=len(differences),
        missing=missing,
        difference=_mean(differences),
        low=low,
        high=high,
        p=sign_flip_p(differences, "greater"),
        p_refuting=mean_p(differences, plan.smallest_effect, DIFFERENCE_BOUNDS, "less"),
    )


def _guard(plan: Plan, paired: Mapping[str, Sequence[Run]], control: str) -> Guard | None:
    """What the plan asks to be no worse; None where it asks for nothing.

    Not adjusted for the number of comparisons: a claim is supported only where all of them hold.
    """
    if not plan.no_worse:
        return None
    treated, others = (scores(plan.no_worse, paired[arm]) for arm in (plan.treatment, control))
    differences, missing = _differences(treated, others)
    low, high = mean_interval(differences, DIFFERENCE_BOUNDS, level=1 - plan.alpha)
    holds = not missing and low > -plan.smallest_effect
    return Guard(plan.no_worse, len(differences), missing, _mean(differences), low, high, holds)


def _differences(treated: Sequence[float | None], control: Sequence[float | None]) -> tuple[Floats, int]:
    """The paired differences where neither score is missing, [n], and how many pairs were left out."""
    both = [(a, b) for a, b in zip(treated, control, strict=True) if a is not None and b is not None]
    differences = paired_differences([a for a, _ in both], [b for _, b in both])
    return differences, len(control) - len(both)


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None


def _summary(plan: Plan, arm: str, scored: Sequence[float | None], runs: Sequence[Run]) -> ArmSummary:
    known = [score for score in scored if score is not None]
    low, high = mean_interval(known, SCORE_BOUNDS, level=1 - plan.alpha)
    times = [steps_to_threshold(run) for run in runs]
    return ArmSummary(
        arm=arm,
        role=role_in(plan, plan.arm(arm)),
        seeds=len(runs),
        missing=len(scored) - len(known),
        mean=sum(known) / len(known) if known else None,
        low=low,
        high=high,
        scores=tuple(scored),
        threshold=SOLVED,
        solved=sum(time is not None for time in times),
        median_steps_to_solve=median_with_censoring(times),
    )
