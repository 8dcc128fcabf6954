"""Released policies: they act in a process without training code, and a bad file is one clear line."""

import json
import os
import signal
import subprocess
import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from outrider.agents.actor_critic import ActorCritic
from outrider.agents.bootstrapped import Bootstrapped, Members
from outrider.agents.features import Features
from outrider.agents.hierarchical import Hierarchical
from outrider.agents.q_network import EpsilonGreedy, QNetwork
from outrider.agents.released import FILE, FORMAT, describe, load, load_for, save
from outrider.agents.rows import RowFeatures
from outrider.cli import main
from outrider.commands import policy as commands
from outrider.errors import OutriderError
from outrider.ops.distribution import Continuous, Discrete, MultiDiscrete
from outrider.types import Obs
from outrider.worlds.spaces import Part, Row

SIZES = {"width": 8, "depth": 2, "encoder": "flat", "memory": "gru"}
TRAINING = {
    "seed": 0,
    "signal": "none",
    "steps": 512,
    "settings": {"width": 8},
    "evaluated": {"episodes": 64, "solved": 32, "return": 0.25},
    "curve": [{"steps": 512, "episodes": 0, "success": None, "return": None}],
    "versions": {"jax": "0.10.2"},
}


def refusal(call):
    """The one line with which a call refuses."""
    with pytest.raises(OutriderError) as error:
        call()
    assert "\n" not in str(error.value)
    return str(error.value)


def made(space):
    return ActorCritic(jax.random.key(0), Features("planes", (7, 7), 16), space, **SIZES)


def about(built, **changed):
    told = {"format": FORMAT, "outrider": "0.1.0", "world": "minigrid/doorkey-8x8"}
    return told | {"network": describe(built, SIZES), "training": TRAINING} | changed


@pytest.fixture(scope="module")
def network():
    return made(Discrete(6))


@pytest.fixture
def saved(network, tmp_path):
    path = tmp_path / "policy.safetensors"
    save(path, network, about(network))
    return path


def observation(copies=3):
    rng = np.random.default_rng(0)
    grid = rng.integers(0, 60, (copies, 7, 7), np.uint8)
    return Obs(grid, rng.integers(0, 2, (copies, 16), np.uint8))


ACT = """
import json, sys
from outrider.agents.released import load
from outrider.types import Obs
from outrider.worlds.spaces import Part, Row
import jax, numpy as np
policy = load(sys.argv[1])
rng = np.random.default_rng(0)
obs = Obs(rng.integers(0, 60, (3, 7, 7), np.uint8), rng.integers(0, 2, (3, 16), np.uint8))
memory, said = policy.start(3), []
for step in range(4):
    action, memory = policy.act(memory, obs, np.array([False, step == 2, False]), jax.random.key(step))
    said.append(action.tolist())
heavy = [name for name in sys.modules if name.startswith(("outrider.learn", "gymnasium", "optax", "xminigrid"))]
print(json.dumps([said, np.asarray(memory).tolist(), heavy]))
"""


def test_a_fresh_process_acts_as_the_network_does_without_training_code(network, saved, tmp_path):
    commands.export(saved, tmp_path / "released", "Apache-2.0")
    command = [sys.executable, "-c", ACT, str(tmp_path / "released")]
    told = subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=dict(os.environ), check=True
    )
    said, memory, heavy = json.loads(told.stdout)
    assert heavy == []
    held, wanted, obs = network.start(3), [], observation()
    for step in range(4):
        outputs, _, held = network.act(held, obs, np.array([False, step == 2, False]))
        wanted.append(network.space.sample(jax.random.key(step), outputs).tolist())
    assert said == wanted
    assert len({tuple(actions) for actions in said}) > 1
    np.testing.assert_allclose(memory, held, atol=1e-6)


