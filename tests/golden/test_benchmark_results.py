"""A benchmark's table is measured by and by: rows stay until they are measured anew, and it is told whence they are."""

import importlib.util
import json
from pathlib import Path

import pytest

from outrider.files import write_file

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "record.py"


@pytest.fixture
def module(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("benchmarks_record", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "RESULTS", tmp_path)
    return module


def measure(module, monkeypatch, commit, *rows):
    """What stands there after rows were measured from a commit: worlds with their commits, and the earlier commits."""
    clean, code = not commit.endswith("*"), f"code of {commit}"
    machine = {
        "finished": "day",
        "processor": "one",
        "commit": commit[0],
        "changed_since_commit": not clean,
        "training_code_sha256": code,
    }
    monkeypatch.setattr(module, "changed", lambda: [])
    monkeypatch.setattr(module, "environment_record", lambda: machine)
    table = module.Table(("world", "arm"), [(world, arm) for world in "ab" for arm in "xy"])
    path = module.record(
        "some", "what", [{"world": row[0], "arm": row[1], "at": commit} for row in rows], table=table
    )
    found = json.loads(path.read_text())
    told = ["".join((row["world"], row["arm"], row["at"])) for row in found["rows"]]
    return told, [one["commit"] for one in found["machine"].get("earlier", [])]


def test_rows_stay_until_they_are_measured_anew(module, monkeypatch):
    assert measure(module, monkeypatch, "1", "bx") == (["bx1"], [])
    assert measure(module, monkeypatch, "1", "ay") == (["ay1", "bx1"], [])  # by and by, from one commit
    assert measure(module, monkeypatch, "2", "ay", "ax") == (["ax2", "ay2", "bx1"], ["1"])
    assert measure(module, monkeypatch, "3", "by") == (["ax2", "ay2", "bx1", "by3"], ["1", "2"])
    assert measure(module, monkeypatch, "3*", "bx") == (["ax2", "ay2", "bx3*", "by3"], ["1", "2", "3"]), (
        "other code"
    )
    assert measure(module, monkeypatch, "4", "ax", "ay", "bx", "by") == (["ax4", "ay4", "bx4", "by4"], [])


def test_a_row_whose_name_is_gone_goes(module, monkeypatch, tmp_path):
    write_file(
        tmp_path / "some.json", json.dumps({"rows": [{"world": "c", "arm": "x", "at": "0"}], "machine": {}})
    )
    assert measure(module, monkeypatch, "1", "ax") == (["ax1"], [])
