"""Tuning a plan's arms: what is tried, what is chosen, and that a study refuses arms that are not what was chosen."""

import json

import pytest

import toy_study
from outrider.errors import OutriderError
from outrider.report.html import render
from outrider.verify.candidates import candidates
from outrider.verify.evidence import check
from outrider.verify.plan import parse_plan
from outrider.verify.progress import Silent
from outrider.verify.tune import trial_of, tune
from outrider.verify.tuning import best, check_tuned, lines_to_write

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
    ],
)
def test_what_no_tuning_can_be(old, new, said):
    assert old in TUNING
    with pytest.raises(OutriderError, match=said):
        parse_plan(toy_study.PLAN + TUNING.replace(old, new, 1), names=None)


def test_a_candidate_that_cannot_be_is_named(tmp_path):
    path = toy_study.write_plan(tmp_path, PLAN.replace("learning_rate = [1e-3", "learning_rate = [-1e-3"))
    with pytest.raises(OutriderError, match=r"\[tuning\].*learning_rate"):
        tuned(path, tmp_path / "work")
    assert not (tmp_path / "tuning.json").exists()


def test_equal_candidates_are_trained_once():
    plan = parse_plan(
        PLAN.replace("[arms.unguided]", "[arms.unguided]\n[arms.twin.learner]\nentropy = 0.5")
        + ("[tuning.arms.twin]\nentropy = [0.01, 0.1]\nlearning_rate = [1e-3, 2e-3]\n"),
        names=None,
    )
    assert len(trial_of(plan)[0].arms) == 12
    assert all(
        arm.name.startswith(("none-", "event-count-", "scale-event-count-3-"))
        for arm in trial_of(plan)[0].arms
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


def test_a_study_waits_for_its_tuning_and_holds_the_plan_to_it(tmp_path):
    path, work = toy_study.write_plan(tmp_path / "claim", PLAN), tmp_path / "work"
    with pytest.raises(OutriderError, match=r"is not tuned.*outrider tune"):
        toy_study.run(path)
    record = tuned(path, work)
    assert json.loads((tmp_path / "claim" / "tuning.json").read_text()) == record
    assert record["seeds"] == [100, 101, 102]
    assert {arm: len(lines) for arm, lines in record["arms"].items()} == dict.fromkeys(record["arms"], 4)
    plan = parse_plan(PLAN, names=None)
    wanted = lines_to_write(plan, record)
    assert wanted["unguided"] == "[arms.unguided.learner]\nentropy = 0.1\nlearning_rate = 0.001", (
        "of equals the first"
    )
    assert list(wanted) == ["unguided", "guided", "event-counts"]
    with pytest.raises(OutriderError, match="arm 'unguided' is not what tuning chose: write"):
        toy_study.run(path)

    head = PLAN[: PLAN.index("[arms.unguided]")]
    path.write_text(head + "\n".join(_arms(wanted)) + TUNING)
    study = toy_study.run(path)
    assert (study.folder / "tuning.json").read_text() == (tmp_path / "claim" / "tuning.json").read_text()
    assert check(study.folder)[1] == []
    page = render(study.folder).read_text()
    assert "How every arm was tuned" in page
    assert page.count("✓</td>") == 3


def _arms(wanted):
    """The plan's arms with what was chosen."""
    engines = {"guided": "relevance(toy)", "event-counts": "constant"}
    for arm, lines in wanted.items():
        own, _, learner = lines.partition(f"[arms.{arm}.learner]")
        head = own.strip() or f"[arms.{arm}]"
        yield head + (f'\nengine = "{engines[arm]}"' if arm in engines else "")
        yield f"[arms.{arm}.learner]{learner}"


def test_a_record_of_something_else_is_refused(tmp_path):
    path = toy_study.write_plan(tmp_path / "claim", PLAN)
    tuned(path, tmp_path / "work")
    for old, new in (
        ("steps = 1_000", "steps = 2_000"),
        ("seeds = 3", "seeds = 4"),
        ("[1e-3, 2e-3]", "[1e-3, 3e-3]"),
    ):
        with pytest.raises(OutriderError, match="tried other candidates"):
            check_tuned(parse_plan(PLAN.replace(old, new), names=None), tmp_path / "claim")
    (tmp_path / "claim" / "tuning.json").write_text("{}")
    with pytest.raises(OutriderError, match="is no record of a tuning"):
        check_tuned(parse_plan(PLAN, names=None), tmp_path / "claim")


def test_finished_runs_are_kept_for_the_same_command_and_for_other_plans(tmp_path):
    work = tmp_path / "work"
    first = tuned(toy_study.write_plan(tmp_path / "one", PLAN), work)

    class Counting(Silent):
        def begin(self, plan, jobs, finished):
            self.jobs = len(jobs), len(finished)

    counting, other = Counting(), PLAN.replace('id = "toy"', 'id = "other"')
    again = tuned(toy_study.write_plan(tmp_path / "two", other), work, progress=counting)
    assert counting.jobs == (12, 12)
    assert again["arms"] == first["arms"]