def test_a_released_folder_holds_the_policy_its_configuration_and_a_card(network, saved, tmp_path):
    out = tmp_path / "released"
    commands.export(saved, out, "MIT")
    assert sorted(p.name for p in out.iterdir()) == ["README.md", "config.json", FILE]
    assert (out / FILE).read_bytes() == saved.read_bytes()
    assert json.loads((out / "config.json").read_text()) == json.loads(
        json.dumps(about(network, licence="MIT"))
    )
    card = (out / "README.md").read_text()
    for part in (
        "license: mit",
        "minigrid/doorkey-8x8",
        "512 environment steps",
        "32 of 64",
        "no episode ended",
    ):
        assert part in card
    assert "exists" in refusal(lambda: commands.export(saved, out, "MIT"))


@pytest.mark.parametrize("space", [Discrete(6), MultiDiscrete((2, 3)), Continuous(2)])
def test_a_policy_comes_back_as_it_was(space, tmp_path):
    network = made(space)
    save(tmp_path / "policy", network, about(network))
    found = load(tmp_path / "policy")
    assert jax.tree.structure(found.network) == jax.tree.structure(network)
    for a, b in zip(jax.tree.leaves(found.network), jax.tree.leaves(network), strict=True):
        np.testing.assert_array_equal(a, b)
    before = (tmp_path / "policy").read_bytes()
    save(tmp_path / "policy", network, about(network))
    assert (tmp_path / "policy").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["policy"]


@pytest.mark.parametrize(("dueling", "norm"), [(True, False), (False, True)])
def test_values_and_rows_come_back_too(dueling, norm, tmp_path):
    row = RowFeatures(Row((Part(("a",), 2, 0.5), Part(("b",), 1, choices=3)), "float32"))
    sizes = {"width": 8, "depth": 2, "encoder": "flat", "dueling": dueling, "norm": norm}
    values = QNetwork(jax.random.key(1), row, Discrete(4), **sizes)
    network = EpsilonGreedy(values, jnp.float32(0.25))
    told = about(network) | {"network": describe(network, sizes)}
    save(tmp_path / "policy", network, told)
    found = load(tmp_path / "policy")
    obs = Obs(np.zeros((3, 0, 0), np.uint8), np.array([[1, 2, 0], [3, 4, 2], [0, 1, 1]], np.float32))
    action, _ = found.act(found.start(3), obs, np.zeros(3, bool))
    np.testing.assert_array_equal(action, values(row(jax.tree.map(jnp.asarray, obs))).argmax(-1))
    assert found.network.epsilon == 0.25


def test_members_and_their_priors_come_back_too(tmp_path):
    row = RowFeatures(Row((Part((), 2),), "float32"))
    sizes = {"width": 8, "depth": 1, "encoder": "flat", "dueling": True, "norm": False}
    values = Members(jax.random.key(1), partial(QNetwork, features=row, space=Discrete(4), **sizes), 3, 2.5)
    sizes |= {"members": 3, "prior": 2.5}
    network = Bootstrapped(values, jnp.float32(0.0))
    save(tmp_path / "policy", network, about(network) | {"network": describe(network, sizes)})
    found = load(tmp_path / "policy")
    assert jax.tree.structure(found.network) == jax.tree.structure(network)
    for a, b in zip(jax.tree.leaves(found.network), jax.tree.leaves(network), strict=True):
        np.testing.assert_array_equal(a, b)
    vector = np.random.default_rng(2).normal(size=(30, 2)).astype(np.float32)
    obs = Obs(np.zeros((30, 0, 0), np.uint8), vector)
    action, words = found.act(found.start(30), obs, np.zeros(30, bool))
    np.testing.assert_array_equal(words, np.arange(30))
    own = np.asarray(values(jnp.asarray(vector)))[np.arange(30) % 3, np.arange(30)]
    np.testing.assert_array_equal(action, own.argmax(-1))
    assert found.about["network"]["kind"] == "bootstrapped"
    lost = {"network": describe(network, sizes | {"members": 2})}
    save(tmp_path / "policy", network, about(network) | lost)
    assert "arrays of other shapes" in refusal(lambda: load(tmp_path / "policy"))


