"""The judge: the rule for one comparison, the verdict over all, and the first line for every case."""
# ruff: noqa: E501 (a table of sentences, one a line)

import json

import numpy as np
import pytest

from outrider.verify.judge import judge
from outrider.verify.plan import parse_plan
from outrider.verify.roles import in_words, role

ENGINES = {
    "unguided": ("none", ""),
    "guided": ("event-count", "relevance(embedded)"),
    "event-counts": ("event-count", "constant"),
    "shuffled": ("event-count", "shuffled(relevance(embedded))"),
    "constant-bonus": ("event-constant", "constant"),
    "inverted": ("event-count", "inverted(relevance(embedded))"),
    "random": ("event-count", "random"),
    "oracle": ("event-count", "oracle"),
    "minilm": ("event-count", "similarity(minilm)"),
}


def plan_of(arms, seeds=8, treatment="guided", smallest=0.1):
    text = f"""
        [claim]
        id = "x"
        sentence = "s"
        [study]
        world = "w"
        seeds = {seeds}
        steps = 100
        metric = "final_success"
        [rule]
        treatment = "{treatment}"
        smallest_effect = {smallest}
        alpha = 0.05
    """
    for arm in arms:
        signal, engine = ENGINES[arm]
        text += f'\n[arms.{arm}]\nsignal = "{signal}"\n' + (f'engine = "{engine}"\n' if engine else "")
    return parse_plan(text, names=None)


def runs_of(scores, seeds):
    """Runs whose final success is the arm's scores, over and over; None is a window in which no episode ended."""
    return [
        {
            "arm": arm, "seed": seed, "steps": [50, 100], "success": [0.0, values[seed % len(values)]],
            "episodes": [5, 0 if values[seed % len(values)] is None else 70],
        }
        for arm, values in scores.items()
        for seed in range(seeds)
    ]  # fmt: skip


def judged(seeds=8, smallest=0.1, treatment="guided", **scores):
    scores = {arm.replace("_", "-"): values for arm, values in scores.items()}
    plan = plan_of(scores, seeds, treatment, smallest)
    return judge(plan, runs_of(scores, seeds))


def relation(verdict, against):
    return next(c.relation for c in verdict.comparisons if c.against == against)


def test_roles_follow_signal_and_engine():
    plan = plan_of(ENGINES)
    assert [role(arm) for arm in plan.arms] == [
        "unguided", "model", "event-counts", "shuffled", "constant-bonus", "inverted", "random", "oracle", "model",
    ]  # fmt: skip
    assert in_words(plan, plan.arm("event-counts")) == "event counts without a model"
    assert in_words(plan, plan.arm("minilm")) == "minilm"


