"""What breaks on the host is told in one line: environments that raise or die, numbers that are none, settings."""

from dataclasses import replace

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import counting
from outrider.cli import main
from outrider.errors import OutriderError
from outrider.explore.signal import nothing
from outrider.learn import host_learner
from outrider.learn.host import train_host
from outrider.learn.settings import Settings
from outrider.worlds import host
from outrider.worlds.host import GymnasiumWorlds, face
from outrider.worlds.names import check_world

SMALL = Settings(envs=4, rollout=8, epochs=1, minibatches=1, width=8)


def broken(how, at=12, processes=False):
    """A maker of worlds whose copy 1 breaks at its `at`-th step."""

    def make(world_id, copies, groups):
        mode = AutoresetMode.SAME_STEP
        env = counting.vector(mode, copies, processes, break_at=at, how=how)
        return GymnasiumWorlds(env, world_id)

    return make


def refusal(call):
    with pytest.raises(OutriderError) as told:
        call()
    assert "\n" not in str(told.value)
    return str(told.value)


@pytest.mark.parametrize("what", ["reward", "observation"])
def test_numbers_that_are_none_are_named_with_step_and_learner(what):
    said = refusal(lambda: train_host("gymnasium/Counting", SMALL, 5, 200, make=broken(what)))
    # Copy 1's twelfth step is row 11 of all 4 copies: steps 45 to 48.
    assert f"{what} that is not finite at step 46 of learner 5 (copy 1)" in said


def test_an_environment_that_raises_is_one_line():
    said = refusal(lambda: train_host("gymnasium/Counting", SMALL, 0, 200, make=broken("raise")))
    assert "world gymnasium/Counting failed: RuntimeError: the wheel came off" in said


def test_an_environment_that_dies_is_one_line():
    said = refusal(
        lambda: train_host("gymnasium/Counting", SMALL, 0, 200, make=broken("die", processes=True))
    )
    assert "world gymnasium/Counting failed: " in said


@pytest.mark.parametrize(
    ("changed", "signal", "said"),
    [
        ({}, "event-cuont", "signal `event-cuont`: unknown name 'event-cuont'"),
        ({"encoder": "convolutional"}, "none", "encoder = convolutional needs a grid"),
        ({"learners": 2}, "none", "learners = 2 is for device worlds"),
    ],
)
def test_what_host_worlds_lack_is_refused_before_anything_is_made(changed, signal, said):
    def never(*_):
        raise AssertionError("made")

    settings = Settings(envs=4, rollout=8, epochs=1, minibatches=1, **changed)
    assert said in refusal(lambda: train_host("gymnasium/X", settings, 0, 200, signal=signal, make=never))


def test_a_loss_that_is_not_finite_stops_with_step_and_seed():
    wild = Settings(
        envs=4, rollout=8, epochs=4, minibatches=1, width=8, learning_rate=1e38, gradient_norm=1e30
    )
    make = broken("", at=-1)
    said = refusal(lambda: train_host("gymnasium/Counting", wild, 3, 640, make=make))
    assert "seed 3 is not finite at step" in said


@pytest.mark.filterwarnings("ignore:overflow")
def test_a_network_spoilt_by_the_last_gradient_step_of_a_run_is_not_returned():
    """Its loss was taken before that step and is finite."""
    last = replace(SMALL, learning_rate=1e39)  # infinite on the device
    said = refusal(lambda: train_host("gymnasium/Counting", last, 3, last.batch, make=broken("", at=-1)))
    assert said == (
        "the network of seed 3 is not finite at step 32: lower learning_rate; host worlds keep no checkpoints"
    )


def test_a_bonus_that_is_not_finite_is_not_told_as_a_loss(monkeypatch):
    spoilt = nothing()._replace(bonus=lambda state, path: path.reward.at[1].set(np.inf))
    monkeypatch.setattr(host_learner, "build", lambda signal, ground: spoilt)
    said = refusal(lambda: train_host("gymnasium/Counting", SMALL, 3, 200, make=broken("", at=-1)))
    assert said.startswith("the bonus of seed 3 is not finite at step 8: mend the signal or its weights")


def test_a_missing_package_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(face, "import_module", lambda name: (_ for _ in ()).throw(ImportError(f"no {name}")))
    assert "pip install 'outrider[host]'" in refusal(lambda: host.make("envpool/CartPole-v1", 2))
    assert "pip install minigrid" not in refusal(lambda: host.make("gymnasium/CartPole-v1", 2))


def test_unknown_host_worlds_are_one_line(tmp_path, capsys):
    out = tmp_path / "policy.npz"
    assert main(["train", "gymnasium/CartPool-v1", "--steps", "100", "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "CartPool" in error
    assert not list(tmp_path.iterdir())
    assert "no host world 'robots/X'" in refusal(lambda: host.make("robots/X", 1))


def test_unknown_worlds_of_envpool_suggest_near_names():
    pytest.importorskip("envpool")
    assert "did you mean MiniGrid-DoorKey-8x8-v0" in refusal(
        lambda: host.make("envpool/MiniGrid-DorKey-8x8-v0", 2)
    )


def test_facts_of_host_worlds_are_refused():
    assert "runs on the host" in refusal(lambda: check_world("envpool/MiniGrid-DoorKey-8x8-v0"))


def test_a_policy_of_a_host_world_is_saved_and_acts(tmp_path):
    from outrider.agents.released import load
    from outrider.learn.policy import save_policy
    from outrider.types import Obs

    settings = Settings(envs=4, rollout=8, epochs=1, minibatches=1, width=8)
    trained = train_host("gymnasium/CartPole-v1", settings, 0, 100)
    path = tmp_path / "policy.safetensors"
    save_policy(path, trained.network, trained.lines, "gymnasium/CartPole-v1", settings)
    policy = load(path)
    assert policy.world == "gymnasium/CartPole-v1"
    for one, other in zip(policy.network.actor.layers, trained.network.actor.layers, strict=True):
        np.testing.assert_array_equal(one.weight, other.weight)
    obs = Obs(np.zeros((3, 0, 0), np.uint8), np.zeros((3, 4), np.float32))
    action, _ = policy.act(policy.start(3), obs, np.zeros(3, bool))
    assert action.shape == (3,)
