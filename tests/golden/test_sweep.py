"""A sweep's arithmetic: rungs and their budget, ranks, draws, areas, and a specification's mistakes in one line."""

import numpy as np
import pytest

from outrider.errors import OutriderError
from outrider.learn.algorithms import RATES, settings_from
from outrider.learn.q_settings import DQNSettings
from outrider.learn.rates import HierarchyRates, ImitationRates, QRates, Rates
from outrider.learn.settings import Settings
from outrider.sweep.halving import Rung, Score, order, rungs, steps_of_run
from outrider.sweep.space import Range, draw, parse_space
from outrider.sweep.specification import load_sweep, sweep_of_world
from outrider.sweep.worker import area
from outrider.verify.metrics import area_under_curve
from outrider.verify.runs import run_from

GOOD = """
[sweep]
worlds = ["minigrid/doorkey-8x8"]
steps = 4_000_000
candidates = 9
keep = 3
[space]
learning_rate = { low = 1e-4, high = 1e-2 }
rollout = [32, 64]
"""


def test_rungs_spend_equal_shares_within_the_budget():
    made = rungs(8_000_000, candidates=16, keep=4, runs=2)
    assert made == [Rung(16, 125_000), Rung(4, 500_000)]
    assert [r.candidates for r in rungs(10**7, 27, 3, 1)] == [27, 9, 3]
    assert [r.candidates for r in rungs(10**7, 5, 2, 1)] == [5, 3, 2]
    for budget in (999_999, 12_345_678):
        assert sum(r.candidates * r.steps * 3 for r in rungs(budget, 11, 3, 3)) <= budget


def test_runs_are_whole_updates_and_never_over_their_share():
    assert steps_of_run(125_000, 4096, "x") == 24 * 4096
    assert steps_of_run(20_000, 4096, "x") == 4 * 4096
    with pytest.raises(OutriderError, match=r"leaves 4,095 steps .* one update takes 4,096; raise steps"):
        steps_of_run(4095, 4096, "x")


def test_one_world_is_ordered_by_score_then_area_then_number():
    scores = {
        0: [Score(0.5, 0.1)],
        1: [Score(0.5, 0.2)],
        2: [None],
        3: [Score(0.9, 0.0)],
        4: [Score(0.5, 0.1)],
    }
    assert order(scores, "rank") == order(scores, "mean") == [3, 1, 0, 4, 2]


def test_worlds_are_joined_by_rank_or_by_rescaled_mean():
    """Candidate 0 wins two worlds by a hair; candidate 1 wins the third by all."""
    scores = {
        0: [Score(0.51, 0), Score(0.51, 0), Score(0.0, 0)],
        1: [Score(0.50, 0), Score(0.50, 0), Score(1.0, 0)],
        2: [Score(0.0, 0), Score(0.0, 0), Score(0.5, 0)],
    }
    assert order(scores, "rank") == [0, 1, 2]  # both have ranks of 5 in sum: the present settings win
    assert order(scores, "mean") == [1, 0, 2]


def test_equals_share_the_mean_of_their_places():
    scores = {
        0: [Score(0.1, 0), Score(0.9, 0)],  # ranks 3 and 1
        1: [Score(0.5, 0), Score(0.5, 0)],  # 1.5 and 2
        2: [Score(0.5, 0), Score(0.1, 0)],  # 1.5 and 3
    }
    assert order(scores, "rank") == [1, 0, 2]


def test_the_settings_that_share_a_program_are_the_learners_rates():
    assert set(RATES["ppo"]) == set(Rates._fields)
    assert set(RATES["hierarchy"]) == set(HierarchyRates._fields)
    assert set(RATES["pqn"]) == set(QRates._fields)
    assert {*RATES["dqn"], "trace"} == set(QRates._fields)  # which DQN has none of
    assert set(RATES["bc"]) == set(RATES["dagger"]) == set(ImitationRates._fields)


def test_another_algorithm_is_searched_by_its_own_settings(tmp_path):
    path = tmp_path / "sweep.toml"
    path.write_text(
        GOOD.replace("[space]", '[learner]\nalgorithm = "dqn"\n[space]\nexplore = { low = 0.1, high = 0.5 }')
    )
    sweep = load_sweep(path, {})
    assert sweep.settings[0] == {"algorithm": "dqn"}
    searched = [settings_from(settings) for settings in sweep.settings[1:]]
    assert all(type(settings) is DQNSettings for settings in searched)
    assert len({settings.explore for settings in searched}) == len(searched)
    path.write_text(path.read_text() + "clip = [0.1, 0.2]\n")
    with pytest.raises(
        OutriderError, match="the key 'clip', a setting of ppo and hierarchy that dqn does not have"
    ):
        load_sweep(path, {})


