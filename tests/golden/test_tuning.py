"""Tuning a plan's arms: what is tried, what is chosen, and that a study refuses arms that are not what was chosen."""

import json

import pytest

import toy_study
from outrider.errors import Interrupted, OutriderError
from outrider.report.board import claim_readme
from outrider.report.html import render
from outrider.verify.candidates import candidates, trial_of
from outrider.verify.evidence import check, manifest_text
from outrider.verify.plan import parse_plan
from outrider.verify.progress import Silent
from outrider.verify.roles import in_words, role_in
from outrider.verify.tune import _digest, tune
from outrider.verify.tuning import best, check_tuned, to_write

TUNING = """
[tuning]
seeds = 3
[tuning.arms.unguided]
entropy = [0.01, 0.1]
learning_rate = [1e-3, 2e-3]
[tuning.arms.guided]
signal = ["event-count", "scale(event-count, 3)"]
entropy = [0.01, 0.1]
[tuning.arms.event-counts]
signal = ["event-count", "scale(event-count, 3)"]
entropy = [0.01, 0.1]
"""
PLAN = toy_study.PLAN + TUNING


class Counting(Silent):
    """Counts jobs, and those that were finished before."""

    def begin(self, plan, jobs, finished):
        self.jobs = len(jobs), len(finished)


def tuned(path, work, **options):
    """`tune` with the toy's worker, engines and names."""
    toy = {"worker": toy_study.WORKER, "ask": toy_study.ask, "names": toy_study.names()}
    return tune(path, work, **{**toy, **options})


def test_candidates_are_every_combination():
    plan = parse_plan(PLAN, names=None)
    tried = candidates(plan, plan.arm("unguided"))
    assert [dict(one.learner) for one in tried] == [
        {"entropy": entropy, "learning_rate": rate} for entropy in (0.01, 0.1) for rate in (1e-3, 2e-3)
    ]
    tried = candidates(plan, plan.arm("guided"))
    assert [(one.signal, one.engine, one.learner["entropy"]) for one in tried] == [
        (signal, "relevance(toy)", entropy)
        for signal in ("event-count", "scale(event-count, 3)")
        for entropy in (0.01, 0.1)
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("entropy = [0.01, 0.1]\nlearning", "learning", "arm 'unguided' 2 candidates and the treatment 4"),
        ("[tuning.arms.event-counts]", "[tuning.arms.event-cuonts]", "did you mean 'event-counts'"),
        ("seeds = 3\n", "", "lacks the key 'seeds'"),
        ("seeds = 3\n", "seeds = 3\nfirst_seed = 7\n", "tries seed 7, which the study judges by"),
        ("[1e-3, 2e-3]", "1e-3", r"learning_rate is 0.001: list the values"),
        ("[1e-3, 2e-3]", "[1e-3, 1e-3]", "each once"),
        ("seeds = 3\n", "seeds = 3\nrungs = 2\n", "unknown key 'rungs'"),
        ("seeds = 3\n", "seeds = 3\nfirst_seed = 4_294_967_296\n", r"\[tuning\] first_seed is 4294967296"),
        (
            '["event-count", "scale(event-count, 3)"]',
            "[1, 2]",
            r"\[tuning.arms.guided\] signal is 1: write a text",
        ),
    ],
)
def test_what_no_tuning_can_be(old, new, said):
    assert old in TUNING
    with pytest.raises(OutriderError, match=said):
        parse_plan(toy_study.PLAN + TUNING.replace(old, new, 1), names=None)


def test_a_candidate_that_cannot_be_is_named(tmp_path):
    path = toy_study.write_plan(tmp_path, PLAN.replace("learning_rate = [1e-3", "learning_rate = [-1e-3"))
    with pytest.raises(OutriderError, match=r"\[tuning.arms.unguided\].*learning_rate"):
        tuned(path, tmp_path / "work")
    assert not (tmp_path / "tuning.json").exists()


def test_equal_candidates_are_trained_once():
    plan = parse_plan(
        PLAN.replace("[arms.unguided]", "[arms.unguided]\n[arms.twin.learner]\nentropy = 0.5")
        + ("[tuning.arms.twin]\nentropy = [0.01, 0.1]\nlearning_rate = [1e-3, 2e-3]\n"),
        names=None,
    )
    assert len(trial_of(plan, _digest)[0].arms) == 12
    assert all(
        arm.name.startswith(("none-", "event-count-", "scale-event-count-3-"))
        for arm in trial_of(plan, _digest)[0].arms
    )


def test_the_best_has_the_highest_mean_then_the_largest_area():
    lines = [
        {"scores": [0.5, 0.5], "area": 0.1},
        {"scores": [0.4, 0.6], "area": 0.3},
        {"scores": [0.9, None], "area": 0.9},
        {"scores": [0.4, 0.6], "area": 0.3},
    ]
    assert best(lines) == 1
    assert best([lines[2], lines[0]]) == 1, "a run without a score ranks last"


