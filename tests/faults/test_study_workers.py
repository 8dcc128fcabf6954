"""Workers that die, fall silent or lie; a parent that is interrupted or killed. With real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import toy_study
from outrider.errors import OutriderError
from outrider.verify.evidence import check, load


@pytest.fixture
def plan(tmp_path):
    return toy_study.write_plan(tmp_path / "claim")


@pytest.fixture
def starts(tmp_path, monkeypatch):
    """The file to which every worker adds a line when it starts."""
    monkeypatch.setenv("TOY_STARTS", str(tmp_path / "starts"))
    return tmp_path / "starts"


@pytest.fixture
def undisturbed(tmp_path):
    """The runs of a study that nothing disturbed."""
    return (toy_study.run(toy_study.write_plan(tmp_path / "calm")).folder / "runs.jsonl").read_bytes()


def names(starts: Path) -> list[str]:
    return [line.split()[0] for line in starts.read_text().splitlines()] if starts.exists() else []


def alive(starts: Path) -> list[int]:
    """The workers of this test that still run; zombies do not."""
    found = []
    for line in starts.read_text().splitlines():
        pid = int(line.split()[1])
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if state != "Z":
            found.append(pid)
    return found


def wait_until(condition, seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_a_worker_dies(plan, starts, undisturbed, monkeypatch):
    starts.unlink()
    monkeypatch.setenv("TOY_DIE", "event-counts-4")
    with pytest.raises(OutriderError) as error:
        toy_study.run(plan, workers=1)
    message = str(error.value)
    assert "\n" not in message
    assert "arm 'event-counts', seeds 4 to 7 ended with exit code 7, saying 'Fatal: the toy broke'" in message
    log = plan.parent / "evidence.partial" / "work" / "event-counts-4.log"
    assert f"see {log}" in message
    assert "Fatal" in log.read_text()
    assert len(names(starts)) == 6
    monkeypatch.delenv("TOY_DIE")
    study = toy_study.run(plan, workers=1)
    assert names(starts)[6:] == ["event-counts-4"]
    assert (study.folder / "runs.jsonl").read_bytes() == undisturbed


def test_arms_of_one_signal_share_a_worker_and_its_death(plan, starts, undisturbed, monkeypatch):
    starts.unlink()
    monkeypatch.setenv("TOY_DIE", "event-counts-4")
    with pytest.raises(
        OutriderError, match="arm 'guided', seeds 0 to 3 and 3 like it ended with exit code 7"
    ):
        toy_study.run(plan, workers=1, alone=False)
    shared = ["guided-0", "event-counts-0", "guided-4", "event-counts-4"]
    assert names(starts) == ["unguided-0", "unguided-4", *shared]
    monkeypatch.delenv("TOY_DIE")
    study = toy_study.run(plan, workers=1, alone=False)
    assert names(starts)[6:] == shared
    assert (study.folder / "runs.jsonl").read_bytes() == undisturbed


def test_a_killed_worker_is_told_by_its_signal(plan, starts, monkeypatch):
    monkeypatch.setenv("TOY_SILENT", "guided-0")
    with subprocess.Popen(
        [sys.executable, toy_study.__file__, str(plan), str(plan.parent / "evidence"), "1"],
        stderr=subprocess.PIPE,
        text=True,
    ) as parent:
        wait_until(lambda: "guided-0" in names(starts))
        pid = next(
            int(line.split()[1]) for line in starts.read_text().splitlines() if line.startswith("guided-0")
        )
        os.kill(pid, signal.SIGKILL)
        _, said = parent.communicate(timeout=20)
    assert parent.returncode == 2
    assert "arm 'guided', seeds 0 to 3 ended with signal 9 (SIGKILL)" in said


def test_a_worker_falls_silent(plan, starts, monkeypatch):
    monkeypatch.setenv("TOY_SILENT", "guided-0")
    began = time.monotonic()
    with pytest.raises(
        OutriderError, match=r"arm 'guided', seeds 0 to 3 said nothing for 0.6 s and was ended: see .*log"
    ):
        toy_study.run(plan, workers=2, silence_s=0.6)
    assert time.monotonic() - began < 10
    assert alive(starts) == []


def test_half_a_result_is_refused(plan, monkeypatch):
    monkeypatch.setenv("TOY_HALF", "guided-4")
    with pytest.raises(
        OutriderError, match=r"result for arm 'guided', seeds 4 to 7 holds the runs \[\('guided', 4\)\]"
    ):
        toy_study.run(plan)


def test_changed_results_are_done_again(plan, starts, undisturbed):
    starts.unlink()
    with pytest.raises(OutriderError, match="no ink"):
        toy_study.run(plan, render=_no_ink)
    work = plan.parent / "evidence.partial" / "work"
    out = work / "guided-0.out.json"
    out.write_text(out.read_text().replace("0.95", "0.94"))
    (work / "unguided-4.done.json").unlink()
    (work / "policy-guided-0").touch()
    before = len(names(starts))
    study = toy_study.run(plan)
    assert sorted(names(starts)[before:]) == ["guided-0", "unguided-4"]
    assert (study.folder / "runs.jsonl").read_bytes() == undisturbed


def test_results_of_other_code_are_done_again(plan, starts, monkeypatch):
    with pytest.raises(OutriderError, match="no ink"):
        toy_study.run(plan, render=_no_ink)
    monkeypatch.setattr("outrider.verify.jobs.training_code", lambda: "another")
    toy_study.run(plan)
    assert len(names(starts)) == 12


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_the_parent_is_ended(plan, starts, undisturbed, monkeypatch, how):
    """Ctrl-C (130, says how to go on) and kill -9: no worker is left, finished jobs stay."""
    starts.unlink()
    monkeypatch.setenv("TOY_PACE", "0.4")
    out = plan.parent / "evidence"
    command = [sys.executable, toy_study.__file__, str(plan), str(out), "2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as parent:
        wait_until(lambda: len(names(starts)) >= 4)
        os.kill(parent.pid, how)
        said = parent.communicate(timeout=20)[1]
    if how == signal.SIGINT:
        assert parent.returncode == 130
        assert said.count("\n") == 1
        assert "evidence.partial, the same command goes on from there" in said
        assert alive(starts) == []
    wait_until(lambda: alive(starts) == [])
    assert not out.exists()
    with pytest.raises(OutriderError, match="is not finished: run the study again"):
        load(out)
    began = len(names(starts))
    monkeypatch.setenv("TOY_PACE", "0")
    study = toy_study.run(plan, out)
    assert len(names(starts)) - began <= 4  # two of the six jobs at least were kept
    assert (study.folder / "runs.jsonl").read_bytes() == undisturbed
    assert check(study.folder)[1] == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a worker notices at its next message only")
def test_a_silent_worker_dies_with_its_parent(plan, starts, monkeypatch):
    monkeypatch.setenv("TOY_SILENT", "unguided-0")
    with subprocess.Popen(
        [sys.executable, toy_study.__file__, str(plan), str(plan.parent / "evidence"), "1"]
    ) as parent:
        wait_until(lambda: names(starts))
        time.sleep(0.2)
        assert len(alive(starts)) == 1
        parent.kill()
    wait_until(lambda: alive(starts) == [])


def test_no_folder_without_a_plan(tmp_path):
    with pytest.raises(OutriderError, match="no plan at"):
        toy_study.run(tmp_path / "nowhere" / "plan.toml")
    assert list(tmp_path.iterdir()) == []


def _no_ink(folder):
    raise OutriderError("no ink")
