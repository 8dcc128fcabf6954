"""What part an arm plays, told by its signal and engine, so that a verdict can say what beat what."""

from __future__ import annotations

import re

from outrider.explore.names import parse
from outrider.verify.plan import NO_SIGNAL, Arm, Plan

UNGUIDED = "unguided"
NOVELTY = "novelty"  # signals of which not all pay captions, without a model
EVENT_COUNTS = "event-counts"
CONSTANT_BONUS = "constant-bonus"
ORACLE = "oracle"
WORD_OVERLAP = "word-overlap"
MODEL = "model"
OTHER_LEARNER = "other-learner"  # learns by other settings than the treatment: no control of what guides that

# Placebos have the right form and no knowledge. The first four need no model, the others break its answers.
WITHOUT_MODEL = (NOVELTY, EVENT_COUNTS, CONSTANT_BONUS, WORD_OVERLAP)
BROKEN_ANSWERS = ("shuffled", "random", "inverted")
PLACEBOS = WITHOUT_MODEL + BROKEN_ANSWERS

_IN_WORDS = {
    EVENT_COUNTS: "event counts without a model",
    CONSTANT_BONUS: "a constant bonus without a model",
    WORD_OVERLAP: "word overlap with the mission, without a model",
    "shuffled": "the model's weights shuffled among the captions",
    "random": "random weights",
    "inverted": "the model's weights turned upside down",
    ORACLE: "hand-written weights",
}


def role(arm: Arm) -> str:
    """One of the names above, by the engine's outermost word: `shuffled(relevance(embedded))` is shuffled."""
    if not arm.engine:
        return UNGUIDED if arm.signal == NO_SIGNAL else NOVELTY
    head = re.split(r"[^\w-]", arm.engine.strip(), maxsplit=1)[0]
    if head == "constant":
        paid = parse(arm.signal).names
        return {frozenset({"event-count"}): EVENT_COUNTS, frozenset({"event-constant"}): CONSTANT_BONUS}.get(
            paid, NOVELTY
        )
    return head if head in (*BROKEN_ANSWERS, ORACLE, WORD_OVERLAP) else MODEL


def role_in(plan: Plan, arm: Arm) -> str:
    """Its role as a control of the plan's treatment: what another learner does says nothing about guidance.

    Settings that were tuned for either are left out: each has what is best for it.
    """
    treatment = plan.arm(plan.treatment)
    tuned = {*tuned_keys(plan, arm), *tuned_keys(plan, treatment)}
    own, other = (
        {key: value for key, value in plan.settings(one).items() if key not in tuned}
        for one in (arm, treatment)
    )
    return role(arm) if own == other else OTHER_LEARNER


def tuned_keys(plan: Plan, arm: Arm) -> tuple[str, ...]:
    """The settings that tuning chose for an arm."""
    return tuple(plan.tuning.grids[arm.name]) if plan.tuning else ()


def of_its_own(plan: Plan, arm: Arm) -> bool:
    """Whether an arm has settings of its own that tuning did not choose."""
    return not set(arm.learner) <= set(tuned_keys(plan, arm))


def in_words(plan: Plan, arm: Arm) -> str:
    """The arm as a sentence names it: its role in words; an unguided or a model's arm, or one with settings of its own,
    by its name."""
    return arm.name if of_its_own(plan, arm) else _IN_WORDS.get(role(arm), arm.name)
