"""Plans: what they hold, what their hash means, and the one line that each mistake gives."""
# ruff: noqa: E501 (a table of mistakes, one a line)

from pathlib import Path

import pytest

import toy_study
from outrider.errors import OutriderError
from outrider.verify.evidence import check
from outrider.verify.jobs import jobs_of
from outrider.verify.metrics import STEADINESS
from outrider.verify.plan import Arm, load_plan, parse_plan

PLAN = toy_study.PLAN


def test_a_plan_is_read_whole(tmp_path):
    plan = load_plan(toy_study.write_plan(tmp_path), toy_study.names())
    assert load_plan(tmp_path, toy_study.names()) == plan
    assert (plan.id, plan.world, plan.seeds, plan.steps, plan.metric) == (
        "toy",
        "toy/world",
        8,
        1000,
        "final_success",
    )
    assert plan.arms == (
        Arm("unguided"),
        Arm("guided", "event-count", "relevance(toy)"),
        Arm("event-counts", "event-count", "constant"),
    )
    assert plan.engines == ("relevance(toy)", "constant")
    assert [arm.name for arm in plan.controls] == ["unguided", "event-counts"]
    assert plan.text == PLAN


def test_the_hash_is_of_the_content():
    first, *rest = PLAN.split("[study]\n")
    study, others = rest[0].split("[rule]\n")
    same = f"# a comment\n[rule]\n{others}\n[study]\n{study}\n{first}".replace("1_000", "1000").replace(
        "0.05", "5e-2"
    )
    plan = parse_plan(same, names=None)
    assert plan.sha256 == parse_plan(PLAN, names=None).sha256
    assert len(plan.sha256) == 64
    for change in (
        ("seeds = 8", "seeds = 9"),
        ("0.1", "0.2"),
        ("[arms.unguided]", "[arms.alone]"),
        ("toy/", "to/"),
    ):
        assert parse_plan(PLAN.replace(*change), names=None).sha256 != plan.sha256


