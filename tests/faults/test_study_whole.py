"""A study with real worker processes: what it leaves, and what it refuses before its first step."""

import json
import os
from pathlib import Path

import pytest

import toy_study
from outrider.errors import OutriderError
from outrider.verify.evidence import check, load, staged
from outrider.verify.plan import load_plan


@pytest.fixture
def plan(tmp_path):
    return toy_study.write_plan(tmp_path / "claim")


def test_evidence_is_whole_and_checks_out(plan):
    seen = []
    study = toy_study.run(
        plan,
        watch=lambda folder, policy, weights: (
            seen.append((policy.read_text(), json.loads(weights.read_text()))),
            (folder / "watch.gif").write_bytes(b"GIF"),
        )[0],
        render=lambda folder: (folder / "report.html").write_text(
            json.loads((folder / "verdict.json").read_text())["headline"]
        ),
    )
    assert study.folder == plan.parent / "evidence"
    assert {p.name for p in study.folder.iterdir()} == {
        "plan.toml", "runs.jsonl", "verdict.json", "costs.json", "environment.json", "watch.gif",
        "report.html", "manifest.json",
    }  # fmt: skip
    assert seen == [("a policy", {"by_caption": {"relevance(toy)": 1.0}})]
    assert (study.folder / "plan.toml").read_bytes() == plan.read_bytes()
    assert not list(plan.parent.glob("*.partial"))
    verdict, wrong = check(study.folder)
    assert wrong == []
    assert verdict == study.verdict
    assert verdict.verdict == "supported"
    assert verdict.headline.startswith("The model itself earned the help")
    costs = json.loads((study.folder / "costs.json").read_text())
    assert costs["arms"]["guided"]["environment_steps"] == 8 * 1000
    assert costs["arms"]["guided"]["compile_seconds"] == 1.0  # two jobs of half a second
    assert set(costs["engines"]) == {"relevance(toy)", "constant"}


def test_results_do_not_depend_on_workers(plan, tmp_path):
    one = toy_study.run(plan, tmp_path / "one", workers=1)
    three = toy_study.run(plan, tmp_path / "three", workers=3)
    shared = toy_study.run(plan, tmp_path / "shared", workers=2, alone=False)
    for name in ("plan.toml", "runs.jsonl", "verdict.json"):
        assert (one.folder / name).read_bytes() == (three.folder / name).read_bytes()
        assert (one.folder / name).read_bytes() == (shared.folder / name).read_bytes()
    lines = [json.loads(line) for line in (one.folder / "runs.jsonl").read_text().splitlines()]
    arms = ["unguided", "guided", "event-counts"]
    assert [(line["arm"], line["seed"]) for line in lines] == [
        (arm, seed) for arm in arms for seed in range(8)
    ]
    assert lines[0]["return"][0] == 0.333333


def test_each_worker_has_a_core(plan, tmp_path, monkeypatch):
    monkeypatch.setenv("TOY_STARTS", str(tmp_path / "starts"))
    monkeypatch.setenv("TOY_PACE", "0.2")
    toy_study.run(plan, workers=2)
    starts = [line.split() for line in (tmp_path / "starts").read_text().splitlines()]
    assert sorted(name for name, *_ in starts[:3]) == [
        "event-counts-0",
        "guided-0",
        "unguided-0",
    ]  # arms go evenly
    cores = {core for *_, core in starts}
    assert all("," not in core for core in cores)
    assert len(cores) == min(2, len(os.sched_getaffinity(0)))


def test_evidence_that_exists_stays(plan, tmp_path):
    first = toy_study.run(plan)
    (first.folder / "note").write_text("mine")
    with pytest.raises(
        OutriderError, match=r"evidence exists: name another folder with --out, or .* --replace"
    ) as error:
        toy_study.run(plan)
    assert error.value.exit_code == 2
    assert (first.folder / "note").exists()
    toy_study.run(plan, tmp_path / "another")

    def fails(folder):
        assert (first.folder / "note").exists(), "the old one stays until the new one is complete"
        raise OutriderError("no ink")

    with pytest.raises(OutriderError, match="no ink"):
        toy_study.run(plan, replace=True, render=fails)
    assert (first.folder / "note").exists()
    toy_study.run(plan, replace=True)
    assert not (first.folder / "note").exists()
    assert [p.name for p in plan.parent.iterdir() if "evidence" in p.name] == ["evidence"]


def test_killed_between_the_renames_of_a_replacement(plan):
    """The old evidence comes back."""
    study = toy_study.run(plan)
    os.rename(study.folder, plan.parent / "evidence.replaced.partial")
    with pytest.raises(OutriderError, match="evidence exists"):
        toy_study.run(plan)
    assert load(study.folder).plan.id == "toy"


def test_unwritable_output_is_found_before_the_first_step(plan, tmp_path, monkeypatch):
    monkeypatch.setenv("TOY_STARTS", str(tmp_path / "starts"))
    (tmp_path / "file").write_text("")
    with pytest.raises(
        OutriderError, match=r"cannot be written \(Not a directory\): free the place or name another"
    ):
        toy_study.run(plan, tmp_path / "file" / "evidence")
    if Path("/proc/self").exists():  # refuses new folders even to root
        with pytest.raises(OutriderError, match="cannot be written"):
            toy_study.run(plan, Path("/proc/evidence"))
    assert not (tmp_path / "starts").exists()


def test_another_plan_in_the_partial_folder(plan, tmp_path):
    with pytest.raises(OutriderError, match="no ink"):
        toy_study.run(plan, render=_no_ink)
    toy_study.write_plan(plan.parent, "# a comment changes nothing\n" + toy_study.PLAN)
    with pytest.raises(OutriderError, match="no ink"):
        toy_study.run(plan, render=_no_ink)
    toy_study.write_plan(plan.parent, toy_study.PLAN.replace("1_000", "2_000"))
    with pytest.raises(
        OutriderError, match=r"evidence.partial was begun with another plan: delete that folder"
    ):
        toy_study.run(plan)
    toy_study.write_plan(plan.parent)
    study = toy_study.run(plan)
    assert check(study.folder)[1] == []


def test_two_studies_at_once(plan):
    with (
        staged(load_plan(plan, toy_study.names()), plan.parent / "evidence"),
        pytest.raises(OutriderError, match="another study is writing"),
    ):
        toy_study.run(plan)


def _no_ink(folder):
    raise OutriderError("no ink")
