"""What a study shows: bars on a terminal, a line for each job elsewhere, and the verdict either way."""

import io

import pytest
from rich.console import Console

import toy_study
from outrider.errors import OutriderError
from outrider.verify.progress import Terminal


def shown(tmp_path, terminal: bool, **options) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=120)
    plan = toy_study.write_plan(tmp_path / "claim")
    toy_study.run(plan, progress=Terminal(console), **options)
    return out.getvalue()


def test_elsewhere_a_line_for_each_job(tmp_path):
    lines = shown(tmp_path, terminal=False).splitlines()
    assert sum(line.startswith("arm 'guided', seeds ") for line in lines) == 2
    assert any("trained in" in line and "success 0.95" in line for line in lines)
    assert lines[-2].split() == ["SUPPORTED", "toy"]
    assert lines[-1].startswith("The model itself earned the help: guided reaches 0.95")


def test_on_a_terminal_a_bar_for_each_arm(tmp_path):
    text = shown(tmp_path, terminal=True)
    for part in ("unguided", "event-counts", "k steps/s, success 0.95", "100 %", "SUPPORTED"):
        assert part in text


def test_what_was_finished_before_is_told(tmp_path):
    def no_ink(folder):
        raise OutriderError("no ink")

    with pytest.raises(OutriderError, match="no ink"):
        shown(tmp_path, terminal=False, render=no_ink)
    assert "6 of 6 jobs were finished before" in shown(tmp_path, terminal=False)


def test_what_an_engine_was_asked_is_counted_in_questions():
    """A caption is several questions, and the null set's and the gold pairs' are among them."""
    out = io.StringIO()
    told = Terminal(Console(file=out, force_terminal=False, width=120))
    for done in (0, 3, 5):
        told.asking("relevance(embedded)", done, 5)
    told.close()
    assert out.getvalue() == "asking relevance(embedded) ...\nrelevance(embedded) has answered 5 questions\n"