MISTAKES = {
    "toml": (("seeds = 8", "seeds = = 8"), r"not valid TOML: .*line 6, column 9"),
    "unknown table": (("[rule]", "[rules]"), r"the file has the unknown key 'rules': did you mean 'rule'\?"),
    "unknown key": (("seeds = 8", "seeds = 8\nsteeps = 1"), r"\[study\] has the unknown key 'steeps': did you mean 'steps'\?"),
    "unknown arm key": (("[arms.unguided]", "[arms.unguided]\nsignals = 'none'"), r"\[arms.unguided\] .*'signals': did you mean 'signal'"),
    "no table": (('[claim]\nid = "toy"\nsentence = "Arithmetic explores."\n', ""), r"lacks the table \[claim\]: add it"),
    "no key": (("steps = 1_000\n", ""), r"\[study\] lacks the key 'steps': add it"),
    "no seeds": (("seeds = 8", "seeds = 0"), r"\[study\] seeds is 0: write a whole number of at least 1"),
    "negative": (("1_000", "-5"), r"\[study\] steps is -5: write a whole number"),
    "fraction": (("1_000", "1e3"), r"\[study\] steps is 1000.0: write a whole number"),
    "true": (("seeds = 8", "seeds = true"), r"\[study\] seeds is True"),
    "text": (("seeds = 8", 'seeds = "8"'), r"\[study\] seeds is '8'"),
    "alpha": (("alpha = 0.05", "alpha = 1.0"), r"\[rule\] alpha is 1.0: write a number above 0 and below 1"),
    "alpha nan": (("alpha = 0.05", "alpha = nan"), r"\[rule\] alpha is nan"),
    "effect": (("smallest_effect = 0.1", "smallest_effect = 0"), r"smallest_effect is 0: write a number above 0"),
    "treatment": (('"guided"', '"giuded"'), r"treatment names 'giuded', which is no arm: did you mean 'guided'\?"),
    "metric": (("final_success", "final_sucess"), r"metric names 'final_sucess', which is unknown: did you mean 'final_success'"),
    "signal": (("event-count\"\nengine = \"constant", "event-cuont\"\nengine = \"constant"), r"\[arms.event-counts\]: signal `event-cuont`: unknown name 'event-cuont': did you mean 'event-count'"),
    "odd": (('seeds = 8\nsteps = 1_000\nmetric = "final_success"', 'seeds = 9\nsteps = 1_000\nmetric = "steadiness"'), r"\[study\] seeds is 9: steadiness compares seeds two by two, write an even number"),
    "seed below 0": (("seeds = 8", "seeds = 8\nfirst_seed = -1"), r"\[study\] first_seed is -1: write a whole number of at least 0"),
    "seed too large": (("seeds = 8", "seeds = 8\nfirst_seed = 2_147_483_641"), r"\[study\] first_seed is 2147483641: the last seed must be below 2147483648"),
    "no worse in nothing": (("alpha = 0.05", 'alpha = 0.05\nno_worse = "steadyness"'), r"\[rule\] no_worse names 'steadyness', which is unknown"),
    "no worse in pairs": (("alpha = 0.05", 'alpha = 0.05\nno_worse = "steadiness"'), r"\[rule\] no_worse names 'steadiness', which is unknown"),
    "no worse than better": (("alpha = 0.05", 'alpha = 0.05\nno_worse = "final_success"'), r"\[rule\] no_worse is the metric itself, in which the treatment must be better: take it out"),
    "signal only": (('engine = "constant"\n', ""), r"\[arms.event-counts\]: signal `event-count` pays captioned events by their weights; name an engine"),
    "engine only": (("[arms.unguided]", '[arms.unguided]\nengine = "constant"'), r"\[arms.unguided\] has an engine and no signal"),
    "twins": (("[arms.unguided]", "[arms.unguided]\n[arms.alone]"), r"arms 'unguided' and 'alone' are the same"),
    "name": (("[arms.unguided]", '[arms."../unguided"]'), r"'../unguided': use letters, digits, dots and dashes"),
    "empty": (("Arithmetic explores.", " "), r"\[claim\] sentence is ' ': write a text"),
    "not a table": (("[arms.unguided]", "[arms]\nunguided = 3"), r"arm 'unguided' must be a table"),
    "learner key": (("[rule]", "[learner]\nenvz = 64\n[rule]"), r"\[learner\] has the unknown key 'envz': did you mean 'envs'"),
    "learner value": (("[rule]", "[learner]\nenvs = 0\n[rule]"), r"\[learner\]: .*envs is 0"),
    "arm's settings": (("[arms.unguided]", "[arms.unguided]\nlearner = 3"), r"\[arms.unguided\] learner is 3: write a table of settings, \[arms.unguided.learner\]"),
    "arm's key": (("[arms.unguided]", "[arms.unguided.learner]\nentropi = 0.1"), r"\[arms.unguided.learner\] has the unknown key 'entropi': did you mean 'entropy'"),
    "arm's value": (("[arms.unguided]", "[arms.unguided.learner]\nentropy = -1"), r"\[arms.unguided.learner\]: .*entropy is -1"),
    "arm's algorithm": (("[arms.unguided]", "[arms.unguided.learner]\nalgorithm = 'dqm'"), r"\[arms.unguided.learner\] algorithm is 'dqm': did you mean 'dqn'"),
    "another algorithm's": (("[arms.unguided]", "[arms.unguided.learner]\nalgorithm = 'dqn'\nentropy = 0.1"), r"\[arms.unguided.learner\] has the key 'entropy', a setting of ppo and hierarchy that dqn does not have"),
    "algorithm outside": (("[arms.unguided]", "[arms.unguided]\nalgorithm = 'dqn'"), r"\[arms.unguided\] has the unknown key 'algorithm': write it into \[arms.unguided.learner\]"),
    "ends": (("[arms.unguided]", "[arms.unguided.learner]\nalgorithm = 'dqn'"), r"\[study\] steps = 1000 ends arm 'unguided' at 1024 and 'guided' at 4096, by whole updates: write a multiple of 4096, such as 4096"),
    "twins spelled out": (("[arms.unguided]", "[arms.unguided]\n[arms.alone.learner]\nentropy = 0.01"), r"arms 'unguided' and 'alone' are the same"),
    "learner type": (("[rule]", '[learner]\nenvs = "64"\n[rule]'), r"\[learner\]: .*envs is '64'"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_one_line_with_place_and_advice(mistake, tmp_path):
    (old, new), message = MISTAKES[mistake]
    assert old in PLAN
    path = toy_study.write_plan(tmp_path, PLAN.replace(old, new))
    with pytest.raises(OutriderError, match=message) as error:
        load_plan(path, toy_study.names())
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


ARMS = """
[learner]
entropy = 0.02
envs = 32
[arms.high.learner]
entropy = 0.1
[arms.same-algorithm.learner]
algorithm = "ppo"
width = 32
[arms.dqn.learner]
algorithm = "dqn"
rows = 32
"""


def test_an_arm_learns_by_its_own_settings_and_then_by_the_plans():
    plan = parse_plan(PLAN.replace("1_000", "4_096") + ARMS, names=toy_study.names())
    told = {arm.name: plan.settings(arm) for arm in plan.arms}
    assert told["unguided"] == told["guided"] == {"entropy": 0.02, "envs": 32}
    assert told["high"] == {"entropy": 0.1, "envs": 32}
    assert told["same-algorithm"] == {"algorithm": "ppo", "entropy": 0.02, "envs": 32, "width": 32}
    assert told["dqn"] == {"algorithm": "dqn", "rows": 32}, "PPO's settings are not DQN's"
    weights = dict.fromkeys(plan.engines, ("{}",))
    for job in jobs_of(plan, weights):
        assert job.learner == told[job.arm]
        assert job.record(Path())["learner"] == told[job.arm]


def test_settings_of_an_arm_are_part_of_plan_and_job():
    """Another plan, and other jobs of that arm alone, so that those of the others are not done again."""
    plan, other = (
        parse_plan(PLAN.replace("1_000", "4_096") + text, names=None)
        for text in (ARMS, ARMS.replace("rows = 32", "rows = 64"))
    )
    assert plan.sha256 != other.sha256
    pairs = zip(*(jobs_of(one, dict.fromkeys(one.engines, ("{}",))) for one in (plan, other)), strict=True)
    assert {a.arm for a, b in pairs if a.sha256 != b.sha256} == {"dqn"}


def test_a_draft_is_read_and_not_run(tmp_path):
    """So that a plan whose baseline was not tuned yet is seen and cannot be run by mistake."""
    draft = PLAN.replace("[study]", 'draft = "the baseline is to be tuned"\n[study]')
    (tmp_path / "plan.toml").write_text(draft)
    assert load_plan(tmp_path, toy_study.names()).draft == "the baseline is to be tuned"
    with pytest.raises(
        OutriderError, match="is a draft: the baseline is to be tuned; settle that, then take"
    ):
        toy_study.run(tmp_path)
    assert not (tmp_path / "evidence").exists()


def test_seeds_begin_where_the_plan_says():
    """And each job has the weights that were drawn for its seeds; the policy of the first is kept."""
    plan = parse_plan(PLAN.replace("seeds = 8", "seeds = 6\nfirst_seed = 200"), names=None)
    drawn = tuple(f"drawn for {seed}" for seed in plan.every_seed)
    jobs = jobs_of(plan, {"relevance(toy)": drawn, "constant": ("the same",)})
    assert list(plan.every_seed) == [200, 201, 202, 203, 204, 205]
    assert [job.seeds for job in jobs] == 3 * [(200, 201, 202, 203)] + 3 * [(204, 205)]
    guided = [job for job in jobs if job.arm == "guided"]
    assert [job.weights for job in guided] == [drawn[:4], drawn[4:]]
    assert [job.name for job in jobs if job.save_policy] == ["guided-200"]


def test_arms_of_equal_settings_differ_by_signal_alone():
    """Equal settings however they were written; an audit, which knows no defaults, takes what was accepted."""
    text = PLAN + '[arms.high]\nsignal = "rnd"\n[arms.high.learner]\nentropy = 0.1\n'
    text += '[arms.low]\nsignal = "rnd"\n[arms.low.learner]\nentropy = 0.01\n'
    parse_plan(text, names=toy_study.names())
    with pytest.raises(OutriderError, match="arms 'high' and 'low' are the same"):
        parse_plan(text.replace("0.01", "1e-1"), names=None)


def test_a_folder_of_demonstrations_is_no_arms_either():
    good = PLAN.replace("toy/world", "minigrid/doorkey-8x8").replace("relevance(toy)", "relevance(embedded)")
    arm = '[arms.cloned.learner]\nalgorithm = "bc"\nrollout = 64\ndemonstrations = "{}"\n'
    assert parse_plan(good + arm.format("expert:10")).arms[-1].learner["demonstrations"] == "expert:10"
    with pytest.raises(
        OutriderError, match=r"\[arms.cloned.learner\] demonstrations = 'out/shown' is a folder"
    ):
        parse_plan(good + arm.format("out/shown"))


def test_one_arm_is_no_claim():
    with pytest.raises(OutriderError, match="1 arm: a claim compares at least 2"):
        parse_plan(PLAN[: PLAN.index("[arms.guided]")], names=None)


def test_unknown_worlds_and_engines_name_their_key():
    good = PLAN.replace("toy/world", "minigrid/doorkey-8x8").replace("relevance(toy)", "relevance(embedded)")
    assert parse_plan(good).world == "minigrid/doorkey-8x8"
    with pytest.raises(OutriderError, match=r"plan.toml: \[study\] world: .*minigrid/doorkey-8x8"):
        parse_plan(good.replace("doorkey-8x8", "doorkey-8x9"))
    with pytest.raises(OutriderError, match=r"plan.toml: \[arms.guided\] engine: .*embedded"):
        parse_plan(good.replace("embedded", "embeded"))


@pytest.mark.parametrize(
    ("world", "learner", "said"),
    [
        (
            "minigrid/doorkey-8x8",
            'algorithm = "bc"',
            "bc learns from what it is shown and not from rewards: leave signal event-count out",
        ),
        ("minigrid/doorkey-8x8", 'algorithm = "dagger"', "dagger learns from what it is shown"),
        (
            "minigrid/xland-r1-9x9-pair",
            'demonstrations = "expert:8"',
            "world minigrid/xland-r1-9x9-pair has no expert",
        ),
        ("gymnax/cartpole", 'algorithm = "dagger"', "[arms.unguided]: world gymnax/cartpole has no expert"),
        ("gymnax/cartpole", 'demonstrations = "expert:8"', "world gymnax/cartpole has no expert"),
    ],
)
def test_what_cannot_be_trained_is_no_plan(world, learner, said):
    good = PLAN.replace("toy/world", "minigrid/doorkey-8x8").replace("relevance(toy)", "relevance(embedded)")
    parse_plan(f'{good}\n[learner]\ndemonstrations = "expert:8"\n')
    with pytest.raises(OutriderError, match=r"^plan.toml: \[arms.\w+\]: ") as error:
        parse_plan(good.replace("minigrid/doorkey-8x8", world) + f"\n[learner]\n{learner}\n")
    assert said in str(error.value)


def test_files_that_are_no_plan(tmp_path):
    with pytest.raises(OutriderError, match=r"no plan at .*: name a plan.toml"):
        load_plan(tmp_path)
    (tmp_path / "plan.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(OutriderError, match="cannot be read"):
        load_plan(tmp_path)


@pytest.mark.parametrize(
    "folder", sorted((Path(__file__).parents[2] / "claims").iterdir()), ids=lambda f: f.name
)
def test_every_plan_of_a_claim_could_be_run(folder):
    """Names, settings, experts and steps, before anybody spends an evening on it."""
    plan = load_plan(folder)
    assert plan.id == folder.name
    if (folder / "evidence").exists():
        assert check(folder / "evidence")[1] == [], "what was found before is as it was, hash by hash"
        return
    # Where all differences are 0 the plan must be able to refute: by the interval, and by Holm's strictest p.
    pairs = plan.seeds // 2 if plan.metric == STEADINESS else plan.seeds
    assert 1 - (plan.alpha / 2) ** (1 / pairs) < plan.smallest_effect
    assert len(plan.controls) * (1 - plan.smallest_effect) ** pairs < plan.alpha
    # Sweeps, benchmarks and tunings chose on seeds below 200, and from 1000 on.
    assert plan.first_seed >= 200
    assert plan.every_seed.stop <= 1000
