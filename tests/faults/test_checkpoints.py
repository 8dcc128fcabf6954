"""What a checkpoint keeps, and that what cannot be resumed or written is one clear line."""

import json
import os
import resource
import shutil
import subprocess

import jax
import numpy as np
import pytest

from outrider.errors import OutriderError
from outrider.learn import checkpoint
from outrider.learn.checkpoint import ABOUT, DROPPING, MAKING, checkpoints, restore, save
from outrider.learn.keeper import Keeper, interval
from toy_world import same

CONFIGURATION = {"world": "toy/bits", "seeds": [3], "learner.width": 8}


def refusal(call):
    """The one line with which a call refuses."""
    with pytest.raises(OutriderError) as error:
        call()
    assert "\n" not in str(error.value)
    return str(error.value)


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
