"""`outrider explore` tells what it found, and leaves what a learner can imitate."""

import json
import signal

import pytest

from outrider.cli import main


@pytest.fixture(autouse=True)
def ctrl_c():
    """The command line takes Ctrl-C for itself; afterwards it is pytest's again."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def test_what_was_found_is_told_and_kept(capsys, tmp_path):
    pytest.importorskip("gymnax")
    pytest.importorskip("minari")
    from outrider.learn.datasets import load

    out = tmp_path / "ways"
    assert main(["explore", "gymnax/deepsea-8", "--steps", "20000", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    told = json.loads((tmp_path / "ways.json").read_text())
    assert told["cells"] == 8 * 9 // 2
    assert f"{told['steps']:,} steps, 36 cells by situations; solved at step {told['solved_at']:,}" in said
    assert (
        told["first_kinds"]["treasure"] == told["solved_at"] == told["first_seen"]["You found the treasure."]
    )
    assert f"{told['solved_at']:,}" in next(line for line in said.splitlines() if "treasure" in line)
    assert "best return 0.99 in 8 steps" in said
    shown = load(out)
    assert (shown.world, shown.by, len(shown.action)) == ("gymnax/deepsea-8", "go-explore", 8)
    assert shown.returns[0] == pytest.approx(0.99)
    assert main(["explore", "gymnax/deepsea-8", "--out", str(out)]) == 2
    assert "exists: name another folder" in capsys.readouterr().err


def test_what_was_found_is_kept_where_nothing_can_be_shown(capsys, tmp_path):
    pytest.importorskip("gymnax")
    pytest.importorskip("minari")
    out = tmp_path / "new" / "ways"
    few = ["--steps", "32", "--search.copies", "8", "--search.length", "4"]
    assert main(["explore", "gymnax/deepsea-20", *few, "--out", str(out)]) == 2
    said = capsys.readouterr()
    assert "nothing worth showing was found in gymnax/deepsea-20" in said.err
    assert f"what was found: {out}.json" in said.out.replace("\n", "")
    assert json.loads((tmp_path / "new" / "ways.json").read_text())["steps"] == 32
    assert [path.name for path in out.parent.iterdir()] == ["ways.json"]


@pytest.mark.parametrize("kept", ["ways", "ways.json"])
def test_nothing_is_written_over(capsys, tmp_path, kept):
    pytest.importorskip("minari")
    (tmp_path / kept).write_text("dear")
    assert main(["explore", "minigrid/doorkey-5x5", "--steps", "64", "--out", str(tmp_path / "ways")]) == 2
    assert f"{kept} exists: name another" in capsys.readouterr().err
    assert (tmp_path / kept).read_text() == "dear"
    assert [path.name for path in tmp_path.iterdir()] == [kept]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["minigrid/doorkey-9x9"], "unknown world 'minigrid/doorkey-9x9'"),
        (["envpool/MiniGrid-DoorKey-8x8-v0"], "runs on the host"),
        (["minigrid/doorkey-8x8", "--steps", "0"], "0 environment steps"),
        (["minigrid/doorkey-8x8", "--seed", "-1"], "--seed is -1; choose 0 to"),
        (["minigrid/doorkey-8x8", "--search.cells", "pixels"], "search setting cells is 'pixels'"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_a_line(capsys, arguments, told):
    assert main(["explore", *arguments]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