def test_a_manager_and_its_worker_come_back_too(tmp_path):
    """With the subgoals' places; and options go on from one call to the next."""
    sizes = {"option_steps": 3, "width": 8, "depth": 1, "encoder": "flat"}
    network = Hierarchical(jax.random.key(1), Features("planes", (0, 0), 4), Discrete(4), (1, 3), **sizes)
    save(tmp_path / "policy", network, about(network) | {"network": describe(network, sizes)})
    found = load(tmp_path / "policy")
    assert jax.tree.structure(found.network) == jax.tree.structure(network)
    for a, b in zip(jax.tree.leaves(found.network), jax.tree.leaves(network), strict=True):
        np.testing.assert_array_equal(a, b)
    vector = np.random.default_rng(2).normal(size=(30, 4)).astype(np.float32)
    vector[:, [1, 3]] = 0.0, 1.0  # the second subgoal's flag is up: the first is chosen
    obs, held = Obs(np.zeros((30, 0, 0), np.uint8), vector), found.start(30)
    for age in (1, 2, 3, 1):
        action, held = found.act(held, obs, np.zeros(30, bool))
        assert (held.goal == 0).all()
        assert (held.age == age).all()
    told = np.concatenate([vector, np.eye(2, dtype=np.float32)[np.zeros(30, int)]], 1)
    outputs, _ = network.worker.over((), jnp.asarray(told), jnp.zeros(30, bool))
    np.testing.assert_array_equal(action, outputs.argmax(-1))
    assert found.about["network"]["kind"] == "hierarchical"


def test_without_a_key_the_likeliest_action_is_taken(network, saved):
    obs, fresh = observation(), np.ones(3, bool)
    policy = load(saved)
    outputs, _, _ = network.act(network.start(3), obs, fresh)
    assert policy.act(policy.start(3), obs, fresh)[0].tolist() == outputs.argmax(-1).tolist()


def test_an_observation_of_another_shape_is_refused(saved):
    policy = load(saved)
    obs = observation()
    for wrong in (obs._replace(grid=obs.grid[:, :5]), obs._replace(vector=obs.vector[:, :4]), observation(2)):
        assert "not ((" in refusal(lambda w=wrong: policy.act(policy.start(3), w, np.ones(3, bool)))


def flip(path):
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(bytes(data))


DAMAGE = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("not a policy\n"),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "one bit flipped": flip,
    "an older version's": lambda path: np.savez(path.open("wb"), about=np.zeros(3)),
    "header changed": lambda path: path.write_bytes(path.read_bytes().replace(b"outrider", b"outsider", 1)),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_policies_are_refused_in_one_line(saved, damage):
    DAMAGE[damage](saved)
    message = refusal(lambda: load(saved))
    assert f"{saved} is not a policy file, or damaged" in message
    assert "train anew" in message


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"format": 3}, "policy format 3, this version reads 2"),
        ({"network": {"kind": "oracle"}}, "a network that this version does not know"),
        ({"training": None, "network": {"kind": "actor-critic"}}, "does not know (KeyError: 'space')"),
    ],
)
def test_policies_that_this_version_cannot_read_are_refused_in_one_line(network, saved, changed, said):
    save(saved, network, about(network, **changed))
    assert said in refusal(lambda: load(saved))


def test_arrays_that_do_not_fit_the_network_are_refused(network, saved):
    told = about(network)
    save(saved, network, told | {"network": told["network"] | {"width": 16}})
    assert "arrays of other shapes" in refusal(lambda: load(saved))


def test_a_missing_policy_says_how_to_make_one(tmp_path):
    message = refusal(lambda: load(tmp_path / "none"))
    assert "no policy file at" in message
    assert "outrider train" in message
    assert "no policy file at" in refusal(lambda: load(tmp_path))


@pytest.mark.parametrize("command", ["explore", "demonstrate"])
def test_a_policy_of_another_world_does_not_act(saved, tmp_path, capsys, monkeypatch, command):
    pytest.importorskip("minari")
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.chdir(tmp_path)
    try:
        assert main([command, "minigrid/empty-8x8", "--by", str(saved), "--out", str(tmp_path / "out")]) == 2
    finally:
        signal.signal(signal.SIGINT, before)
    said = capsys.readouterr().err
    assert f"{saved} is a policy of minigrid/doorkey-8x8, not of minigrid/empty-8x8; name that world" in said
    assert said.count("\n") == 1
    assert load_for("minigrid/doorkey-8x8", saved).world == "minigrid/doorkey-8x8"
