"""Studies over host worlds: what a run leaves, what the workers ask, and what a recording gives without a model."""

import gzip
import json
from collections import Counter

import jax
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import counting
from outrider.cli import main
from outrider.errors import OutriderError
from outrider.learn import worker
from outrider.learn.host_evaluate import evaluate
from outrider.learn.host_group import train_group
from outrider.learn.host_learner import network_of
from outrider.learn.settings import Settings
from outrider.learn.train import as_record
from outrider.lm.question import Answer
from outrider.verify.evidence import check
from outrider.verify.plan import parse_plan
from outrider.verify.study import run_study
from outrider.worlds import host
from outrider.worlds.host import GymnasiumWorlds

SETTINGS = Settings(envs=6, rollout=24, width=8, epochs=1, minibatches=1)
PLAN = """\
[claim]
id = "host"
sentence = "Words help."
[study]
world = "envpool/MiniGrid-MultiRoom-N2-S4-v0"
seeds = 1
steps = 256
metric = "evaluated_success"
[rule]
treatment = "guided"
smallest_effect = 0.1
alpha = 0.05
[learner]
envs = 8
rollout = 16
width = 8
epochs = 1
minibatches = 1
[arms.novelty]
signal = "episodic(observation-count)"
[arms.guided]
signal = "event-count"
engine = "relevance(embedded)"
"""


class Fined(GymnasiumWorlds):
    """Every step costs two: of episodes of three, five and two steps only those of five are solved."""

    def receive(self):
        turn = super().receive()
        return turn._replace(reward=np.where(turn.idle, 1e6, turn.reward - 2.0))


