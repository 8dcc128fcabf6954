"""Metrics on curves small enough to work out by hand."""

import dataclasses

import pytest

from outrider.errors import OutriderError
from outrider.verify.metrics import (
    area_under_curve,
    evaluated_success,
    final_success,
    scores,
    steps_to_threshold,
)
from outrider.verify.plan import parse_plan
from outrider.verify.runs import Run, paired_runs, run_from, write_runs
from toy_study import PLAN


def run(success, episodes=None, steps=None, arm="guided", seed=0):
    n = len(success)
    counts = episodes or [0 if value is None else 1 for value in success]
    return Run(arm, seed, tuple(steps or range(100, 100 * n + 1, 100)), tuple(success), tuple(counts))


def test_final_success_weighs_episodes_of_the_last_tenth():
    curve = run([1.0] * 18 + [0.0, 0.5], episodes=[9] * 18 + [1, 3])
    assert final_success(curve) == pytest.approx((0.0 * 1 + 0.5 * 3) / 4)
    assert (
        final_success(run([0.0, 0.0, 1.0], steps=[899, 900, 1000])) == 1.0
    )  # 900 ends before the last tenth begins


def test_no_episode_in_the_window_is_missing_and_not_0():
    assert final_success(run([1.0] * 19 + [None])) == 1.0
    assert final_success(run([1.0] * 9 + [None])) is None


def test_evaluated_success_is_the_share_of_fresh_episodes_and_missing_without_them():
    record = {"arm": "a", "seed": 0, "steps": [9], "success": [1.0], "episodes": [2]}
    assert evaluated_success(run_from(record, "here")) is None
    assert (
        evaluated_success(run_from({**record, "evaluation": {"episodes": 64, "solved": 48}}, "here")) == 0.75
    )
    for broken in ({"episodes": 0, "solved": 0}, {"episodes": 4, "solved": 5}, {"episodes": 4}):
        with pytest.raises(OutriderError, match="here"):
            run_from({**record, "evaluation": broken}, "here")


def test_steadiness_compares_the_seeds_of_an_arm_two_by_two():
    solved = [1.0, 0.25, 0.5, 0.5, None, 1.0, 0.0, 1.0]
    runs = [dataclasses.replace(run([0.5]), seed=seed, solved=share) for seed, share in enumerate(solved)]
    assert scores("steadiness", runs) == [0.25, 1.0, None, 0.0]
    assert scores("evaluated_success", runs) == solved


def test_area_under_curve():
    assert area_under_curve(run([0.0, 1.0], steps=[100, 400])) == pytest.approx(0.75)
    assert area_under_curve(run([None, 0.5, None, 1.0])) == pytest.approx((0 + 0.5 + 0.5 + 1) / 4)
    assert area_under_curve(run([None, None])) is None


def test_steps_to_threshold():
    many = [64, 0, 64, 64]
    assert steps_to_threshold(run([0.0, None, 0.9, 1.0], episodes=many)) == 300
    assert steps_to_threshold(run([0.0, 0.89], episodes=[64, 64])) is None
    assert steps_to_threshold(run([0.0, 0.89], episodes=[64, 64]), threshold=0.5) == 200


def test_a_single_lucky_episode_solves_nothing():
    assert steps_to_threshold(run([1.0] * 63)) is None
    assert steps_to_threshold(run([1.0] * 64)) == 6400
    assert steps_to_threshold(run([0.0, *[1.0] * 63])) == 6400  # 63 of 64
    assert steps_to_threshold(run([0.0, *[1.0] * 63]), threshold=1.0) is None


def test_points_are_pooled_until_they_hold_enough_episodes():
    # 40 lost, then 40 won a point: of the latest two points one half is won, then all.
    assert steps_to_threshold(run([0.0, 1.0, 1.0], episodes=[40, 40, 40])) == 300
    assert steps_to_threshold(run([0.0, 1.0, 1.0], episodes=[40, 40, 40]), threshold=0.5) == 200


def records(plan):
    return [
        {"arm": a.name, "seed": s, "steps": [500, 1000], "success": [None, 0.5], "episodes": [0, 2]}
        for a in plan.arms
        for s in range(plan.seeds)
    ]


def test_runs_are_paired_by_seed():
    plan = parse_plan(PLAN, names=None)
    paired = paired_runs(plan, records(plan)[::-1])
    assert list(paired) == ["unguided", "guided", "event-counts"]
    assert [r.seed for r in paired["guided"]] == list(range(8))
    assert write_runs(plan, records(plan)[::-1]) == write_runs(plan, records(plan))


def test_runs_have_the_seeds_that_the_plan_begins_with():
    told = parse_plan(PLAN.replace("seeds = 8", "seeds = 8\nfirst_seed = 200"), names=None)
    later = [{**record, "seed": 200 + record["seed"]} for record in records(parse_plan(PLAN, names=None))]
    assert [r.seed for r in paired_runs(told, later)["guided"]] == list(range(200, 208))
    with pytest.raises(OutriderError, match=r"run \(unguided, seed 0\) is not in the plan"):
        paired_runs(told, records(parse_plan(PLAN, names=None)))


SPOILT = {
    "twice": (lambda r: r.append(r[0]), r"run \(unguided, seed 0\) is there twice"),
    "missing": (lambda r: r.pop(9), r"1 of the plan's runs are missing, the first is \(guided, seed 1\)"),
    "unknown arm": (lambda r: r[0].update(arm="alone"), r"run \(alone, seed 0\) is not in the plan"),
    "unknown seed": (lambda r: r[0].update(seed=8), r"run \(unguided, seed 8\) is not in the plan"),
    "unequal steps": (lambda r: r[0].update(steps=[500, 1500]), "end at different steps"),
    "other steps": (
        lambda r: [x.update(steps=[500, 2000]) for x in r], "runs end at 2000 steps, the plan says 1000"
    ),
    "backwards": (lambda r: r[0].update(steps=[500, 400]), "steps that do not increase"),
    "short": (lambda r: r[0].update(success=[0.5]), "unequal length"),
    "success": (lambda r: r[0].update(success=[None, 1.5]), "success 1.5 over 2 episodes, which cannot be"),
    "nan": (lambda r: r[0].update(success=[None, float("nan")]), "which cannot be"),
    "null": (lambda r: r[0].update(success=[None, None]), "success None over 2 episodes"),
    "no episodes": (lambda r: r[0].update(episodes=[0, 0]), "over 0 episodes"),
    "key": (lambda r: r[0].pop("steps"), "not a run"),
}  # fmt: skip


@pytest.mark.parametrize("how", SPOILT)
def test_spoilt_runs_are_refused_in_one_line(how):
    plan = parse_plan(PLAN, names=None)
    spoilt = [dict(r) for r in records(plan)]
    SPOILT[how][0](spoilt)
    with pytest.raises(OutriderError, match=SPOILT[how][1]) as error:
        paired_runs(plan, spoilt)
    assert "\n" not in str(error.value)
    assert "runs.jsonl" in str(error.value)


def test_a_run_is_not_made_from_whatever_has_its_keys():
    with pytest.raises(OutriderError, match="not a run"):
        run_from({"arm": "a", "seed": "one", "steps": 3, "success": [], "episodes": []}, "here")
