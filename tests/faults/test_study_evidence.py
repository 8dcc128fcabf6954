"""Evidence that was changed, cut short, or comes from another version: each thing wrong is named."""

import json
import random
import shutil

import pytest

import toy_study
from outrider.errors import OutriderError
from outrider.verify.evidence import MANIFEST, check, load, manifest_text, write_file


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return toy_study.run(toy_study.write_plan(tmp_path_factory.mktemp("claim"))).folder


@pytest.fixture
def folder(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "evidence")


def findings(folder):
    """What is wrong with the folder, in lines, whether it can be read or not."""
    try:
        return check(folder)[1]
    except OutriderError as error:
        return str(error).splitlines()


def test_any_changed_byte_is_found(folder):
    rng = random.Random(0)
    files = sorted(p for p in folder.iterdir())
    for number in range(80):
        path = files[number % len(files)]
        whole = path.read_bytes()
        place = rng.randrange(len(whole))
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << rng.randrange(8))]) + whole[place + 1 :])
        assert findings(folder), f"byte {place} of {path.name}"
        path.write_bytes(whole)
    assert findings(folder) == []


def test_what_is_wrong_is_named(folder):
    environment = folder / "environment.json"
    environment.write_text("{}")
    (folder / "note.txt").write_text("new")
    (folder / "costs.json").unlink()
    found = findings(folder)
    assert found[0] == "costs.json is in the manifest and not in the folder"
    assert found[1].startswith("environment.json was changed: its SHA-256 is 44136fa")
    assert found[2] == "note.txt is in the folder and not in the manifest"


def test_a_better_verdict_with_a_fresh_manifest_is_found(folder):
    """Whoever changes the verdict and then makes the hashes fit is caught by the data."""
    path = folder / "verdict.json"
    verdict = json.loads(path.read_text())
    verdict["comparisons"][0]["low"] = 0.5
    write_file(path, json.dumps(verdict))
    write_file(folder / MANIFEST, manifest_text(load(folder).plan, folder))
    assert findings(folder) == ["verdict.json is not what follows from plan.toml and runs.jsonl"]


@pytest.mark.parametrize("name", ["plan.toml", "runs.jsonl", "verdict.json", MANIFEST])
def test_missing_and_cut_short(folder, name):
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2])
    assert findings(folder)
    (folder / name).unlink()
    (message,) = findings(folder)
    assert str(folder / name) in message
    assert "restore it or run the study again" in message


def test_runs_cut_in_the_middle_of_a_line(folder):
    whole = (folder / "runs.jsonl").read_bytes()
    (folder / "runs.jsonl").write_bytes(whole[:-5])
    with pytest.raises(OutriderError, match=r"runs.jsonl ends in the middle of a line: it was cut short"):
        load(folder)
    (folder / "runs.jsonl").write_bytes(b"{broken}\n" + whole)
    with pytest.raises(OutriderError, match=r"runs.jsonl, line 1, is not JSON"):
        load(folder)


def test_evidence_from_a_newer_version(folder):
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, "format": 2}))
    with pytest.raises(
        OutriderError, match="has evidence format 2, this Outrider reads up to 1: install a newer one"
    ):
        load(folder)


def test_no_evidence(tmp_path):
    with pytest.raises(OutriderError, match=r"no evidence at .*: run `outrider verify`"):
        load(tmp_path / "evidence")
