"""Studies whose arms learn by settings of their own, with real workers: tiny, so that what they find means nothing."""

import contextlib
import json
from dataclasses import replace

import pytest

from outrider.files import sha256
from outrider.learn import worker
from outrider.learn.q_settings import DQNSettings
from outrider.learn.settings import Settings
from outrider.verify.evidence import check
from outrider.verify.jobs import jobs_of, prepare
from outrider.verify.plan import parse_plan
from outrider.verify.study import run_study

HEAD = """\
[claim]
id = "arms"
sentence = "Arms may differ in more than their signal."
[study]
world = "{world}"
seeds = 2
steps = {steps}
metric = "area_under_curve"
[rule]
treatment = "counted"
smallest_effect = 0.1
alpha = 0.05
[learner]
envs = 4
rollout = 16
width = 8
epochs = 1
minibatches = 1
[arms.plain]
[arms.counted]
signal = "scale(observation-count, 0.1)"
"""
LEARNERS = """
[arms.eager.learner]
learning_rate = 0.02
[arms.dqn.learner]
algorithm = "dqn"
envs = 4
width = 8
rows = 8
warmup = 64
capacity = 512
"""
SMALL = "envs = 4\nwidth = 8\n"
KINDS = {
    "several": "[arms.several.learner]\nlearners = 2",
    "recurrent": '[arms.recurrent.learner]\nmemory = "gru"',
    "shown": '[arms.shown.learner]\ndemonstrations = "expert:2"',
    "cloned": f'[arms.cloned.learner]\nalgorithm = "bc"\ndemonstrations = "expert:2"\n{SMALL}',
    "subgoals": '[arms.subgoals.learner]\nalgorithm = "hierarchy"\nrollout = 16\nepochs = 1\nminibatches = 1\n'
    + SMALL,
    "naive": '[arms.naive]\nsignal = "way-progress"',
    "shaped": '[arms.shaped]\nsignal = "scale(way-potential, 2)"',
    "gained": '[arms.gained]\nsignal = "way-gain"',
}


def study(folder, text):
    """The evidence of a plan, its runs by arm, and that nothing is wrong with it."""
    folder.mkdir()
    (folder / "plan.toml").write_text(text)
    done = run_study(folder, workers=2)
    assert check(done.folder)[1] == []
    runs = [json.loads(line) for line in (done.folder / "runs.jsonl").read_text().splitlines()]
    return done.folder, {(run["arm"], run["seed"]): run for run in runs}


@pytest.fixture(scope="module")
def deep(tmp_path_factory):
    """Two signals, two rates and two algorithms, on a DeepSea."""
    text = HEAD.format(world="gymnax/deepsea-10", steps=512) + LEARNERS
    return study(tmp_path_factory.mktemp("deep") / "claim", text)


def test_a_worker_trains_by_the_settings_of_its_arm(tmp_path, monkeypatch):
    text = HEAD.format(world="gymnax/deepsea-10", steps=512) + LEARNERS
    learned = {}

    def train(world, settings, *others):
        learned["settings"] = settings
        raise StopIteration

    monkeypatch.setattr(worker, "train", train)
    for job in jobs_of(parse_plan(text), {}):
        with contextlib.suppress(StopIteration):
            worker.work_alike([json.loads(prepare(job, tmp_path).read_text())])
        learned[job.arm] = learned.pop("settings")
    small = Settings(envs=4, rollout=16, width=8, epochs=1, minibatches=1)
    assert learned["plain"] == learned["counted"] == small
    assert learned["eager"] == replace(small, learning_rate=0.02)
    assert learned["dqn"] == DQNSettings(envs=4, width=8, rows=8, warmup=64, capacity=512)


@pytest.mark.long
def test_every_arm_learns_by_its_own_settings(deep):
    _, runs = deep
    points = {arm: len(run["steps"]) for (arm, seed), run in runs.items()}
    assert points == {"plain": 8, "counted": 8, "eager": 8, "dqn": 16}, "an update is a point"
    assert {run["steps"][-1] for run in runs.values()} == {512}
    assert runs["plain", 0]["bonus"] == [0.0] * 8 != runs["counted", 0]["bonus"]
    plain, eager = (runs[arm, 1] for arm in ("plain", "eager"))
    assert plain["entropy"][0] == eager["entropy"][0], "they begin alike"
    assert plain["entropy"][-1] != eager["entropy"][-1]


@pytest.mark.long
def test_another_settings_of_one_arm_change_that_arm_alone(deep, tmp_path):
    _, runs = deep
    text = HEAD.format(world="gymnax/deepsea-10", steps=512) + LEARNERS.replace("rows = 8", "rows = 16")
    _, other = study(tmp_path / "claim", text)
    changed = {arm for arm, seed in runs if runs[arm, seed] != other[arm, seed]}
    assert changed == {"dqn"}


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_arm_leaves_evidence(kind, tmp_path):
    """Teams, memories, demonstrations, cloning, subgoals and signals that know the way."""
    head = HEAD.format(world="minigrid/empty-random-6x6", steps=512).replace("[arms.plain]\n", "")
    _, runs = study(tmp_path / "claim", f"{head}{KINDS[kind]}\n")
    assert {arm for arm, _ in runs} == {"counted", kind}
    assert any(runs[kind, 0]["bonus"]) == (kind in ("naive", "shaped", "gained"))


@pytest.mark.long
def test_demonstrations_are_the_same_again(tmp_path):
    """Recorded by each worker from the plan alone, so that the evidence is the same byte for byte."""
    head = HEAD.format(world="minigrid/empty-random-6x6", steps=512).replace("[arms.plain]\n", "")
    (one, _), (two, _) = (study(tmp_path / name, f"{head}{KINDS['shown']}\n") for name in ("one", "two"))
    for name in ("runs.jsonl", "verdict.json", "plan.toml"):
        assert sha256(one / name) == sha256(two / name)