CHOSEN = """
[arms.unguided.learner]
entropy = 0.1
learning_rate = 2e-3
[arms.guided]
signal = "scale(event-count, 3)"
engine = "relevance(toy)"
[arms.guided.learner]
entropy = 0.1
[arms.event-counts]
signal = "scale(event-count, 3)"
engine = "constant"
[arms.event-counts.learner]
entropy = 0.1
"""


@pytest.fixture
def claim(tmp_path):
    """A claim's folder that was tuned, and whose plan says what was chosen."""
    path = toy_study.write_plan(tmp_path / "claim", PLAN)
    tuned(path, tmp_path / "work")
    path.write_text(PLAN[: PLAN.index("[arms.unguided]")] + CHOSEN + TUNING)
    return tmp_path / "claim"


def test_a_study_waits_for_its_tuning_and_holds_the_plan_to_it(tmp_path):
    path, work = toy_study.write_plan(tmp_path / "claim", PLAN), tmp_path / "work"
    with pytest.raises(OutriderError, match=r"tuning.json is missing: run `outrider tune"):
        toy_study.run(path)
    plan, record = tuned(path, work)
    assert json.loads((tmp_path / "claim" / "tuning.json").read_text()) == record
    assert record["seeds"] == [100, 101, 102]
    assert {arm: len(lines) for arm, lines in record["arms"].items()} == dict.fromkeys(record["arms"], 4)
    wanted = to_write(plan, record)
    assert wanted["unguided"] == "[arms.unguided.learner] entropy = 0.1, learning_rate = 0.002"
    assert wanted["guided"] == (
        '[arms.guided] signal = "scale(event-count, 3)"; [arms.guided.learner] entropy = 0.1'
    )
    with pytest.raises(OutriderError, match="arm 'unguided' is not what tuning chose: write"):
        toy_study.run(path)


def test_the_evidence_holds_the_tuning_and_the_report_shows_it(claim):
    study = toy_study.run(claim)
    assert (study.folder / "tuning.json").read_text() == (claim / "tuning.json").read_text()
    assert check(study.folder)[1] == []
    page = render(study.folder).read_text()
    assert "How every arm was tuned" in page
    assert page.count("✓</td>") == 3
    assert "were chosen from 4 candidates each" in claim_readme(claim)


def test_arms_that_were_tuned_apart_are_still_controls(claim):
    """An unguided arm and a placebo stay what they are, though each has settings of its own."""
    path = claim / "plan.toml"
    path.write_text(
        path.read_text().replace("entropy = 0.1\nlearning_rate = 2e-3\n[arms.guided]", "[arms.guided]")
    )
    plan = parse_plan(path.read_text(), names=None)
    assert [role_in(plan, arm) for arm in plan.arms] == ["unguided", "model", "event-counts"]
    assert in_words(plan, plan.arm("event-counts")) == "event counts without a model"
    other = path.read_text().replace("[arms.guided.learner]", "[arms.guided.learner]\nclip = 0.3")
    plan = parse_plan(other, names=None)
    assert [role_in(plan, arm) for arm in plan.controls] == ["other-learner", "other-learner"]


def test_evidence_whose_tuning_was_changed_is_found(claim):
    folder = toy_study.run(claim).folder
    record = json.loads((folder / "tuning.json").read_text())
    record["arms"]["unguided"][0]["scores"] = [1.0, 1.0, 1.0]
    (folder / "tuning.json").write_text(json.dumps(record))
    plan = parse_plan((folder / "plan.toml").read_text(), names=None)
    (folder / "manifest.json").write_text(manifest_text(plan, folder))
    (line,) = check(folder)[1]
    assert "arm 'unguided' is not what tuning chose" in line
    for broken in (b"\xff\xfe", b"[]", b'{"arms": []}', b'{"seeds": [1], "arms": {"a": []}}'):
        (folder / "tuning.json").write_bytes(broken)
        (folder / "manifest.json").write_text(manifest_text(plan, folder))
        (line,) = check(folder)[1]
        assert line.endswith("tuning.json is damaged: restore it, or run the study again")


def test_a_study_that_was_begun_with_another_tuning_does_not_go_on(claim, monkeypatch):
    monkeypatch.setenv("TOY_DIE", "guided-0")
    with pytest.raises(OutriderError, match="ended with exit code 7"):
        toy_study.run(claim, workers=1)
    monkeypatch.delenv("TOY_DIE")
    record = json.loads((claim / "tuning.json").read_text())
    (claim / "tuning.json").write_text(json.dumps(record | {"wall_seconds": 1.0}))
    with pytest.raises(OutriderError, match="was begun with another tuning"):
        toy_study.run(claim)
    (claim / "tuning.json").write_text(json.dumps(record))
    assert toy_study.run(claim).verdict.verdict


