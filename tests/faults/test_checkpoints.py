"""A run killed at any moment goes on bit for bit; what cannot be resumed or written is one clear line."""

import json
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import jax
import numpy as np
import pytest

import toy_world
from outrider.errors import OutriderError
from outrider.learn import checkpoint
from outrider.learn.checkpoint import ABOUT, DROPPING, MAKING, checkpoints, restore, save
from outrider.learn.keeper import Keeper, interval
from toy_world import SMALL, UPDATES, outcome, trained

CONFIGURATION = {"world": "toy/bits", "seeds": [3], "learner.width": 8}
LIMIT = 120  # seconds until a child is given up


def refusal(call):
    """The one line with which a call refuses."""
    with pytest.raises(OutriderError) as error:
        call()
    assert "\n" not in str(error.value)
    return str(error.value)


def start(folder, out, cache, settings=SMALL):
    """A child that trains with a checkpoint after each update, from the newest there is."""
    known = os.environ | {
        "JAX_COMPILATION_CACHE_DIR": str(cache),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]),
    }
    command = [sys.executable, toy_world.__file__, str(folder), str(out), json.dumps(asdict(settings))]
    return subprocess.Popen(command, env=known)


def wait_for(child, happened):
    """Wait until something has happened while a child runs; False where it ended before."""
    end = time.monotonic() + LIMIT
    while not happened():
        assert time.monotonic() < end
        if child.poll() is not None:
            return False
        time.sleep(0.001)
    return True


def same(found, wanted):
    """The same arrays, bit for bit."""
    assert found.keys() == wanted.keys()
    for name, array in wanted.items():
        assert array.tobytes() == found[name].tobytes(), name


@pytest.fixture(scope="module")
def uninterrupted():
    return outcome(trained())


