"""A run killed at any moment goes on bit for bit, and says from where."""

import json
import os
import random
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

import toy_world
from outrider.learn.checkpoint import DROPPING, MAKING, checkpoints
from outrider.learn.keeper import Keeper
from toy_world import SMALL, UPDATES, outcome, same, trained

LIMIT = 120  # seconds until a child is given up


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
