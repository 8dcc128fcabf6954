"""Jobs that one worker trains together find what each finds alone, and one that fails takes no other with it."""

from outrider.learn import worker

SMALL = {"envs": 4, "rollout": 16, "width": 8, "epochs": 1, "minibatches": 1}
JOB = {
    "arm": "a", "world": "gymnax/cartpole", "seeds": [0, 1], "steps": 512, "learner": SMALL,
    "signal": {"name": "scale(observation-count, 0.1)", "weights": []},
}  # fmt: skip
OTHER = JOB | {"arm": "b", "learner": SMALL | {"learning_rate": 0.02, "entropy": 0.1}}
BAD = JOB | {"arm": "bad", "learner": SMALL | {"learning_rate": 1e38, "gradient_norm": 1e30}}


def test_together_as_alone(capsys):
    one, bad, other = worker.work_apart([JOB, BAD, OTHER])
    assert "not finite" in bad["failed"]
    assert list(bad) == ["failed"]
    assert one["runs"] == worker.work(JOB)["runs"]
    assert other["runs"] == worker.work(OTHER)["runs"]
    assert one["runs"] != [run | {"arm": "a"} for run in other["runs"]]
