"""Which jobs share a worker, and what each is told and given of what comes of all."""

import json
from dataclasses import replace

import pytest

from outrider.errors import OutriderError
from outrider.learn.evaluate import EPISODES
from outrider.verify import bundles
from outrider.verify.bundles import MOST_STEPS, Bundle, Unbundled, bundles_of, failure
from outrider.verify.jobs import Job, out_path, result

ONE = Job("a", "minigrid/doorkey-8x8", (0, 1), 1_000, {"entropy": 0.1}, "rnd", ())


def sizes(jobs, workers=1):
    """Which arms share a worker."""
    return [[job.arm for job in bundle.jobs] for bundle in bundles_of(jobs, workers)]


def test_jobs_that_differ_in_rates_seeds_or_weights_share_a_worker():
    rate = replace(ONE, arm="b", learner={"entropy": 0.2, "learning_rate": 1e-3})
    more = replace(ONE, arm="c", seeds=(4, 5, 6))
    others = [
        replace(ONE, arm="signal", signal="icm"),
        replace(ONE, arm="width", learner={"width": 32}),
        replace(ONE, arm="algorithm", learner={"algorithm": "pqn"}),
        replace(ONE, arm="weights", weights=("{}",)),
        replace(ONE, arm="steps", steps=2_000),
        replace(ONE, arm="world", world="minigrid/doorkey-5x5"),
    ]
    assert sizes([ONE, *others, rate, more]) == [["a", "b", "c"], *([job.arm] for job in others)]
    told = [replace(ONE, arm=weights, weights=(weights,)) for weights in "xy"]
    assert sizes(told) == [["x", "y"]]
    host = replace(ONE, world="gymnasium/CartPole-v1")
    assert sizes([host, replace(host, arm="b", learner={"entropy": 0.2})]) == [["a"], ["b"]]


