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
