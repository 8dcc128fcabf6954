"""A sweep that is stopped goes on with the same command to the same record; a folder of another sweep is refused."""

import json
import math
import sys
from pathlib import Path

import pytest

from outrider.errors import OutriderError
from outrider.sweep import jobs
from outrider.sweep.record import table
from outrider.sweep.run import run_sweep
from outrider.sweep.specification import load_sweep

TOY = (sys.executable, str(Path(__file__).parents[1] / "toy_sweep.py"))
SPECIFICATION = """
[sweep]
worlds = ["minigrid/doorkey-8x8", "minigrid/unlock-pickup"]
steps = 2_000_000
candidates = 8
seeds = 2
keep = 2
held_out = 2
[learner]
envs = 16
rollout = 32
[space]
learning_rate = { low = 1e-4, high = 1e-1 }
"""
CHANGING = ("seconds", "machine", "runs_of_earlier_calls")


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "JOB_STEPS", 100_000)  # several jobs a rung
    path = tmp_path / "sweep.toml"
    path.write_text(SPECIFICATION)
    return load_sweep(path, {})


def left(folder):
    """What a sweep leaves, but for the clock."""
    record = json.loads((folder / "record.json").read_text())
    assert sorted(p.name for p in folder.iterdir()) == [
        "README.md",
        "record.json",
        "sweep.toml",
        "trials.jsonl",
    ]
    return {k: v for k, v in record.items() if k not in CHANGING}, (folder / "trials.jsonl").read_bytes()


def test_a_stopped_sweep_goes_on_to_the_same_record(sweep, tmp_path, monkeypatch):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    record = run_sweep(sweep, whole, 2, TOY)
    for stage in ("rung 1", "rung 3"):
        monkeypatch.setenv("TOY_DIE", stage)
        with pytest.raises(OutriderError, match=f"the worker for {stage}, .*the same command goes on"):
            run_sweep(sweep, stopped, 1, TOY)
    with open(stopped / "trials.jsonl", "a") as file:
        file.write('{"stage": "rung 3", "wor')  # a kill in the middle of a line
    monkeypatch.delenv("TOY_DIE")
    assert run_sweep(sweep, stopped, 2, TOY)["runs_of_earlier_calls"] > 16
    assert left(stopped) == left(whole)

    rates = [c["settings"].get("learning_rate", 2e-3) for c in record["candidates"]]
    nearest = min(range(8), key=lambda c: abs(math.log(rates[c] / 3e-3)))
    assert record["chosen"]["candidate"] == nearest
    assert record["budget"]["search_spent"] <= 2_000_000
    assert [row["world"] for row in record["held_out"]] == list(sweep.worlds)
    assert all(len(row["chosen"]) == 2 for row in record["held_out"])
    assert record["failed"]
    seeds = {t["seed"] for t in map(json.loads, (whole / "trials.jsonl").read_text().splitlines()[1:])}
    assert seeds == {0, 1, jobs.HELD_OUT, jobs.HELD_OUT + 1}
    assert "**chosen**" in table(record)
    assert run_sweep(sweep, whole, 1, ("no such worker",)) == record  # it is finished: nothing runs


def test_a_folder_of_another_sweep_is_refused(sweep, tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "sweep.toml").write_text(SPECIFICATION.replace("seeds = 2", "seeds = 3"))
    with pytest.raises(OutriderError, match=r"holds another sweep; give another folder with --out$"):
        run_sweep(sweep, folder, 1, TOY)
    assert [p.name for p in folder.iterdir()] == ["sweep.toml"]


@pytest.mark.parametrize("damage", ["{\n", '[1]\n{"stage": 1}\n', '{"sweep": "x", "code": "y"}\n'])
def test_damaged_or_foreign_trials_are_refused_in_one_line(sweep, tmp_path, damage):
    folder = tmp_path / "damaged"
    folder.mkdir()
    (folder / "trials.jsonl").write_text(damage)
    with pytest.raises(OutriderError, match="delete it to begin") as error:
        run_sweep(sweep, folder, 1, TOY)
    assert "\n" not in str(error.value)
