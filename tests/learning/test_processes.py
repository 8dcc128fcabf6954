"""Two processes over loopback: a team across them does what one learner does, and what a team in one process does."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from safetensors.numpy import load_file

from learning.test_team import made, rolled
from outrider.errors import OutriderError
from outrider.learn.processes import Processes
from two_processes import packed

TESTS = Path(__file__).parents[1]
TRAIN = (
    "train minigrid/doorkey-8x8 --steps 8192 --learner.learners 2 "
    "--learner.envs 16 --learner.width 16 --learner.rollout 32"
)


def both(commands, devices):
    """Run two commands side by side, with one device each; what they print and their exit codes."""
    variables = os.environ | {
        "JAX_NUM_CPU_DEVICES": str(devices),
        "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")]),
    }
    children = [
        subprocess.Popen(c, env=variables, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for c in commands
    ]
    try:
        return [(*child.communicate(timeout=200), child.returncode) for child in children]
    finally:
        for child in children:
            child.kill()


def free_address():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{found.getsockname()[1]}"


def test_two_processes_learn_what_one_learner_does_from_the_same_data(tmp_path):
    address, outs = free_address(), [tmp_path / f"{i}.npz" for i in range(2)]
    learner, rollout, key = rolled()
    script, began = str(TESTS / "two_processes.py"), tmp_path / "began.npz"
    np.savez(began, *packed((learner, rollout, key)))
    told = both([[sys.executable, script, address, str(i), began, outs[i]] for i in range(2)], devices=1)
    assert [code for *_, code in told] == [0, 0], told
    want, line = jax.jit(made(1).learn)(learner, rollout, key)
    want = jax.tree.leaves((want.network, want.optimiser, want.signal, want.diary, line))
    found = [list(np.load(out).values()) for out in outs]
    for one, first, second in zip(want, *found, strict=True):
        np.testing.assert_array_equal(first, second)  # both processes have the same
        np.testing.assert_allclose(one, first, atol=2e-5, rtol=1e-4)
    before = jax.tree.leaves(learner.network)
    assert min(np.abs(a - b).max() for a, b in zip(before, found[0], strict=False)) > 1e-3


@pytest.mark.long
def test_the_command_line_trains_over_two_processes_as_in_one(tmp_path):
    address = free_address()
    command = [sys.executable, "-m", "outrider.cli", *TRAIN.split(), "--out"]
    processes = ["--processes.address", address, "--processes.count", "2", "--processes.index"]
    told = both(
        [[*command, str(tmp_path / f"{i}.safetensors"), *processes, str(i)] for i in range(2)], devices=1
    )
    assert [code for *_, code in told] == [0, 0], told
    assert "policy:" in told[0][0]
    assert "policy:" not in told[1][0]
    assert not (tmp_path / "1.safetensors").exists()  # the first process writes
    alone = both([[*command, str(tmp_path / "alone.safetensors")]], devices=2)
    assert alone[0][2] == 0, alone
    one, two = (load_file(tmp_path / f"{name}.safetensors") for name in ("alone", "0"))
    assert len(one) > 8
    for name in one:
        np.testing.assert_array_equal(one[name], two[name])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("", 2, 0), "several processes need HOST:PORT"),
        (("127.0.0.1:1", 1, 0), "a process alone none"),
        (("127.0.0.1:1", 2, 2), "number the processes 0 to count - 1"),
    ],
)
def test_processes_that_make_no_sense_are_refused(given, said):
    with pytest.raises(OutriderError, match=said):
        Processes(*given)