def test_a_run_killed_during_a_save_gives_what_it_would_have_given(uninterrupted, tmp_path):
    folder = tmp_path / "kept"
    child = start(folder, tmp_path / "out.npz", tmp_path / "cache")
    try:
        assert wait_for(child, lambda: len(checkpoints(folder)) == 2 and (folder / MAKING).exists())
    finally:
        child.kill()
    assert child.wait() == -9
    assert (folder / MAKING).exists()  # it was in the middle of one
    stood = checkpoints(folder)[0].updates
    assert 2 <= stood < UPDATES
    heard = []
    with Keeper(folder, resume=True, every="10") as keeper:
        result = trained(keeper=keeper, heard=lambda progress, lines: heard.append(progress))
    same(outcome(result), uninterrupted)
    assert len(heard) == UPDATES - stood  # it did go on, and did not begin anew
    assert result.steps_before == stood * SMALL.batch * 2
    assert [c.updates for c in checkpoints(folder)] == [UPDATES, stood + 10 * ((UPDATES - stood - 1) // 10)]
    assert sorted(p.name for p in folder.iterdir() if "updates" not in p.name) == ["lock"]


def killed_often(tmp_path, settings, kills, seed):
    """What a run gives that is killed `kills` times, at random moments, and resumed each time."""
    chance, folder, out = random.Random(seed), tmp_path / "kept", tmp_path / "out.npz"
    moments = sorted(chance.sample(range(1, UPDATES - 1), kills))
    saving = 0
    for moment in moments:
        child = start(folder, out, tmp_path / "cache", settings)
        reached = wait_for(child, lambda m=moment: any(c.updates >= m for c in checkpoints(folder)))
        assert reached, "the run ended before it was killed"
        time.sleep(chance.uniform(0, 0.1))
        child.kill()
        child.wait()
        saving += (folder / MAKING).exists() or (folder / DROPPING).exists()
    child = start(folder, out, tmp_path / "cache", settings)
    assert child.wait(LIMIT) == 0
    print(f"{kills} kills, {saving} of them during a save")
    with np.load(out) as file:
        return dict(file)


@pytest.mark.long
@pytest.mark.parametrize("seed", [0, 1])
def test_a_run_killed_at_random_moments_gives_what_it_would_have_given(tmp_path, seed):
    settings = replace(SMALL, memory="gru", epochs=2, minibatches=2)
    whole = outcome(trained(settings=settings))
    same(killed_often(tmp_path, settings, kills=6, seed=seed), whole)


@pytest.mark.long
def test_a_team_goes_on_bit_for_bit_too(tmp_path):
    team = replace(SMALL, learners=2)
    whole = outcome(trained(settings=team))
    same(killed_often(tmp_path, team, kills=3, seed=0), whole)


@pytest.mark.long
def test_the_command_line_resumes_a_killed_run(tmp_path):
    """A MiniGrid, guided by no one: killed twice, its policy file is that of the uninterrupted run, byte for byte."""
    tiny = "--learner.envs 4 --learner.rollout 8 --learner.epochs 1 --learner.minibatches 1 --learner.width 8"
    command = [sys.executable, "-m", "outrider.cli", "train", "minigrid/doorkey-8x8", *tiny.split()]
    command += ["--steps", str(32 * 37), "--seeds", "2"]
    subprocess.run(
        [*command, "--out", str(tmp_path / "whole")], check=True, timeout=LIMIT, capture_output=True
    )
    folder = tmp_path / "kept"
    command += ["--out", str(tmp_path / "killed"), "--checkpoints", str(folder), "--every", "1", "--resume"]
    for moment in (3, 20):
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        assert wait_for(child, lambda m=moment: any(c.updates >= m for c in checkpoints(folder)))
        child.kill()
        child.wait()
    told = subprocess.run(command, check=True, timeout=LIMIT, capture_output=True, text=True).stdout
    assert f"going on from {folder}" in told
    assert (tmp_path / "killed").read_bytes() == (tmp_path / "whole").read_bytes()


def state(value=0.0):
    """A little of everything that a learner holds."""
    return {
        "numbers": jax.numpy.arange(1000.0) + value,
        "key": jax.random.key(int(value)),
        "empty": jax.numpy.zeros((4, 0)),
        "lines": np.arange(5),
    }


@pytest.fixture
def kept(tmp_path):
    """A folder with two checkpoints."""
    for updates in (1, 2):
        save(tmp_path, updates, state(updates), CONFIGURATION)
    return tmp_path


def test_a_checkpoint_comes_back_as_it_was_and_the_newest_two_stay(kept):
    save(kept, 3, state(3), CONFIGURATION)
    assert [c.updates for c in checkpoints(kept)] == [3, 2]
    found = restore(checkpoints(kept)[0], state(), CONFIGURATION)
    assert jax.random.key_data(found["key"]).tolist() == jax.random.key_data(jax.random.key(3)).tolist()
    same({"n": np.asarray(found["numbers"])}, {"n": np.asarray(state(3)["numbers"])})
    assert found["lines"].tolist() == list(range(5))
    assert isinstance(found["lines"], np.ndarray)
    assert found["empty"].shape == (4, 0)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"world": "minigrid/doorkey-8x8"}, 'world was "toy/bits" and is "minigrid/doorkey-8x8"'),
        ({"seeds": [3, 4]}, "seeds was [3] and is [3, 4]"),
        ({"learner.width": 16}, "learner.width was 8 and is 16"),
        ({"outrider": "9.9"}, 'outrider was not told and is "9.9"'),
    ],
)
def test_another_configuration_is_refused_and_what_differs_is_named(kept, changed, said):
    message = refusal(lambda: restore(checkpoints(kept)[0], state(), CONFIGURATION | changed))
    assert said in message
    assert "belongs to another run" in message


def test_another_format_is_refused(kept, monkeypatch):
    monkeypatch.setattr(checkpoint, "FORMAT", 7)
    assert "format 1, this version reads 7" in refusal(
        lambda: restore(checkpoints(kept)[0], state(), CONFIGURATION)
    )