# Every case of the first line: scores, seeds, the verdict, how the line begins, and what else it says.
CASES = {
    "the model earned it": (
        dict(unguided=[0.0], guided=[0.9], event_counts=[0.0], shuffled=[0.1], constant_bonus=[0.0]), 8, "supported",
        "The model itself earned the help: guided reaches 0.90 final success, unguided 0.00, event counts without a model",
        ["the model's weights shuffled among the captions 0.10", "difference +0.80, interval +0.1", "8 paired seeds"],
    ),
    "captions did, shown": (
        dict(unguided=[0.0], guided=[1.0], event_counts=[1.0], shuffled=[1.0], constant_bonus=[1.0]), 48, "refuted",
        "The captions helped and the model did not: event counts without a model do as well as guided (difference +0.00,",
        ["48 paired seeds", "likewise the model's weights shuffled among the captions and a constant bonus without a model"],
    ),
    "captions did, better than the model": (
        dict(unguided=[0.0], guided=[0.3], event_counts=[1.0], shuffled=[0.0]), 16, "refuted",
        "The captions helped and the model did not: event counts without a model do better than guided (difference -0.70",
        [],
    ),
    "captions did, at least as well": (
        dict(unguided=[0.0], guided=[1.0, 1.0, 1.0, 0.7], event_counts=[1.0], shuffled=[0.0]), 48, "refuted",
        "The captions helped and the model did not: ",
        ["guided is not better than event counts without a model by as much as 0.1"],
    ),
    "shuffled weights do as well": (
        dict(unguided=[0.0], guided=[1.0], event_counts=[0.0], shuffled=[1.0]), 48, "refuted",
        "The weights helped and what the model knows did not: the model's weights shuffled among the captions do as well",
        [],
    ),
    "captions or model, untold": (
        dict(unguided=[0.0], guided=[1.0], event_counts=[1.0], shuffled=[0.0]), 8, "inconclusive",
        "Guidance helped (guided beats unguided by +1.00), but that the model earned it was not shown: guided and event "
        "counts without a model could not be told apart (difference +0.00, interval -0.37 to +0.37, 8 paired seeds)",
        ["it does beat the model's weights shuffled among the captions"],
    ),
    "a lead that does not suffice": (
        dict(unguided=[0.0], guided=[1.0], event_counts=[0.91], shuffled=[0.0]), 48, "inconclusive",
        "Guidance helped (guided beats unguided by +1.00), but that the model earned it was not shown: "
        "the lead of guided over event counts without a model does not suffice (difference +0.09",
        [],
    ),
    "no help, shown": (
        dict(unguided=[0.5], guided=[0.5], event_counts=[0.5]), 48, "refuted",
        "No help: unguided does as well as guided (difference +0.00", [],
    ),
    "no help, not by as much": (
        dict(unguided=[0.9], guided=[0.9, 0.9, 0.9, 0.6], event_counts=[0.0]), 48, "refuted",
        "No help: guided is not better than unguided by as much as 0.1 (difference -0.08",
        ["it does beat event counts without a model"],
    ),
    "no help told": (
        dict(unguided=[0.0, 1.0], guided=[1.0, 0.0], event_counts=[0.0]), 8, "inconclusive",
        "No help was shown: guided and unguided could not be told apart (difference +0.00, interval", [],
    ),
    "no help told, yet better than placebos": (
        dict(unguided=[1.0, 0.0, 1.0, 1.0], guided=[1.0], event_counts=[0.0]), 8, "inconclusive",
        "No help was shown: guided and unguided could not be told apart (difference +0.25",
        ["it does beat event counts without a model"],
    ),
    "harm": (
        dict(unguided=[0.9], guided=[0.0], event_counts=[0.9]), 8, "refuted",
        "The guidance did harm: unguided does better than guided (difference -0.90, interval", [],
    ),
    "no placebo": (
        dict(unguided=[0.0], guided=[0.9]), 8, "supported",
        "Guidance helped: guided reaches 0.90", ["No placebo was run, so that the model's own part cannot be told."],
    ),
    "no unguided arm": (
        dict(guided=[0.9], event_counts=[0.0]), 8, "supported",
        "The model beats every placebo: guided reaches 0.90",
        ["No unguided arm was run, so that help is not shown."],
    ),
    "no unguided arm, placebo as good": (
        dict(guided=[0.9], event_counts=[0.9]), 48, "refuted",
        "The model did not help: event counts without a model do as well as guided", [],
    ),
    "no unguided arm, untold": (
        dict(guided=[0.9], event_counts=[0.9]), 8, "inconclusive",
        "That the model helped was not shown: guided and event counts without a model could not be told apart", [],
    ),
    "below the ceiling": (
        dict(unguided=[0.0], guided=[0.7], event_counts=[0.0], oracle=[1.0]), 16, "refuted",
        "The model itself earned the help: guided reaches 0.70",
        ["It does not beat every rival: hand-written weights do better than guided"],
    ),
    "no better than a rival": (
        dict(unguided=[0.0], guided=[0.9], event_counts=[0.0], minilm=[0.9]), 8, "inconclusive",
        "The model itself earned the help: ", ["It does not beat every rival: guided and minilm could not be told apart"],
    ),
    "only a rival": (
        dict(guided=[0.9], minilm=[0.0]), 8, "supported",
        "Better than minilm: guided (difference +0.90",
        ["Without an unguided arm and placebos no help is shown."],
    ),
    "a missing score where another comparison refutes": (
        dict(unguided=[0.9], guided=[0.0], event_counts=[0.0, None]), 8, "refuted",
        "The guidance did harm: unguided does better than guided", [],
    ),
    "a missing score": (
        dict(unguided=[0.0], guided=[0.9, None], event_counts=[0.0]), 8, "inconclusive",
        "No verdict: 4 runs of guided ended no episode in the window that is scored.", [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_first_line(case):
    scores, seeds, expected, beginning, parts = CASES[case]
    verdict = judged(seeds, **scores)
    assert verdict.headline.startswith(beginning), verdict.headline
    assert verdict.verdict == expected
    for part in parts:
        assert part in verdict.headline
    assert "\n" not in verdict.headline
    assert "None" not in verdict.headline
    assert "-0.00" not in verdict.headline


def test_the_first_line_without_a_model():
    """A treatment that asks no model is not credited to one."""
    better = judged(unguided=[0.0], event_counts=[0.9], treatment="event-counts")
    assert better.headline.startswith("Better than unguided: event counts without a model (difference +0.90")
    two = judged(unguided=[0.0], constant_bonus=[0.1], event_counts=[0.9], treatment="event-counts")
    assert two.headline.startswith(
        "Better than every other arm: event counts without a model, least surely than"
    )
    untold = judged(unguided=[0.9], event_counts=[0.9], treatment="event-counts")
    assert untold.headline.startswith(
        "Not shown: event counts without a model and unguided could not be told apart"
    )
    worse = judged(unguided=[0.9], event_counts=[0.0], treatment="event-counts")
    assert worse.headline.startswith("Worse: unguided does better than event counts without a model")
    equal = judged(48, unguided=[0.9], event_counts=[0.9], treatment="event-counts")
    assert equal.headline.startswith("Not better: unguided does as well as event counts without a model")


def test_a_learner_of_other_settings_is_no_control_of_guidance():
    """A clone that does better than a guided arm has not shown that guidance harms, nor a worse one that it helps."""

    def told(guided, cloned, own):
        plan = plan_of(["guided", "unguided"])
        text = plan.text + f"\n[arms.{own}.learner]\nlearning_rate = 0.01\n"
        verdict = judge(parse_plan(text, names=None), runs_of({"guided": [guided], "unguided": [cloned]}, 8))
        assert verdict.comparisons[0].role == "other-learner"
        assert verdict.headline.endswith("Without an unguided arm and placebos no help is shown.")
        return verdict.headline

    assert told(0.1, 0.9, own="unguided").startswith("Worse: unguided does better than guided")
    assert told(0.9, 0.1, own="unguided").startswith("Better than unguided: guided (difference")
    assert told(0.9, 0.1, own="guided").startswith("Better than unguided: guided (difference")


def test_settings_written_out_are_no_other_settings():
    plan = plan_of(["guided", "unguided"])
    same = "\n[learner]\nentropy = 0.02\n[arms.unguided.learner]\nentropy = 0.02\n"
    verdict = judge(
        parse_plan(plan.text + same, names=None), runs_of({"guided": [0.9], "unguided": [0.0]}, 8)
    )
    assert verdict.comparisons[0].role == "unguided"
    assert verdict.headline.startswith("Guidance helped")


def test_the_rule_needs_interval_p_and_effect():
    """Each part of `supported` can fail alone."""
    assert relation(judged(unguided=[0.0], guided=[0.9]), "unguided") == "better"
    # The effect: certain, and too small.
    small = judged(48, unguided=[0.0], guided=[0.09], smallest=0.1)
    assert small.comparisons[0].p_adjusted < 0.05
    assert relation(small, "unguided") == "unclear"
    # The interval: the sign-flip test alone would be fooled by seldom, large losses.
    skewed = judged(20, unguided=[0.3] * 19 + [0.9], guided=[0.5] * 19 + [0.0], smallest=0.01)
    assert skewed.comparisons[0].p < 0.05
    assert skewed.comparisons[0].low < 0
    assert relation(skewed, "unguided") == "unclear"
    # The family: 8 of 8 is p = 1 / 256; nine further comparisons would be too many, four are not.
    assert relation(judged(5, unguided=[0.0], guided=[1.0]), "unguided") == "unclear"  # the interval holds 0
    assert judged(6, unguided=[0.0], guided=[1.0]).verdict == "supported"
    four = judged(6, unguided=[0.0], guided=[1.0], event_counts=[0.0], shuffled=[0.0], constant_bonus=[0.0])
    assert four.verdict == "inconclusive"
    assert {c.p_adjusted for c in four.comparisons} == {4 / 64}


def test_refuting_is_corrected_for_the_family():
    """Eight differences of -0.5 rule out an effect of 0.1 at p = 0.6^8; for one of four comparisons, not quite."""
    one = judged(guided=[0.0], unguided=[0.5])
    assert one.comparisons[0].p_refuting == pytest.approx(0.6**8)
    assert one.verdict == "refuted"
    four = judged(guided=[0.0], unguided=[0.5], event_counts=[0.5], shuffled=[0.5], constant_bonus=[0.5])
    assert [c.p_refuting_adjusted for c in four.comparisons] == pytest.approx(4 * [4 * 0.6**8])
    assert all(c.high < 0.1 for c in four.comparisons)
    assert four.verdict == "inconclusive"


def test_doing_as_well_needs_evidence_of_equality():
    """Equal means on 8 bimodal seeds are no equality; on 48 they are."""
    assert relation(judged(8, unguided=[0.0], guided=[1.0], event_counts=[1.0]), "event-counts") == "unclear"
    assert relation(judged(48, unguided=[0.0], guided=[1.0], event_counts=[1.0]), "event-counts") == "equal"


def test_one_refuted_comparison_refutes():
    verdict = judged(8, unguided=[0.0], guided=[0.0], event_counts=[1.0])
    assert [c.outcome for c in verdict.comparisons] == ["inconclusive", "refuted"]
    assert verdict.verdict == "refuted"


def test_missing_scores_are_told_and_decide_nothing():
    verdict = judged(unguided=[0.0], guided=[0.9, None], event_counts=[0.0])
    assert verdict.verdict == "inconclusive"
    assert {c.missing for c in verdict.comparisons} == {4}
    assert "4 of 8 pairs lack a score" in verdict.comparisons[0].words
    nothing = judged(unguided=[None], guided=[None])
    assert nothing.comparisons[0].difference is None
    assert nothing.arms[0].mean is None
    json.dumps(nothing.to_json(), allow_nan=False)


def test_arms_have_intervals_and_times_to_solve():
    verdict = judged(unguided=[0.0, 0.9, 0.95, 0.89], guided=[1.0])
    unguided, guided = verdict.arms
    assert (guided.solved, guided.seeds, guided.median_steps_to_solve) == (8, 8, 100)
    assert (unguided.solved, unguided.median_steps_to_solve) == (4, None)
    assert guided.low == pytest.approx(0.025 ** (1 / 8), abs=1e-9)
    assert guided.high == 1.0


def test_the_verdict_is_pure_and_in_plain_values():
    scores = {"unguided": [0.0], "guided": [1 / 3, 0.9]}
    plan = plan_of(scores)
    one, other = judge(plan, runs_of(scores, 8)), judge(plan, runs_of(scores, 8)[::-1])
    assert one == other
    record = json.loads(json.dumps(one.to_json(), allow_nan=False))
    assert record["verdict"] == one.verdict
    assert record["arms"][1]["mean"] == 0.616667
    assert record["comparisons"][0]["against"] == "unguided"


def steady(seeds, no_worse="", **solved):
    """The verdict about steadiness where each arm solves these shares of its evaluations, over and over."""
    text = plan_of(("unguided", "event-counts"), seeds, "event-counts").text
    text = text.replace("final_success", "steadiness")
    if no_worse:
        text = text.replace("[rule]", f'[rule]\nno_worse = "{no_worse}"')
    plan = parse_plan(text, names=None)
    records = runs_of({arm.replace("_", "-"): [0.5] for arm in solved}, seeds)
    for record in records:
        shares = solved[record["arm"].replace("-", "_")]
        record["evaluation"] = {"episodes": 64, "solved": round(64 * shares[record["seed"] % len(shares)])}
    return judge(plan, records)


def test_steadiness_is_judged_by_pairs_of_seeds():
    verdict = steady(24, unguided=[0.0, 1.0], event_counts=[1.0])
    (comparison,) = verdict.comparisons
    assert (verdict.verdict, comparison.n, comparison.difference) == ("supported", 12, 1.0)
    assert "12 pairs of two seeds" in verdict.headline
    assert [(arm.seeds, len(arm.scores), arm.mean) for arm in verdict.arms] == [(24, 12, 0.0), (24, 12, 1.0)]
    assert steady(24, unguided=[1.0], event_counts=[0.0, 1.0]).verdict == "refuted"
    assert steady(24, unguided=[0.0], event_counts=[1.0]).verdict == "inconclusive", "both are as steady"


def test_equal_arms_are_seldom_told_to_differ_in_steadiness():
    """Seeds that are solved by chance, alike in both arms: hardly ever supported, as alpha says."""
    rng, called = np.random.default_rng(0), 0
    for _ in range(60):
        shares = (rng.random((2, 24)) < rng.uniform(0.2, 0.8)).astype(float)
        called += steady(24, unguided=shares[0], event_counts=shares[1]).verdict == "supported"
    assert called <= 60 * 0.05


def test_steadiness_in_failing_is_not_supported_where_the_mean_must_be_no_worse():
    """Both are steadier than a coin: who always succeeds is better for it, who never does is not."""
    coin = [0.0, 1.0]
    assert steady(24, unguided=coin, event_counts=[0.0]).verdict == "supported", "without the guard"
    failing = steady(24, "evaluated_success", unguided=coin, event_counts=[0.0])
    (comparison,) = failing.comparisons
    assert (failing.verdict, comparison.outcome, comparison.relation) == (
        "inconclusive",
        "inconclusive",
        "unclear",
    )
    assert comparison.words.endswith("better, yet in evaluated success worse by more than 0.1.")
    guard = comparison.no_worse
    assert (guard.n, guard.missing, guard.difference, guard.holds) == (24, 0, -0.5, False)
    assert guard.low < -0.5 < guard.high < -0.1
    assert "the lead of event counts without a model over unguided does not suffice" in failing.headline
    assert "in evaluated success it is worse (difference -0.50" in failing.headline
    assert "24 paired seeds" in failing.headline

    good = steady(24, "evaluated_success", unguided=coin, event_counts=[1.0])
    assert good.verdict == "supported"
    assert good.comparisons[0].no_worse.holds
    assert "It is not worse in evaluated success by as much as 0.1 (difference +0.50" in good.headline

    # worse, though by less than matters: that is said with its numbers
    near = steady(96, "evaluated_success", unguided=[0.34, 0.66], event_counts=[0.48])
    assert near.verdict == "supported"
    assert "not worse in evaluated success by as much as 0.1 (difference -0.02" in near.headline
    assert "in evaluated success it is no worse by as much" in good.comparisons[0].words


def test_no_worse_needs_evidence_and_refutes_nothing():
    """A mean that is alike on four seeds is not known to be; what is no steadier stays refuted or inconclusive."""
    few = steady(4, "evaluated_success", unguided=[0.5], event_counts=[0.5])
    assert few.comparisons[0].no_worse.difference == 0
    assert not few.comparisons[0].no_worse.holds
    many = steady(96, "evaluated_success", unguided=[0.5], event_counts=[0.5])
    assert many.comparisons[0].no_worse.holds
    with_guard, without = (
        steady(24, guard, unguided=[1.0], event_counts=[0.0, 1.0]) for guard in ("evaluated_success", "")
    )
    assert with_guard.verdict == without.verdict == "refuted"
    assert with_guard.comparisons[0].p_refuting == without.comparisons[0].p_refuting


def test_a_missing_score_of_what_must_be_no_worse_withholds_support():
    plan = parse_plan(
        plan_of(("guided", "unguided")).text.replace("[rule]", '[rule]\nno_worse = "evaluated_success"'),
        names=None,
    )
    records = runs_of({"guided": [1.0], "unguided": [0.0]}, 8)
    assert judge(plan, records).verdict == "inconclusive", "nobody was evaluated"
    for record in records:
        record["evaluation"] = {"episodes": 64, "solved": 64}
    assert judge(plan, records).verdict == "inconclusive", "8 alike are no equality within 0.1"
    for record in records:
        record["evaluation"]["solved"] = 64 if record["arm"] == "guided" else 0
    assert judge(plan, records).verdict == "supported"
    del records[0]["evaluation"]
    verdict = judge(plan, records)
    assert verdict.verdict == "inconclusive"
    assert verdict.comparisons[0].no_worse.missing == 1


def test_only_plans_that_ask_have_it_in_their_verdict():
    """So that verdicts from before are what follows from their runs."""
    asked = steady(24, "evaluated_success", unguided=[0.0, 1.0], event_counts=[1.0]).to_json()
    assert asked["comparisons"][0]["no_worse"]["metric"] == "evaluated_success"
    assert "no_worse" not in judged(unguided=[0.0], guided=[0.9]).to_json()["comparisons"][0]
