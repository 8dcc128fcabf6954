"""Jobs that one worker trains together find what each finds alone, and one that fails takes no other with it."""

import json

import numpy as np
import pytest

from outrider.guide.vocabulary import vocabulary
from outrider.learn import worker

SMALL = {"envs": 4, "rollout": 16, "width": 8, "epochs": 1, "minibatches": 1}
JOB = {
    "arm": "a", "world": "gymnax/cartpole", "seeds": [0, 1], "steps": 512, "learner": SMALL,
    "signal": {"name": "scale(observation-count, 0.1)", "weights": []},
}  # fmt: skip
OTHER = JOB | {"arm": "b", "learner": SMALL | {"learning_rate": 0.02, "entropy": 0.1}}
BAD = JOB | {"arm": "bad", "learner": SMALL | {"learning_rate": 1e38, "gradient_norm": 1e30}}


def alone(job):
    (found,) = worker.work_alike([job])
    return found


def test_together_as_alone():
    one, other = worker.work_alike([JOB, OTHER])
    assert one["runs"] == alone(JOB)["runs"]
    assert other["runs"] == alone(OTHER)["runs"]
    assert one["runs"] != [run | {"arm": "a"} for run in other["runs"]]
    fewer = JOB | {"arm": "c", "seeds": [7]}
    one, other = worker.work_alike([JOB, fewer])
    assert one["runs"] == alone(JOB)["runs"]
    assert other["runs"] == alone(fewer)["runs"]
    assert one["costs"]["run_seconds"] == pytest.approx(2 * other["costs"]["run_seconds"], abs=2e-3), (
        "by seeds"
    )


def test_one_that_fails_takes_no_other_with_it():
    one, bad, other = worker.work_apart([JOB, BAD, OTHER])
    assert list(bad) == ["failed"]
    assert "not finite" in bad["failed"]
    assert [[run["arm"] for run in found["runs"]] for found in (one, other)] == [["a", "a"], ["b", "b"]]


def test_each_seed_of_each_job_has_its_own_weights(tmp_path, monkeypatch):
    world, given = "minigrid/doorkey-5x5", {}

    def job(arm, weights):
        paths = [tmp_path / f"{arm}-{k}.json" for k in range(len(weights))]
        for path, weight in zip(paths, weights, strict=True):
            path.write_text(json.dumps({"by_caption": dict.fromkeys(vocabulary(world).captions, weight)}))
        signal = {"name": "event-count", "weights": list(map(str, paths))}
        return JOB | {"arm": arm, "world": world, "signal": signal}

    def train(world, settings, signal, atlas, seeds, steps, heard, rates):
        given.update(atlas=atlas, seeds=seeds)
        raise StopIteration

    monkeypatch.setattr(worker, "train", train)
    for one, other, want in (
        ((0.1, 0.2), (0.1, 0.2), [0.1, 0.2, 0.1, 0.2]),
        ((0.1,), (0.2, 0.3), [0.1, 0.1, 0.2, 0.3]),
        ((0.3,), (0.3,), [0.3]),
    ):
        try:
            worker.work_alike([job("a", one), job("b", other)])
        except StopIteration:
            rows = np.atleast_2d(np.asarray(given["atlas"].weight))
        np.testing.assert_allclose(rows.max(axis=1), want, rtol=1e-6)
        assert given["seeds"] == [0, 1, 0, 1]


def test_arms_with_other_weights_and_seeds_find_what_they_find_alone(tmp_path):
    """And the second one's first agent is kept, not the first one's."""
    world = "minigrid/doorkey-5x5"

    def job(arm, seeds, weight):
        path = tmp_path / f"{arm}.json"
        path.write_text(json.dumps({"by_caption": dict.fromkeys(vocabulary(world).captions, weight)}))
        signal = {"name": "event-count", "weights": [str(path)]}
        policy = {"save_policy": arm == "b", "policy": str(tmp_path / f"policy-{arm}")}
        return JOB | {"arm": arm, "world": world, "seeds": seeds, "signal": signal} | policy

    jobs = job("a", [0, 1], 1.0), job("b", [4], 0.2)
    together = worker.work_alike(jobs)
    kept = (tmp_path / "policy-b").read_bytes()
    assert [found["runs"] for found in together] == [alone(one)["runs"] for one in jobs]
    assert (tmp_path / "policy-b").read_bytes() == kept, "of that job's own seed"
    assert not (tmp_path / "policy-a").exists()
    assert together[0]["runs"][0]["bonus"] != together[1]["runs"][0]["bonus"]
