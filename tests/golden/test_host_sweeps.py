"""Sweeps over host worlds: each run for itself, a failed one written down, and what cannot be swept told at once."""

from dataclasses import asdict
from pathlib import Path

import pytest

from outrider.errors import OutriderError
from outrider.sweep import worker
from outrider.sweep.jobs import jobs_of
from outrider.sweep.specification import load_sweep

SPECIFICATION = """
[sweep]
worlds = ["gymnasium/CartPole-v1"]
steps = 900
candidates = 2
seeds = 2
keep = 2
score = "return"
held_out = 1
[learner]
envs = 6
rollout = 24
width = 8
epochs = 1
minibatches = 1
[space]
learning_rate = [0.001, 1e38]
"""


def load(folder: Path, text: str = SPECIFICATION):
    (folder / "sweep.toml").write_text(text)
    return load_sweep(folder, {})


def test_a_worker_trains_each_run_and_writes_down_which_failed(tmp_path, monkeypatch):
    sweep, told = load(tmp_path), []
    settings = ({**sweep.settings[0]}, {**sweep.settings[0], "learning_rate": 1e38, "gradient_norm": 1e30})
    (job,) = jobs_of(sweep, "rung 1", sweep.rungs[0].steps, [0], range(1), tmp_path)
    job = {**asdict(job), "settings": settings, "runs": [(0, 0), (1, 3)], "steps": 288}
    monkeypatch.setattr(worker, "_tell", lambda progress, lines: told.append(progress))
    good, bad = worker.work(job)
    assert (good["candidate"], good["seed"], good["steps"], good["world"]) == (
        0,
        0,
        288,
        "gymnasium/CartPole-v1",
    )
    assert good["success"] == 0.0  # every step pays, and 475 are a success
    assert 8 < good["return"] < 200
    assert 0 < good["return_area"] < 200
    assert (bad["candidate"], bad["seed"]) == (1, 3)
    assert "not finite" in bad["failed"]
    assert told == sorted(told)
    assert 0.5 in told


@pytest.mark.parametrize(
    ("changed", "into", "said"),
    [
        ("envs = 6", 'encoder = "convolutional"\nenvs = 6', "needs a grid"),
        ("[learner]", '[signal]\nname = "situation-count"\n[learner]', "looks at situations"),
        (
            "[learner]",
            '[signal]\nname = "event-count"\nengine = "shuffled(constant)"\n[learner]',
            "captions come one by one",
        ),
        ('"gymnasium/CartPole-v1"', '"gymnasiun/CartPole-v1"', "unknown world"),
    ],
)
def test_what_cannot_be_swept_is_told_at_once(tmp_path, changed, into, said):
    with pytest.raises(OutriderError, match=said) as told:
        load(tmp_path, SPECIFICATION.replace(changed, into))
    assert "\n" not in str(told.value)


def test_host_worlds_captions_are_asked_about_by_the_workers(tmp_path):
    text = SPECIFICATION.replace("gymnasium/CartPole-v1", "envpool/MiniGrid-MultiRoom-N2-S4-v0")
    sweep = load(tmp_path, text + '[signal]\nname = "event-count"\nengine = "word-overlap"\n')
    (job, *_) = jobs_of(sweep, "rung 1", sweep.rungs[0].steps, [0], range(1), tmp_path)
    assert (job.engine, job.weights) == ("word-overlap", "")
    pytest.importorskip("envpool")
    (line,) = worker.work({**asdict(job), "steps": 144})
    assert "failed" not in line
    assert 0 <= line["success"] <= 1
