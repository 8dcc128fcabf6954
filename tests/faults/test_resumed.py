"""Whatever a learner holds, a run that stops and goes on gives what it would have given; and other code does not."""

import pytest

from buttons import Buttons
from outrider.errors import OutriderError
from outrider.learn import keeper as keeping
from outrider.learn.imitation_settings import BCSettings, DAggerSettings
from outrider.learn.keeper import Keeper, own_world
from outrider.learn.q_settings import DQNSettings, PQNSettings
from outrider.learn.settings import Settings
from outrider.learn.train import train
from toy_world import Toy, outcome, same

WORLD = Buttons(3, horizon=10)
UPDATES, STOPS = 19, 7  # a prime: chunks of one update. At the 7th a target is old and a ring has begun anew
SMALL = {"envs": 4, "rollout": 8, "minibatches": 2, "width": 8, "depth": 1}
RUNS = {
    "dqn": (DQNSettings(**SMALL, rows=16, warmup=64, capacity=96, target_every=4), "none"),
    "pqn": (PQNSettings(**SMALL, epochs=2), "none"),
    "ppo": (Settings(**SMALL, epochs=2), "normalise(rnd)"),
    "bc": (BCSettings(envs=4, rollout=8, width=8, demonstrations="expert:8"), "none"),
    "dagger": (DAggerSettings(envs=4, rollout=8, width=8), "none"),
}


class Stopped(Exception):
    """In place of a kill."""


def run(kind, folder=None, stop=False, world=WORLD):
    """Two seeds in a world whose episodes end, both ways; with a folder, from its newest checkpoint on."""
    settings, signal = RUNS[kind]
    heard = []

    def hear(progress, lines):
        heard.append(lines)
        if stop and len(heard) == STOPS:
            raise Stopped

    def trained(keeper=None):
        return train(world, settings, signal, None, [3, 4], UPDATES * settings.batch, hear, keeper=keeper)

    if folder is None:
        return trained(), len(heard)
    with Keeper(folder, resume=True, every="1") as keeper:
        return trained(keeper), len(heard)


def goes_on(kind, folder, world):
    """Whether a stopped run gives bit for bit what the whole one does, which is returned."""
    whole, _ = run(kind, world=world)
    with pytest.raises(Stopped):
        run(kind, folder, stop=True, world=world)
    resumed, updates = run(kind, folder, world=world)
    assert updates == UPDATES - STOPS
    same(outcome(resumed), outcome(whole))
    return whole


@pytest.mark.parametrize("kind", ["dqn", "pqn", pytest.param("ppo", marks=pytest.mark.long)])
def test_a_stopped_run_goes_on_bit_for_bit(kind, tmp_path):
    assert goes_on(kind, tmp_path, WORLD).lines.episodes.sum() > 100


@pytest.mark.long
@pytest.mark.parametrize("kind", ["bc", "dagger"])
def test_what_imitates_goes_on_bit_for_bit(kind, tmp_path):
    goes_on(kind, tmp_path, "minigrid/empty-5x5")  # a world with an expert


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """The checkpoints of a run that was stopped."""
    folder = tmp_path_factory.mktemp("begun")
    with pytest.raises(Stopped):
        run("pqn", folder, stop=True)
    return folder


def refusal(folder, **given):
    """The one line with which a resume is refused."""
    with pytest.raises(OutriderError) as error:
        run("pqn", folder, **given)
    assert "\n" not in str(error.value)
    assert "resume with what it was begun with, code and packages too, or name another" in str(error.value)
    return str(error.value)


def test_other_code_is_refused(begun, monkeypatch):
    code = keeping.training_code()
    monkeypatch.setattr(keeping, "training_code", lambda: "another")
    assert f'training_code_sha256 was "{code}" and is "another"' in refusal(begun)


def test_another_world_of_the_same_id_is_refused(begun):
    said = refusal(begun, world=Buttons(3, horizon=11))
    assert "world's repr was \"Buttons(size=3, id='toy/buttons', horizon=10" in said


def test_a_world_is_told_by_what_does_not_change_from_process_to_process():
    assert own_world("minigrid/doorkey-8x8") == own_world(object()) == own_world(Toy(id=str(object()))) == {}
    assert own_world(Toy()) == own_world(Toy()) != own_world(Toy(hour=3))
    long = own_world(Toy(id=400 * "a"))["world's repr"]
    assert len(long) == 16 != own_world(Toy(id=400 * "b"))["world's repr"]