def test_a_bundle_is_no_longer_than_a_kill_may_cost():
    jobs = [
        replace(ONE, arm=str(k), learner={"entropy": k / 10}, steps=MOST_STEPS // 5) for k in range(7)
    ]  # two seeds each: two fit
    assert sizes(jobs) == [["0", "1"], ["2", "3"], ["4", "5"], ["6"]]
    assert sizes([replace(job, steps=MOST_STEPS) for job in jobs[:2]]) == [["0"], ["1"]]


def test_no_worker_takes_more_than_its_share_of_what_waits():
    jobs = [replace(ONE, arm=f"{k}", seeds=(k,)) for k in range(10)]
    assert sizes(jobs, 2) == [list("01234"), list("567"), ["8"], ["9"]]
    assert sizes(jobs, 16) == [[str(k)] for k in range(10)]
    other = [replace(job, signal="icm", arm=f"i{job.arm}") for job in jobs[:2]]
    assert sizes([jobs[0], other[0], jobs[1], other[1]], 2) == [["0", "1"], ["i0"], ["i1"]]


def test_long_episodes_and_replays_count_too():
    crafting = replace(ONE, world="craftax/classic", signal="none", steps=100_000)
    jobs = [replace(crafting, arm=str(k), learner={"entropy": k / 10}) for k in range(4)]
    assert sizes(jobs) == [["0", "1"], ["2", "3"]], "an evaluation may take 640,000 steps a seed"
    assert bundles.EVALUATED == EPISODES
    remembering = {"algorithm": "dqn", "capacity": 200_000}
    jobs = [
        replace(job, world=ONE.world, learner={**remembering, "explore": 0.1 * k})
        for k, job in enumerate(jobs)
    ]
    assert sizes(jobs) == [["0", "1"], ["2", "3"]]


def test_a_signal_that_is_built_for_a_discount_is_trained_with_it():
    jobs = [replace(ONE, arm=str(k), learner={"discount": k}) for k in (0.9, 0.99)]
    assert sizes(jobs) == [["0.9", "0.99"]]
    around = [replace(job, signal="scale(way-potential, 2)") for job in jobs]
    assert sizes(around) == [["0.9"], ["0.99"]]


class Heard:
    """What a listener hears."""

    def __init__(self):
        self.all = []

    def told(self, job, message):
        self.all.append((job.arm, message))

    def finished(self, job, wall_seconds):
        self.all.append((job.arm, wall_seconds))


def test_a_listener_hears_of_each_job():
    heard, bundle = Heard(), Bundle((ONE, replace(ONE, arm="b")))
    Unbundled(heard).told(bundle, {"progress": 0.5, "success": [0.1, 0.2, 0.3, None]})
    Unbundled(heard).finished(bundle, 3.0)
    Unbundled(heard).told(bundle, {"progress": 0.7, "success": [0.1, 0.2]})  # of a half that trains anew
    uneven = Bundle((ONE, replace(ONE, arm="c", seeds=(4, 5, 6, 7))))
    Unbundled(heard).finished(uneven, 3.0)
    assert heard.all[4:6] == [("a", {"progress": 0.7}), ("b", {"progress": 0.7})]
    assert heard.all[6:] == [("a", 1.0), ("c", 2.0)], "by their seeds"
    assert heard.all[:4] == [
        ("a", {"progress": 0.5, "success": [0.1, 0.2]}),
        ("b", {"progress": 0.5, "success": [0.3, None]}),
        ("a", 1.5),
        ("b", 1.5),
    ]


def found(job):
    """What a worker would have found."""
    runs = [
        {"arm": job.arm, "seed": seed, "steps": [1_000], "success": [0.5], "return": [0.5], "episodes": [4]}
        for seed in job.seeds
    ]
    return {"runs": runs, "costs": {"run_seconds": 1.0}}


def test_each_job_gets_what_came_of_it_and_a_failure_is_kept(tmp_path):
    bad, bundle = replace(ONE, arm="bad"), Bundle((ONE, replace(ONE, arm="bad")), tries=True)
    prepared = bundles.prepare(bundle, tmp_path)
    assert [job["arm"] for job in json.loads(prepared.read_text())] == ["a", "bad"]
    bundles.out_path(bundle, tmp_path).write_text(json.dumps([found(ONE), {"failed": "the loss"}]))
    bundles.accept(bundle, tmp_path, 4.0)
    kept = result(ONE, tmp_path)
    assert kept
    assert kept.costs == {"run_seconds": 1.0, "wall_seconds": 2.0}
    assert (failure(ONE, tmp_path), failure(bad, tmp_path), result(bad, tmp_path)) == ("", "the loss", None)
    assert failure(replace(bad, steps=2_000), tmp_path) == "", "of another job"
    bundles.prepare(bundle, tmp_path)
    assert (failure(bad, tmp_path), result(ONE, tmp_path)) == ("", None), "begun anew"
    assert not out_path(ONE, tmp_path).exists()


def test_a_failure_ends_a_study_once_the_others_have_what_came_of_them(tmp_path):
    bad = replace(ONE, arm="bad", seeds=(4, 5))
    bundle = Bundle((bad, ONE))
    assert bundles.describe(bundle) == "arm 'bad', seeds 4 to 5 and 1 like it"
    bundles.prepare(bundle, tmp_path)
    bundles.out_path(bundle, tmp_path).write_text(json.dumps([{"failed": "the loss"}, found(ONE)]))
    with pytest.raises(OutriderError, match="could not train arm 'bad', seeds 4 to 5: the loss"):
        bundles.accept(bundle, tmp_path, 4.0)
    assert result(ONE, tmp_path)
    assert result(bad, tmp_path) is None


@pytest.mark.parametrize("given", ["", "[]", "{}", '[{"runs": [], "costs": {}}, {"failed": "x"}]'])
def test_results_that_were_not_asked_for(tmp_path, given):
    bundle = Bundle((ONE, replace(ONE, arm="b")))
    bundles.prepare(bundle, tmp_path)
    bundles.out_path(bundle, tmp_path).write_text(given)
    with pytest.raises(OutriderError, match="the worker's result"):
        bundles.accept(bundle, tmp_path, 1.0)
    assert result(ONE, tmp_path) is None
