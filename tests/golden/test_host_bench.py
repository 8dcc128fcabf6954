"""`outrider bench` of a host world: parts that are parts of the whole, and slow parts told as slow."""

import json
import time

import pytest
from gymnasium.vector import AutoresetMode

import counting
from outrider.cli import main
from outrider.learn import host_bench
from outrider.learn.settings import Settings
from outrider.worlds.host import GymnasiumWorlds

SETTINGS = Settings(envs=6, rollout=24, width=8, epochs=1, minibatches=1)
STEP = 0.002  # seconds that a slow group takes to step


class Slow(GymnasiumWorlds):
    def receive(self):
        time.sleep(STEP)
        return super().receive()


def make(world_id, copies, groups, kind=Slow):
    return kind(counting.vector(AutoresetMode.SAME_STEP, copies), world_id, counting.Words())


def test_parts_of_a_host_worlds_update_are_timed_one_by_one(monkeypatch):
    monkeypatch.setattr(host_bench, "CALL_STEPS", 3 * SETTINGS.batch)
    timing, (mission, captions) = host_bench.measure_host(
        "gymnasium/Counting", SETTINGS, "event-count", 2, make
    )
    waited = 2 * SETTINGS.rollout * STEP  # by both groups
    assert timing.update >= timing.stepping >= waited
    assert timing.rollout >= waited
    assert timing.limit == max(timing.stepping, timing.products)
    assert timing.alone is not None
    assert 0 < timing.alone < timing.compile
    assert timing.rate == SETTINGS.batch / timing.update
    assert timing.flops > 2 * SETTINGS.batch * 3 * 8  # the first layer alone
    assert [set(times) for times in timing.rounds] == [
        {"update", "rollout", "learning", "stepping", "products"}
    ] * 2
    assert mission == "count"
    assert set(captions) == {
        "You passed one.",
        "You passed two.",
        "You passed episode 0.",
        "You passed episode 1.",
    }


def test_the_command_line_shows_the_shares_and_writes_them(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(host_bench, "CALL_STEPS", 1)
    out = tmp_path / "bench.json"
    small = (
        "--rounds 1 --steps 9600 --learner.envs 6 --learner.rollout 24 --learner.width 8 --learner.epochs 1"
    )
    asked = [
        "bench",
        "gymnasium/CartPole-v1",
        *small.split(),
        "--learner.minibatches",
        "1",
        "--out",
        str(out),
    ]
    assert main(asked) == 0
    told, record = capsys.readouterr().out, json.loads(out.read_text())
    seconds = record["seconds_of_a_run"]
    assert list(seconds) == ["language model", "compiling", "stepping", "acting", "learning"]
    assert all(name in told for name in seconds)
    of_updates = sum(seconds[name] for name in ("stepping", "acting", "learning"))
    updates = -(-9600 // (6 * 24))
    assert of_updates == pytest.approx(record["seconds_of_an_update"]["update"] * updates)
    assert record["seconds_of_learning_alone"] > 0
    assert record["machine"]["cores"] >= 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["envpool/X", "--learner.encoder", "convolutional"], "needs a grid"),
        (["gymnasium/CartPole-v1", "--signal", "event-count", "--engine", "shuffled(constant)"], "shuffled"),
        (["gymnasium/CartPole-v1", "--signal", "situation-count"], "looks at situations"),
        (["gymnasium/CartPole-v1", "--rounds", "0"], "--rounds is 0"),
    ],
)
def test_what_cannot_be_timed_is_one_line(asked, said, capsys):
    assert main(["bench", *asked]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