def test_a_state_of_another_form_is_refused(kept):
    other = state() | {"numbers": jax.numpy.zeros(7)}
    message = refusal(lambda: restore(checkpoints(kept)[0], other, CONFIGURATION))
    assert "does not hold this run's state" in message


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def biggest(folder):
    return max((p for p in (folder / "state").rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)


DAMAGE = {
    "a bit flipped": lambda folder: flip(biggest(folder)),
    "cut short": lambda folder: biggest(folder).write_bytes(biggest(folder).read_bytes()[:-9]),
    "a file missing": lambda folder: biggest(folder).unlink(),
    "no about": lambda folder: (folder / ABOUT).unlink(),
    "about cut short": lambda folder: (folder / ABOUT).write_text((folder / ABOUT).read_text()[:50]),
    "about changed": lambda folder: (folder / ABOUT).write_text(
        (folder / ABOUT).read_text().replace("toy/bits", "toy/bots")
    ),
    "about is a list": lambda folder: (folder / ABOUT).write_text("[]"),
    "empty": lambda folder: (shutil.rmtree(folder), folder.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_checkpoint_is_named_with_the_older_good_one(kept, damage):
    new, old = checkpoints(kept)
    DAMAGE[damage](new.path)
    message = refusal(lambda: restore(new, state(), CONFIGURATION))
    assert f"{new.path} is damaged" in message
    assert f"delete that folder, and --resume goes on from {old.path}" in message
    DAMAGE[damage](old.path)
    assert "there is no older one" in refusal(lambda: restore(old, state(), CONFIGURATION))


def test_a_checkpoint_that_cannot_be_written_leaves_those_before_it(kept):
    """What a full disk does, by the limit on a file's size, in the middle of orbax's work."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    noise = state() | {"numbers": jax.random.normal(jax.random.key(0), (300_000,))}
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # Python ignores the signal that goes with it
    try:
        message = refusal(lambda: save(kept, 3, noise, CONFIGURATION))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "the checkpoint after 3 updates cannot be written" in message
    assert "File too large" in message
    assert f"the last good checkpoint is {checkpoints(kept)[0].path}" in message
    assert [c.updates for c in checkpoints(kept)] == [2, 1]
    assert not (kept / MAKING).exists()
    restore(checkpoints(kept)[0], state(), CONFIGURATION)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="only root can mount a small disk")
def test_a_full_disk_leaves_the_last_good_checkpoint(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True)
    if made.returncode:
        pytest.skip("this machine does not let root mount")
    try:
        noise = state() | {"numbers": jax.random.normal(jax.random.key(0), (150_000,))}
        save(disk, 1, noise, CONFIGURATION)
        message = refusal(lambda: save(disk, 2, noise, CONFIGURATION))
        assert "No space left on device" in message
        assert "free the place and go on with --resume" in message
        assert not (disk / MAKING).exists()
        restore(checkpoints(disk)[0], noise, CONFIGURATION)
        assert [c.updates for c in checkpoints(disk)] == [1]
    finally:
        subprocess.run(["umount", disk], check=True)


def test_two_runs_do_not_share_a_folder(tmp_path):
    with Keeper(tmp_path, resume=True):
        assert "another run is keeping checkpoints in" in refusal(
            lambda: Keeper(tmp_path, resume=True).__enter__()
        )
    with Keeper(tmp_path):  # free again
        pass


def test_checkpoints_without_leave_to_resume_are_refused(kept):
    message = refusal(lambda: Keeper(kept).__enter__())
    assert "holds checkpoints up to updates-0000000002" in message
    assert "--resume" in message
    with Keeper(kept, resume=True) as keeper:
        assert keeper.begins == f"going on from {checkpoints(kept)[0].path}"


def test_an_empty_folder_begins_anew_with_a_note(tmp_path):
    with Keeper(tmp_path, resume=True) as keeper:
        assert keeper.begins == f"no checkpoint in {tmp_path} yet: beginning anew"
    with Keeper(tmp_path) as keeper:
        assert keeper.begins == ""


def test_what_a_killed_save_left_is_cleared(kept):
    for name in (MAKING, DROPPING):
        (kept / name / "state").mkdir(parents=True)
    with Keeper(kept, resume=True):
        assert sorted(p.name for p in kept.iterdir()) == [
            "lock",
            "updates-0000000001",
            "updates-0000000002",
        ]


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot be written" in refusal(lambda: Keeper(tmp_path / "file" / "kept").__enter__())


@pytest.mark.parametrize(
    ("every", "means"),
    [("90s", (90, np.inf)), ("5m", (300, np.inf)), ("0.5h", (1800, np.inf)), ("200", (np.inf, 200))],
)
def test_how_often_is_told_in_time_or_updates(every, means):
    assert interval(every) == means


@pytest.mark.parametrize("every", ["", "0", "0m", "-5m", "5 m", "1.5", "often", "5d", "1e3"])
def test_an_interval_that_is_none_is_refused(every):
    assert f"--every is {every!r}" in refusal(lambda: interval(every))


def test_about_tells_what_the_run_was(kept):
    told = json.loads((checkpoints(kept)[0].path / ABOUT).read_text())["about"]
    assert told["configuration"] == CONFIGURATION
    assert told["updates"] == 2
