"""The examples run as they stand, on small budgets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name: str, *arguments: str, cwd: Path) -> str:
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_train_guided(tmp_path):
    small = ["--engine", "constant", "--steps", "8192", "--envs", "8", "--seeds", "1"]
    assert "seed 0: " in run("train_guided.py", *small, cwd=tmp_path)


def test_ask_engine_with_the_embedded_model(tmp_path):
    said = run("ask_engine.py", cwd=tmp_path)
    assert "smollm2" in said
    assert "the same, bit for bit" in said


def test_own_world_is_learned(tmp_path):
    said = run("own_world.py", cwd=tmp_path)
    assert "The light is off; the door is" in said
    assert "1.0 You switched on the light." in said
    assert int(said.splitlines()[-1].split()[0]) > 48, said


def test_judge_only_needs_no_jax(tmp_path):
    (tmp_path / "jax.py").write_text("raise ImportError('judging must not import jax')")
    assert run("judge_only.py", cwd=tmp_path).split(":")[0] in ("SUPPORTED", "REFUTED", "INCONCLUSIVE")


def test_every_example_is_run_here():
    told = Path(__file__).read_text()
    assert all(f'"{path.name}"' in told for path in EXAMPLES.glob("*.py"))
