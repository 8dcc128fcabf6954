"""What breaks a training run: each fault is one clear line, and nothing is left half-written."""

import io
import json
import math
import os
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from outrider.agents.actor_critic import ActorCritic
from outrider.agents.features import Features
from outrider.errors import OutriderError
from outrider.learn import policy, worker
from outrider.learn.policy import load_policy, save_policy
from outrider.learn.settings import Settings
from outrider.learn.train import _check_finite, learner_for, train
from outrider.types import Atlas

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
            ("unknown signal 'event-cuont'", "none, event-count, event-constant"),
        ),
        ((WORLD, SMALL, ""), ("unknown signal ''",)),
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


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite_is_told_with_its_seed_and_step(bad):
    loss, steps = np.zeros((3, 4), np.float32), np.broadcast_to(64 * np.arange(1, 5), (3, 4))
    lines = SimpleNamespace(loss=loss, steps=steps)
    _check_finite(lines, (10, 11, 12))
    loss[1, 2] = bad
    message = refusal(lambda: _check_finite(lines, (10, 11, 12)))
    assert "the loss of seed 11 is not finite at step 192" in message
    assert "lower learning_rate" in message


@pytest.mark.long
def test_training_stops_where_the_loss_is_not_finite():
    """Exploding for real: a learning rate beyond all reason."""
    settings = Settings(envs=4, rollout=8, epochs=1, minibatches=1, width=8, learning_rate=1e30, anneal=False)
    heard = []
    message = refusal(
        lambda: train(WORLD, settings, "none", None, [7, 8], 36 * 32, lambda *said: heard.append(said))
    )
    assert "the loss of seed 7 is not finite" in message
    assert len(heard) < 18


@pytest.fixture(scope="module")
def network():
    """A small policy."""
    ppo = learner_for(WORLD, SMALL, "none", 1)
    codes = ppo.batch.world.codes
    empty = Atlas(jnp.zeros(codes), jnp.zeros(codes, bool))
    shape = jax.eval_shape(lambda: ppo.init(jax.random.key(0), empty).network)
    rng = np.random.default_rng(0)
    return jax.tree.map(lambda x: rng.normal(size=x.shape).astype(np.float32), shape)


@pytest.fixture
def saved(network, tmp_path):
    """The policy's file."""
    path = tmp_path / "policy.npz"
    save_policy(path, network, WORLD, SMALL)
    return path


def test_a_policy_comes_back_as_it_was(network, saved):
    found, world_id = load_policy(saved)
    assert world_id == WORLD
    assert eqx.tree_equal(found, jax.tree.map(jnp.asarray, network))
    assert isinstance(found, ActorCritic)
    assert found.features == Features("planes", (7, 7), 16)
    assert [p.name for p in saved.parent.iterdir()] == ["policy.npz"]


def test_saving_the_same_policy_gives_the_same_bytes(network, saved):
    before = saved.read_bytes()
    save_policy(saved, network, WORLD, SMALL)
    assert saved.read_bytes() == before


