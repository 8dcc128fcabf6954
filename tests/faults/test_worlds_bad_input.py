"""What can be wrong about a world: its name, its options, its package, an action. One clear line each, exit code 2."""

from __future__ import annotations

import os

import numpy as np
import pytest

from outrider.cli import main
from outrider.errors import OutriderError
from outrider.ops.distribution import Continuous, Discrete, MultiDiscrete
from outrider.worlds.spaces import Actions

DOORKEY = "minigrid/doorkey-8x8"


def told(capsys, *arguments: str) -> str:
    """The one line that a failing command writes."""
    assert main(list(arguments)) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("outrider: ")
    return lines[0]


@pytest.mark.parametrize("command", ["play", "worlds"])
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("minigrid/doorkey-8x9", ("doorkey-8x9", "did you mean", DOORKEY)),
        ("gymnax/deepsea-9", ("deepsea-9", "did you mean", "gymnax/deepsea-8")),
        (f"{DOORKEY}+televison", ("option 'televison'", "did you mean television")),
        (f"{DOORKEY}+renamd", ("option 'renamd'", "did you mean renamed")),
        (f"{DOORKEY}+renamed+renamed", ("names an option twice", "once is enough")),
        ("gymnax/cartpole+television", ("gymnax/cartpole has no options", "leave out +television")),
        ("minigrid/dorkey-8x8+renamed", ("unknown world", DOORKEY)),
    ],
)
def test_a_name_that_nothing_has(command, given, says, capsys):
    line = told(capsys, command, given)
    assert all(word in line for word in says), line


def test_a_package_that_is_not_installed(capsys, monkeypatch):
    monkeypatch.setattr("outrider.worlds.names.find_spec", lambda name: None)
    line = told(capsys, "play", "gymnax/cartpole")
    assert "needs the package gymnax; install it with `pip install 'outrider[worlds]'`" in line


def test_host_worlds_are_listed_by_their_package(capsys, monkeypatch):
    def missing(name):
        raise ImportError(f"No module named {name!r}")

    asked = ("ask", "You won.", "--world", "envpool/MiniGrid-DoorKey-8x8-v0")
    assert "runs on the host" in told(capsys, *asked)
    monkeypatch.setattr("outrider.worlds.listing.import_module", missing)
    assert "pip install 'outrider[host]'" in told(capsys, "worlds", "envpool/MiniGrid")
    assert main(["worlds", "--all"]) == 0
    assert "pip install 'outrider[host]'" in capsys.readouterr().out


def test_a_host_world_that_there_is_not(capsys):
    pytest.importorskip("envpool")
    line = told(capsys, "worlds", "envpool/MiniGrid-DorKey-8x8-v0")
    assert "did you mean" in line
    assert "envpool/MiniGrid-DoorKey-8x8-v0" in line


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ("lx", ("key 2 of the input is 'x'", "no action has this key", "left", "right")),
        ("7", ("key 1 of the input is '7'", "action 7 is outside the space", "2 actions, 0 to 1")),
        ("\x1b[A", ("key 1 of the input is '↑'", "no action has this key")),
    ],
)
def test_a_key_that_means_no_action(keys, says, capsys, monkeypatch):
    pytest.importorskip("gymnax")
    near, far = os.pipe()
    os.write(far, keys.encode())
    os.close(far)
    with os.fdopen(near) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        line = told(capsys, "play", "gymnax/cartpole")
    assert all(word in line for word in says), line


@pytest.mark.parametrize(
    ("space", "given", "says"),
    [
        (Discrete(6), [0, 5, 6], "action 6 of copy 2 is outside Discrete(n=6): use 0 to 5"),
        (Discrete(6), [-1, 0, 0], "action -1 of copy 0 is outside Discrete(n=6): use 0 to 5"),
        (MultiDiscrete((2, 3)), [[1, 2], [2, 0]], "action [2, 0] of copy 1 is outside"),
    ],
)
def test_an_action_outside_a_host_world_s_space_is_refused_before_it_is_sent(space, given, says):
    with pytest.raises(OutriderError) as error:
        Actions(space).say(np.array(given))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_actions_inside_the_space_are_said():
    np.testing.assert_array_equal(Actions(Discrete(6), start=2).say(np.array([0, 5])), [2, 7])
    np.testing.assert_array_equal(Actions(MultiDiscrete((2, 3))).say(np.array([[1, 2]])), [[1, 2]])
    clipped = Actions(Continuous(1), 0, (1,), (-1.0,), (1.0,), "float32").say(np.array([[7.0]]))
    np.testing.assert_array_equal(clipped, [[1.0]])
