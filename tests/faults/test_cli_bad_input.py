"""What a user can get wrong on the command line: one clear line on standard error, exit code 2, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

GOOD_PLAN = (Path(__file__).parents[2] / "claims/D3-doorkey-16x16/plan.toml").read_text()


def outrider(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "outrider.cli", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **environment}
    )


def fails(*arguments: str, says: tuple[str, ...], **environment: str) -> None:
    done = outrider(*arguments, **environment)
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 2, done
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("outrider: ")
    for word in says:
        assert word in lines[0], lines[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("train", "minigrid/doorkey-8x9"), ("doorkey-8x9", "did you mean minigrid/doorkey-8x8")),
        (("train", "minigrid/doorkey-8x8+televison"), ("televison", "television")),
        (("train", "minigrid/doorkey-8x8", "--steps", "0"), ("0 environment steps", "choose 1 to")),
        (("train", "minigrid/doorkey-8x8", "--seeds", "-1"), ("--seeds is -1", "at least 1")),
        (
            ("train", "minigrid/doorkey-8x8", "--signal", "event-count"),
            ("signal `event-count` pays captioned events", "name an engine"),
        ),
        (("train", "minigrid/doorkey-8x8", "--learner.envs", "0"), ("envs is 0",)),
        (("ask", "Hello.", "--engine", "relevanc(embedded)"), ("relevanc", "did you mean")),
        (("verify", "claims/no-such-claim"), ("no-such-claim",)),
        (("verify", "claims/no-such-claim", "--workers", "0"), ("--workers is 0",)),
        (("train", "minigrid/doorkey-8x8", "--steps", "5000000000000"), ("5000000000000", "choose 1 to")),
        (("watch", "no-such-policy.npz"), ("no-such-policy.npz", "outrider train")),
    ],
)
def test_names_and_numbers(arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fails(*arguments, says=says)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("minigrid/doorkey-16x16", "minigrid/doorkey-16x61", ("[study] world", "did you mean")),
        ('engine = "constant"', 'engine = "konstant"', ("engine", "konstant", "constant")),
        ("alpha = 0.05", "alfa = 0.05", ("alfa", "alpha")),
        ("alpha = 0.05", "alpha = = 0.05", ("plan.toml", "line")),
        ("seeds = 24", "seeds = 0", ("seeds", "0")),
        ("steps = 400_000", "steps = -1", ("steps", "-1")),
    ],
)
def test_mistakes_in_a_plan(old, new, says, tmp_path):
    assert old in GOOD_PLAN
    (tmp_path / "plan.toml").write_text(GOOD_PLAN.replace(old, new, 1))
    fails("verify", str(tmp_path), says=says)
    assert [p.name for p in tmp_path.iterdir()] == ["plan.toml"]


def test_missing_weights_name_the_command_that_fetches_them(tmp_path):
    fails("ask", "Hello.", says=("outrider models fetch",), OUTRIDER_MODEL=str(tmp_path / "none.gguf"))


def test_nothing_to_ask_about():
    fails("ask", " ", says=("no caption", "write a sentence"))


def test_a_reader_that_has_enough_is_no_mistake():
    command = f"{sys.executable} -m outrider.cli claims | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (len(done.stdout), done.stderr) == (1, "")


def test_evidence_that_exists_is_not_overwritten(tmp_path):
    (tmp_path / "plan.toml").write_text(GOOD_PLAN)
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "mine.txt").write_text("keep")
    fails("verify", str(tmp_path), says=("evidence", "--replace"))
    assert (tmp_path / "evidence" / "mine.txt").read_text() == "keep"


def test_output_that_cannot_be_written_is_found_before_the_first_step(tmp_path):
    (tmp_path / "plan.toml").write_text(GOOD_PLAN)
    (tmp_path / "file").write_text("")
    began = time.monotonic()
    fails("verify", str(tmp_path), "--out", str(tmp_path / "file" / "evidence"), says=("file",))
    assert time.monotonic() - began < 60


def test_ctrl_c_while_training_ends_with_130_and_leaves_no_policy(tmp_path):
    command = [sys.executable, "-m", "outrider.cli", "train", "minigrid/doorkey-8x8", "--steps", "100000000"]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path / "p.npz")],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        time.sleep(8)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert told.strip().splitlines()[-1].startswith("outrider: stopped")
    assert list(tmp_path.iterdir()) == []