@pytest.mark.parametrize("mode", AutoresetMode)
@pytest.mark.parametrize("copies", [3, 30])
def test_every_copy_plays_as_many_whole_episodes(mode, copies):
    worlds = Fined(counting.vector(mode, copies), "gymnasium/Counting")
    found = evaluate(network_of(worlds, SETTINGS, jax.random.key(0)), worlds, 5)
    each = -(-64 // copies)
    lengths = [counting.LENGTHS[k % 3] for k in range(each)]
    paid = [length * (length + 1) / 2 - 2 * length for length in lengths]
    assert found.episodes == each * copies
    assert found.solved == copies * sum(one > 0 for one in paid)
    assert found.returned == pytest.approx(np.mean(paid))


def test_success_is_what_the_world_says_it_is_in_training_and_after():
    """Episodes of three, five and two steps return 6, 15 and 3."""

    def strict(world_id, copies, groups):
        worlds = make(world_id, copies, groups)
        worlds.solved_above = 6.0
        return worlds

    trained, found = train_group("gymnasium/Counting", SETTINGS, "none", [0], 3 * SETTINGS.batch, make=strict)
    lines = found[0].lines
    assert 0.25 < np.sum(lines.successes) / np.sum(lines.episodes) < 0.4
    assert (trained.episodes, trained.solved.tolist()) == (
        3 * 22,
        [3 * 7],
    )  # each copy's second, fifth, ... of 22


@pytest.mark.parametrize(
    ("world_id", "least"),
    [
        ("gymnasium/CartPole-v1", 475),
        ("gymnasium/MountainCar-v0", -110),
        ("envpool/CartPole-v1", 475),
        ("gymnasium/MiniGrid-Empty-5x5-v0", None),
        ("envpool/MiniGrid-DoorKey-8x8-v0", None),
    ],
)
def test_a_published_threshold_is_what_a_success_reaches(world_id, least):
    worlds = host.make(world_id, 2, 1)
    worlds.close()
    if least is None:
        assert worlds.solved_above == 0.0
    else:
        assert np.float32(least) > np.float32(worlds.solved_above) > least - 0.1


def test_the_threshold_of_an_environment_of_ones_own():
    worlds = GymnasiumWorlds(counting.vector(AutoresetMode.SAME_STEP, 3), "gymnasium/Counting", threshold=6.0)
    found = evaluate(network_of(worlds, SETTINGS, jax.random.key(0)), worlds, 5)
    assert found.solved == 3 * 15, "a return of 6 reaches it, and so does 15: two of three episodes, 15 of 22"


def test_what_never_ends_is_not_solved(monkeypatch):
    monkeypatch.setattr("outrider.learn.host_evaluate.MOST_STEPS", 2)
    monkeypatch.setattr("outrider.learn.host_evaluate.EPISODES", 3)
    worlds = GymnasiumWorlds(counting.vector(AutoresetMode.SAME_STEP, 3), "gymnasium/Counting")
    found = evaluate(network_of(worlds, SETTINGS, jax.random.key(0)), worlds, 5)
    assert (found.episodes, found.solved, found.returned) == (3, 0, 3.0)


def make(world_id, copies, groups):
    return GymnasiumWorlds(counting.vector(AutoresetMode.SAME_STEP, copies), world_id, counting.Words())


def test_a_groups_record_tells_each_seeds_own_run():
    told = []
    trained, found = train_group(
        "gymnasium/Counting",
        SETTINGS,
        "none",
        [0, 7],
        3 * SETTINGS.batch,
        lambda progress, lines: told.append((progress, lines.steps.shape)),
        make=make,
    )
    said = [dict(enumerate(one.events, 1)) for one in found]
    records = [as_record(trained, i, "plain", seed, said[i]) for i, seed in enumerate([0, 7])]
    steps, rows = SETTINGS.batch, [row for copy in range(3) for row in counting.walk(copy, 3 * 24)] * 2
    met = Counter(counting.said(*then) for *_, then in rows)
    for record, seed in zip(records, [0, 7], strict=True):
        assert (record["arm"], record["seed"]) == ("plain", seed)
        assert record["steps"] == [steps, 2 * steps, 3 * steps]
        assert record["success"] == [1.0, 1.0, 1.0]
        assert sum(record["episodes"]) == sum(
            terminated or truncated for _, _, terminated, truncated, _ in rows
        )
        assert record["kinds"] == {"event": met.total() - met[""], "no event": met[""]}
        assert record["events"] == {text: count for text, count in met.items() if text}
        assert record["evaluation"] == {"episodes": 66, "solved": 66}
        assert "situations" not in record
    assert [progress for progress, _ in told[:3]] == pytest.approx([1 / 6, 2 / 6, 3 / 6])
    assert told[-1] == (1.0, (1, 1))


def in_this_process(waiting, work, listener, *_, kind):
    """As `run_jobs`, without processes."""
    for job in waiting:
        path = kind.prepare(job, work)
        result = worker.work_apart(json.loads(path.read_text()))
        kind.out_path(job, work).write_text(json.dumps(result))
        kind.accept(job, work, 1.0)
        listener.finished(job, 1.0)


class Model:
    """Scores by the words of the prompt, and counts what it is asked."""

    name = "embedded toy 0123"

    def __init__(self):
        self.asked = []

    def answer(self, questions):
        self.asked += questions
        return [
            Answer(tuple(-float(sum(map(ord, q.prompt + o)) % 97) for o in q.options), tokens=5, seconds=0.25)
            for q in questions
        ]


def refusing(threads):
    raise OutriderError("no weights")


def test_a_study_asks_as_captions_come_and_is_replayed_without_a_model(tmp_path, monkeypatch, capsys):
    pytest.importorskip("envpool")
    model, shown = Model(), []
    monkeypatch.setattr("outrider.verify.study.run_jobs", in_this_process)
    monkeypatch.setattr("outrider.lm.embedded.Embedded", lambda threads: model)
    (tmp_path / "plan.toml").write_text(PLAN)

    def watch(folder, policy, weights):
        beside = policy.with_suffix(".weights.json")
        shown.append((policy.exists(), weights, json.loads(beside.read_text())["by_caption"]))

    live = run_study(tmp_path, watch=watch).folder
    capsys.readouterr()
    _, wrong = check(live)
    assert wrong == []
    runs = [json.loads(line) for line in (live / "runs.jsonl").read_text().splitlines()]
    assert [run["arm"] for run in runs] == ["novelty", "guided"]
    answers = json.loads((live / "answers.json").read_text())["engines"]["relevance(embedded)"]
    assert answers["mission"] == "traverse the rooms to get to the goal"
    weights = {one["caption"]: one["weight"] for one in answers["captions"]}
    assert set(runs[1]["events"]) <= set(weights)  # none was met that was not asked about
    assert shown == [(True, None, weights)]
    assert len({question.prompt for question in model.asked}) > len(weights)
    assert all(run["bonus"][0] > 0 for run in runs)
    gold = json.loads((live / "gold.json").read_text())["engines"]
    assert gold["relevance(embedded)"]["mission"] == answers["mission"]
    costs = json.loads((live / "costs.json").read_text())
    records = gzip.decompress((live / "cassette.jsonl.gz").read_bytes()).splitlines()
    assert costs["engines"]["embedded toy 0123"]["questions"] == len(records) == len(set(model.asked))
    assert costs["arms"]["guided"]["environment_steps"] == 256

    monkeypatch.setattr("outrider.lm.embedded.Embedded", refusing)
    again = run_study(tmp_path, tmp_path / "again", cassette=live / "cassette.jsonl.gz").folder
    for name in ("runs.jsonl", "verdict.json", "answers.json", "gold.json", "cassette.jsonl.gz"):
        assert (live / name).read_bytes() == (again / name).read_bytes(), name


@pytest.mark.parametrize(
    ("changed", "into", "said"),
    [
        (
            'relevance(embedded)"',
            'shuffled(relevance(embedded))"',
            r"\[arms.guided\]: .*captions come one by one",
        ),
        ("episodic(observation-count)", "situation-count", r"\[arms.novelty\]: .*looks at situations"),
        ("width = 8", 'encoder = "convolutional"', "needs a grid"),
        ("width = 8", "learners = 2", "learners = 2 is for device worlds"),
        ("width = 8\nepochs = 1\nminibatches = 1", 'algorithm = "dqn"', "agents learn by ppo, not dqn"),
    ],
)
def test_a_plan_that_host_worlds_cannot_follow_is_refused_before_its_first_step(changed, into, said):
    assert changed in PLAN
    text = PLAN.replace(changed, into).replace("rollout = 16\n", "" if "dqn" in into else "rollout = 16\n")
    with pytest.raises(OutriderError, match=said) as told:
        parse_plan(text)
    assert "\n" not in str(told.value)
    assert parse_plan(PLAN).world.startswith("envpool/")


def test_sentences_beyond_the_last_code_are_silence_where_no_signal_pays(monkeypatch):
    for module in ("host_words", "host_learner", "host_collect"):
        monkeypatch.setattr(f"outrider.learn.{module}.CODES", 3)
    trained, found = train_group("gymnasium/Counting", SETTINGS, "none", [0], SETTINGS.batch, make=make)
    record = as_record(trained, 0, "plain", 0, dict(enumerate(found[0].events, 1)))
    assert len(found[0].events) == 4
    assert set(record["events"]) == set(found[0].events[:2])
    assert sum(record["kinds"].values()) == SETTINGS.batch


@pytest.mark.long
def test_the_command_line_verifies_a_plan_over_a_host_world_whatever_the_workers(tmp_path, capsys):
    pytest.importorskip("envpool")
    text = PLAN.replace("MultiRoom-N2-S4", "KeyCorridorS3R3").replace("seeds = 1", "seeds = 2")
    text = text.replace(
        'signal = "event-count"\nengine = "relevance(embedded)"', 'signal = "episodic(noveld)"'
    )
    (tmp_path / "plan.toml").write_text(text + '[arms.counts]\nsignal = "event-count"\nengine = "constant"\n')
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, workers in ((one, "1"), (two, "2")):
        assert main(["verify", str(tmp_path), "--out", str(folder), "--workers", workers]) == 0
    assert "report.html" in capsys.readouterr().out
    for name in ("runs.jsonl", "verdict.json", "answers.json"):
        assert (one / name).read_bytes() == (two / name).read_bytes()
    assert (one / "watch.gif").read_bytes().startswith(b"GIF")
    page = (one / "report.html").read_text()
    assert "KeyCorridorS3R3" in page
    assert "You bumped into the wall." in page
    assert check(one)[1] == []