def rewrite(path, **changed):
    """The same policy file with other arrays."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    arrays |= changed
    with open(path, "wb") as file:
        np.savez(file, **{name: array for name, array in arrays.items() if array is not None})


def about(path, **changed):
    with np.load(path) as file:
        told = json.loads(str(file["about"]))
    told |= changed
    return np.array(json.dumps({name: value for name, value in told.items() if value is not None}))


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def one_array(path):
    with open(path, "wb") as file:
        np.save(file, np.zeros(3))


def a_zip(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("readme.txt", "hello")


def pickled(path):
    stream = io.BytesIO()
    np.savez(stream, about=np.array({"format": 1}, dtype=object))
    path.write_bytes(stream.getvalue())


DAMAGE = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("not a policy\n"),
    "truncated": truncate,
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:40]),
    "one byte flipped": flip,
    "a bare array": one_array,
    "another zip": a_zip,
    "pickled objects": pickled,
    "no about": lambda path: rewrite(path, about=None),
    "about is no JSON": lambda path: rewrite(path, about=np.array("{")),
    "about is a list": lambda path: rewrite(path, about=np.array("[]")),
    "no format": lambda path: rewrite(path, about=about(path, format=None)),
    "no world": lambda path: rewrite(path, about=about(path, world=None)),
    "a leaf is missing": lambda path: rewrite(path, leaf0=None),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_policy_files_are_refused_in_one_line(saved, damage):
    DAMAGE[damage](saved)
    message = refusal(lambda: load_policy(saved))
    assert str(saved) in message
    assert "train anew" in message


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: rewrite(path, about=about(path, format=2)), "format 2, this version reads 1"),
        (lambda path: rewrite(path, leaf0=np.zeros((3, 3), np.float32)), "arrays of other shapes"),
        (lambda path: rewrite(path, leaf12=np.zeros(3, np.float32)), "arrays of other shapes"),
        (
            lambda path: rewrite(path, about=about(path, world="minigrid/nowhere")),
            "unknown world 'minigrid/nowhere'",
        ),
        (
            lambda path: rewrite(path, about=about(path, settings={"wdith": 8})),
            "settings that this version",
        ),
        (lambda path: rewrite(path, about=about(path, settings={"envs": 0})), "envs is 0"),
    ],
)
def test_policies_that_do_not_fit_are_refused_in_one_line(saved, damage, said):
    damage(saved)
    assert said in refusal(lambda: load_policy(saved))


def test_a_missing_policy_says_how_to_make_one(tmp_path):
    message = refusal(lambda: load_policy(tmp_path / "none.npz"))
    assert "no policy file at" in message
    assert "outrider train" in message
    assert "not a policy file" in refusal(lambda: load_policy(tmp_path))


def test_a_save_that_fails_leaves_the_old_policy(network, saved, monkeypatch):
    before = saved.read_bytes()

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(policy.np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        save_policy(saved, network, WORLD, SMALL)
    assert saved.read_bytes() == before


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
    path.write_text(json.dumps(told | changed))
    return path


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"world": "minigrid/doorkey"}, "unknown world 'minigrid/doorkey'"),
        ({"signal": {"name": "curiosity", "weights": []}}, "unknown signal 'curiosity'"),
        ({"learner": {"envs": 0}}, "envs is 0"),
        ({"learner": {"envs": 3, "rollout": 700, "minibatches": 1}}, "rollout = 700"),
    ],
)
def test_a_worker_says_in_one_line_why_it_cannot(tmp_path, monkeypatch, capsys, changed, said):
    out = tmp_path / "out.json"
    monkeypatch.setattr(sys, "argv", ["worker", str(job(tmp_path, **changed)), str(out)])
    assert worker.main() == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert said in error
    assert not list(tmp_path.glob("out.json*"))


def test_weights_of_another_world_are_refused(tmp_path, monkeypatch, capsys):
    weights = tmp_path / "weights.json"
    weights.write_text(json.dumps({"by_caption": {"You won.": 1.0}}))
    given = job(tmp_path, signal={"name": "event-count", "weights": [str(weights)]})
    monkeypatch.setattr(sys, "argv", ["worker", str(given), str(tmp_path / "out.json")])
    assert worker.main() == 2
    assert "the weights were made for another world" in capsys.readouterr().err


def test_the_worker_is_a_program_of_its_own(tmp_path):
    """Started as a study starts it: exit code 2 and one line."""
    given = job(tmp_path, signal={"name": "curiosity", "weights": []})
    command = [sys.executable, "-m", "outrider.learn.worker", str(given), str(tmp_path / "out.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=dict(os.environ))
    assert done.returncode == 2
    assert done.stderr.strip().count("\n") == 0
    assert "unknown signal 'curiosity'" in done.stderr