def test_a_candidate_that_explodes_ranks_last_and_the_others_are_tried(tmp_path, monkeypatch):
    monkeypatch.setenv("TOY_EXPLODE", "0.1")  # the entropy at which it does
    path, starts = toy_study.write_plan(tmp_path / "claim", PLAN), tmp_path / "starts"
    monkeypatch.setenv("TOY_STARTS", str(starts))
    _, record = tuned(path, tmp_path / "work")
    lines = record["arms"]["unguided"]
    assert [line.get("failed", "") for line in lines] == ["", "", *["the loss is not finite"] * 2]
    assert (best(lines), lines[1]["learner"]) == (1, {"entropy": 0.01, "learning_rate": 2e-3})
    begun = len(starts.read_text().splitlines())
    tuned(path, tmp_path / "work")
    assert len(starts.read_text().splitlines()) == begun == 12, (
        "what failed fails again, and is not tried again"
    )
    monkeypatch.setenv("TOY_EXPLODE", "all")
    with pytest.raises(OutriderError, match=r"no candidate of arm 'unguided' could be trained: the loss"):
        tuned(path, tmp_path / "elsewhere")


def test_ctrl_c_and_a_second_tuning(tmp_path, monkeypatch):
    path, work = toy_study.write_plan(tmp_path / "claim", PLAN), tmp_path / "work"

    class Stopping(Silent):
        done = 0

        def finished(self, job, wall_seconds):
            self.done += 1
            if self.done == 5:
                with pytest.raises(OutriderError, match="another tuning runs"):
                    tuned(path, work)
                raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="the same command goes on"):
        tuned(path, work, progress=Stopping(), workers=1)
    assert not (tmp_path / "claim" / "tuning.json").exists()
    counting = Counting()
    tuned(path, work, progress=counting)
    assert counting.jobs == (12, 8), "the second bundle was done"


def test_what_was_tried_before_is_not_forgotten(tmp_path):
    path, work = toy_study.write_plan(tmp_path / "claim", PLAN), tmp_path / "work"
    tuned(path, work)
    assert tuned(path, work)[1]["earlier"] == []
    path.write_text(PLAN.replace("[1e-3, 2e-3]", "[1e-3, 3e-3]"))
    (before,) = tuned(path, work)[1]["earlier"]
    assert before["arms"]["unguided"][1]["learner"] == {"entropy": 0.01, "learning_rate": 2e-3}


def test_candidates_are_counted_by_what_differs():
    """Two ways to write a signal or a default are one candidate."""
    good = PLAN.replace("toy/world", "minigrid/doorkey-8x8").replace("relevance(toy)", "relevance(embedded)")
    good = good.replace("seeds = 8\nsteps = 1_000", "seeds = 8\nsteps = 65_536")
    assert parse_plan(good).tuning
    head = "[tuning.arms.event-counts]\nsignal = "
    same = good.replace(
        head + '["event-count", "scale(event-count, 3)"]', head + '["event-count", "scale(event-count, 1)"]'
    )
    with pytest.raises(OutriderError, match="'event-counts' 2 candidates that differ and the treatment 4"):
        parse_plan(same)
    with pytest.raises(
        OutriderError, match=r"plan.toml: \[tuning.arms.unguided\]: learner setting learning_rate"
    ):
        parse_plan(good.replace("[1e-3, 2e-3]", "[1e-3, -1.0]"))
    with pytest.raises(OutriderError, match=r"plan.toml: \[tuning.arms.guided\]: .*event-cuont"):
        parse_plan(
            good.replace('["event-count", "scale(event-count, 3)"]', '["event-count", "event-cuont"]', 1)
        )


def test_a_record_of_something_else_is_refused(tmp_path):
    path = toy_study.write_plan(tmp_path / "claim", PLAN)
    tuned(path, tmp_path / "work")
    for old, new in (
        ("steps = 1_000", "steps = 2_000"),
        ("seeds = 3", "seeds = 4"),
        ("[1e-3, 2e-3]", "[1e-3, 3e-3]"),
    ):
        with pytest.raises(OutriderError, match="is of other candidates"):
            check_tuned(parse_plan(PLAN.replace(old, new), names=None), tmp_path / "claim")
    (tmp_path / "claim" / "tuning.json").write_text("{}")
    with pytest.raises(OutriderError, match="is damaged: run `outrider tune"):
        check_tuned(parse_plan(PLAN, names=None), tmp_path / "claim")


def test_finished_runs_are_kept_for_the_same_command_and_for_other_plans(tmp_path):
    work = tmp_path / "work"
    _, first = tuned(toy_study.write_plan(tmp_path / "one", PLAN), work)

    counting, other = Counting(), PLAN.replace('id = "toy"', 'id = "other"')
    _, again = tuned(toy_study.write_plan(tmp_path / "two", other), work, progress=counting)
    assert counting.jobs == (12, 12)
    assert again["arms"] == first["arms"]