def test_draws_follow_their_scale_and_their_seed():
    rng = np.random.default_rng(0)
    logs = np.log10([Range(1e-4, 1e-2).draw(rng) for _ in range(4000)])
    assert -4 <= logs.min() < -3.99 < -2.01 < logs.max() <= -2
    assert abs(np.median(logs) + 3) < 0.06
    below = np.log10([1 - Range(0.9, 0.999, "log-below-1").draw(rng) for _ in range(4000)])
    assert abs(np.median(below) + 2) < 0.06
    space = parse_space({"learning_rate": {"low": 1e-4, "high": 1e-2}, "epochs": [1, 2]}, "ppo", "x")
    one, again, other = (draw(space, {"envs": 16}, 6, seed, "x") for seed in (0, 0, 1))
    assert one == again != other
    assert one[0] == {"envs": 16}
    assert all(set(c) == {"envs", "learning_rate", "epochs"} for c in one[1:])


def test_the_area_is_the_verdicts():
    steps, won, ended = [10, 20, 40, 50], [0, 1, 0, 3], [0, 2, 0, 4]
    record = {
        "arm": "a", "seed": 0, "steps": steps, "return": [0.0] * 4, "episodes": ended,
        "success": [w / n if n else None for w, n in zip(won, ended, strict=True)],
    }  # fmt: skip
    assert area(steps, won, ended, first=0.0) == pytest.approx(area_under_curve(run_from(record, "x")))
    assert area(steps, won, ended) == pytest.approx(
        (0.5 * 40 + 0.75 * 10) / 50
    )  # the first value reaches back


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("steps = 4_000_000", "steps = 100_000", "the budget leaves 2,777 steps for a run of the first rung"),
        ("steps = 4_000_000", "", "[sweep] steps is None"),
        ("learning_rate", "learning_rat", "unknown key 'learning_rat': did you mean 'learning_rate'?"),
        ("low = 1e-4, high = 1e-2", "low = 1e-2, high = 1e-4", "low must be below high"),
        ("low = 1e-4", "low = 0", "must be above 0"),
        ("low = 1e-4, ", "", "goes from nan"),
        ("[32, 64]", "{ low = 32, high = 64 }", "list its values"),
        ("[32, 64]", "[32]", "at least two values"),
        ("[32, 64]", "[32, 0]", "[space] allows candidate"),
        ("doorkey-8x8", "doorkey-9x9", "unknown world"),
        ("candidates = 9", "candidates = 1", "candidates is 1; write a whole number of at least 2"),
        ("candidates = 9", "candidate = 9", "unknown key 'candidate': did you mean 'candidates'?"),
        ("[space]", '[signal]\nname = "event-count"\n[space]', "name an engine that gives them"),
        ("[space]", "[space", "is not valid TOML"),
        (
            '[sweep]\nworlds = ["minigrid/doorkey-8x8"]',
            '[learner]\ndemonstrations = "expert:8"\n[sweep]\nworlds = ["minigrid/xland-r1-9x9-pair"]',
            "xland-r1-9x9-pair has no expert",
        ),
        (
            "[space]",
            '[signal]\nname = "rnd"\n[learner]\nalgorithm = "bc"\n[space]',
            "bc learns from what it is shown and not from rewards: leave signal rnd out",
        ),
    ],
)
def test_mistakes_are_one_line(tmp_path, old, new, said):
    path = tmp_path / "sweep.toml"
    path.write_text(GOOD)
    assert load_sweep(path, {}).rungs[0].candidates == 9
    assert old in GOOD
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(OutriderError) as error:
        load_sweep(path, {})
    assert said in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_world_is_searched_as_usual_and_needs_a_budget(tmp_path):
    with pytest.raises(OutriderError, match="needs its budget: give --steps"):
        sweep_of_world("minigrid/doorkey-8x8", {})
    made = sweep_of_world("minigrid/doorkey-8x8", {"steps": 20_000_000, "seeds": 1})
    assert made.settings[0] == {}
    Settings(**made.settings[-1])
    (tmp_path / "sweep.toml").write_text(made.text)  # what it writes down is itself
    assert load_sweep(tmp_path, {}).sha256 == made.sha256
