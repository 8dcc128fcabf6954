"""What breaks a training run: each fault is one clear line, and nothing is left half-written."""

import json
import math
import os
import subprocess
import sys

import pytest

from outrider.errors import OutriderError
from outrider.learn import worker
from outrider.learn.settings import Settings
from outrider.learn.train import learner_for, train

WORLD = "minigrid/doorkey-8x8"
SMALL = Settings(envs=4, rollout=8, epochs=1, minibatches=1, width=8)


def refusal(call):
    """The one line with which a call refuses."""
    with pytest.raises(OutriderError) as error:
        call()
    message = str(error.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("minigrid/doorkey-9x9", SMALL, "none"), ("unknown world 'minigrid/doorkey-9x9'", "doorkey-8x8")),
        (
            (WORLD, SMALL, "event-cuont"),
            ("signal `event-cuont`: unknown name", "did you mean 'event-count'"),
        ),
        ((WORLD, SMALL, ""), ("signal ``: a name is missing",)),
        (
            ("minigrid/unlock-pickup", Settings(envs=4, rollout=289, minibatches=1), "none"),
            ("rollout = 289", "minigrid/unlock-pickup", "288 steps", "at most that"),
        ),
    ],
)
def test_impossible_runs_are_refused_before_they_start(given, said):
    world, settings, signal = given
    message = refusal(lambda: train(world, settings, signal, None, [0], 1000))
    assert all(part in message for part in said), message


def test_a_rollout_as_long_as_the_episode_is_allowed():
    learner_for("minigrid/unlock-pickup", Settings(envs=4, rollout=288, minibatches=1), "none", 1)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("envs", 0, "integer of at least 1"),
        ("rollout", -8, "integer of at least 1"),
        ("epochs", 1.5, "integer of at least 1"),
        ("width", True, "integer of at least 1"),
        ("learning_rate", -1e-3, "number of at least 0"),
        ("learning_rate", math.nan, "number of at least 0"),
        ("discount", math.inf, "number of at least 0"),
        ("learning_rate", "fast", "number of at least 0"),
        ("anneal", 1, "true or false"),
        ("cells", "pixels", "planes, numbers"),
        ("minibatches", 7, "not divisible by minibatches = 7"),
    ],
)
def test_settings_are_checked(name, value, said):
    message = refusal(lambda: Settings(**{name: value}))
    assert name in message
    assert said in message


@pytest.mark.long
def test_training_stops_where_the_loss_is_not_finite():
    """Exploding for real: a learning rate beyond all reason."""
    settings = Settings(envs=4, rollout=8, epochs=1, minibatches=1, width=8, learning_rate=1e30, anneal=False)
    heard = []
    message = refusal(
        lambda: train(WORLD, settings, "none", None, [7, 8], 36 * 32, lambda *said: heard.append(said))
    )
    assert message.startswith(("the loss of seed 7 is not finite", "the network of seed 7 is not finite"))
    assert len(heard) < 18


def job(tmp_path, **changed):
    """A job file of a study."""
    told = {
        "world": WORLD,
        "learner": {"envs": 4, "rollout": 8, "epochs": 1, "minibatches": 1, "width": 8},
        "signal": {"name": "event-count", "weights": []},
        "arm": "guided",
        "seeds": [0],
        "steps": 100,
    }
    path = tmp_path / "job.json"
    path.write_text(json.dumps([told | changed]))
    return path


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"world": "minigrid/doorkey"}, "unknown world 'minigrid/doorkey'"),
        ({"signal": {"name": "curiosity", "weights": []}}, "signal `curiosity`: unknown name"),
        ({"learner": {"envs": 0}}, "envs is 0"),
        ({"learner": {"envs": 3, "rollout": 700, "minibatches": 1}}, "rollout = 700"),
    ],
)
def test_a_worker_says_in_one_line_why_it_cannot(tmp_path, monkeypatch, capsys, changed, said):
    """Settings that are none end the worker; what fails in training is the job's result."""
    out = tmp_path / "out.json"
    monkeypatch.setattr(sys, "argv", ["worker", str(job(tmp_path, **changed)), str(out)])
    if worker.main() == 2:
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert error.count("\n") == 1
        assert said in error
        assert not list(tmp_path.glob("out.json*"))
    else:
        (found,) = json.loads(out.read_text())
        assert "\n" not in found["failed"]
        assert said in found["failed"]


def test_weights_of_another_world_are_refused(tmp_path, monkeypatch, capsys):
    weights = tmp_path / "weights.json"
    weights.write_text(json.dumps({"by_caption": {"You won.": 1.0}}))
    given = job(tmp_path, signal={"name": "event-count", "weights": [str(weights)]})
    monkeypatch.setattr(sys, "argv", ["worker", str(given), str(tmp_path / "out.json")])
    worker.main()
    assert (
        "the weights were made for another world"
        in json.loads((tmp_path / "out.json").read_text())[0]["failed"]
    )


def test_the_worker_is_a_program_of_its_own(tmp_path):
    """Started as a study starts it: exit code 2 and one line."""
    given = job(tmp_path, learner={"envs": 0})
    command = [sys.executable, "-m", "outrider.learn.worker", str(given), str(tmp_path / "out.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=dict(os.environ))
    assert done.returncode == 2
    assert done.stderr.strip().count("\n") == 0
    assert "envs is 0" in done.stderr
