"""Every adapter of host worlds keeps one contract, whichever way its copies start anew."""

import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

import counting
from outrider.errors import OutriderError
from outrider.ops.distribution import Continuous, Discrete, MultiDiscrete
from outrider.worlds import host
from outrider.worlds.host import GymnasiumWorlds
from outrider.worlds.spaces import actions, row

STEPS = 40
WAYS = [(mode, False) for mode in AutoresetMode] + [(AutoresetMode.NEXT_STEP, True)]


def told(worlds):
    """For each copy, every step that was no idle one, as `counting.walk` tells it."""
    rows, out = worlds.reset(seed=0), [[] for _ in range(worlds.copies)]
    idles = 0
    for _ in range(STEPS):
        worlds.send(np.zeros(worlds.copies, np.int32))
        turn = worlds.receive()
        idles += int(turn.idle.sum())
        ended = turn.terminated | turn.truncated
        for copy in range(worlds.copies):
            if turn.idle[copy]:
                assert turn.fresh[copy]
                assert not ended[copy]
                continue
            elsewhere = turn.final is not None and ended[copy]
            then = (turn.final if elsewhere else turn.rows)[copy]
            line = turn.reward[copy], bool(turn.terminated[copy]), bool(turn.truncated[copy])
            out[copy].append((tuple(rows[copy]), *line, tuple(then)))
            if turn.fresh[copy]:
                assert tuple(turn.rows[copy])[2] == 0
        rows = turn.rows
    return out, idles


@pytest.mark.parametrize(("mode", "processes"), WAYS)
def test_whichever_way_it_starts_anew_the_steps_are_the_same(mode, processes):
    worlds = GymnasiumWorlds(counting.vector(mode, processes=processes), "gymnasium/Counting")
    try:
        found, idles = told(worlds)
    finally:
        worlds.close()
    assert (idles > 0) == (mode == AutoresetMode.NEXT_STEP)
    for copy, steps in enumerate(found):
        assert len(steps) > 20
        assert steps == counting.walk(copy, len(steps))


def test_a_vector_environment_of_unknown_reset_is_refused():
    env = counting.vector(AutoresetMode.SAME_STEP)
    env.metadata = {}
    with pytest.raises(OutriderError, match="does not say how it starts anew"):
        GymnasiumWorlds(env, "gymnasium/Counting")


def test_envpool_says_which_steps_are_idle_and_which_episodes_are_cut():
    envpool = pytest.importorskip("envpool")

    def build(seed):
        return envpool.make("CartPole-v1", env_type="gymnasium", num_envs=8, seed=seed, max_episode_steps=12)

    worlds = host.EnvpoolWorlds(build, "envpool/CartPole-v1", 8)
    worlds.reset(seed=3)
    length, lengths, draw = np.zeros(8, int), [], np.random.default_rng(0)
    for _ in range(100):
        worlds.send(draw.integers(0, 2, 8).astype(np.int32))
        turn = worlds.receive()
        assert not (turn.terminated & turn.truncated).any()
        assert (turn.reward == ~turn.idle).all()  # CartPole pays one a step, and nothing for starting anew
        length += ~turn.idle
        for copy in np.flatnonzero(turn.terminated | turn.truncated):
            fell = abs(turn.rows[copy][0]) > 2.4 or abs(turn.rows[copy][2]) > 12 * np.pi / 180
            assert turn.truncated[copy] == (length[copy] == 12)
            assert fell or turn.truncated[copy]  # the sight is the ended episode's own
            lengths.append(length[copy])
            length[copy] = 0
        started = turn.rows[turn.fresh]
        assert (np.abs(started) <= 0.05).all()
    worlds.close()
    assert max(lengths) == 12 > min(lengths)


def test_envpool_is_the_same_again_by_seed():
    pytest.importorskip("envpool")
    seen = []
    for seed in (1, 1, 2):
        worlds = host.make("envpool/MiniGrid-DoorKey-8x8-v0", 4)
        rows = [worlds.reset(seed)]
        for _ in range(5):
            worlds.send(np.full(4, 1, np.int32))
            rows.append(worlds.receive().rows)
        worlds.close()
        seen.append(np.stack(rows))
    np.testing.assert_array_equal(seen[0], seen[1])
    assert (seen[0] != seen[2]).any()
    assert seen[0].dtype == np.uint8
    assert seen[0].shape == (6, 4, 148)


def test_action_spaces_become_ours():
    assert actions(spaces.Discrete(3), "w").space == Discrete(3)
    late = actions(spaces.Discrete(3, start=-1), "w")
    np.testing.assert_array_equal(late.say(np.array([0, 2])), [-1, 1])
    assert actions(spaces.MultiDiscrete([2, 5]), "w").space == MultiDiscrete((2, 5))
    assert actions(spaces.MultiBinary(3), "w").space == MultiDiscrete((2, 2, 2))
    box = actions(spaces.Box(np.array([[-1.0, 0.0]]), np.array([[1.0, np.inf]]), dtype=np.float64), "w")
    assert box.space == Continuous(2)
    said = box.say(np.array([[-3.0, -3.0], [0.5, 9.0]], np.float32))
    np.testing.assert_array_equal(said, [[[-1.0, 0.0]], [[0.5, 9.0]]])
    assert said.dtype == np.float64


def test_observation_spaces_become_rows_and_inputs():
    from outrider.agents.rows import RowFeatures
    from outrider.types import Obs

    space = spaces.Dict(
        view=spaces.Box(0, 255, (1, 2), np.uint8),
        which=spaces.Discrete(3),
        mission=spaces.Text(9),
        pair=spaces.Tuple([spaces.MultiBinary(2), spaces.Box(-1, 1, (1,), np.float32)]),
    )
    made = row(space, "gymnasium/any")
    assert (made.width, made.dtype) == (6, "float32")
    out = np.empty((2, 6), made.dtype)
    pair = (np.array([[1, 0], [0, 1]]), np.array([[0.5], [-0.5]]))
    obs = {"view": np.array([[[0, 255]], [[51, 0]]], np.uint8), "which": np.array([2, 0]), "pair": pair}
    made.write(obs, out)
    features = RowFeatures(made)
    found = features(Obs(np.zeros((2, 0, 0), np.uint8), out))
    want = [[1, 0, 0.5, 0, 1, 0, 0, 1], [0, 1, -0.5, 0.2, 0, 1, 0, 0]]
    np.testing.assert_allclose(found, want, atol=1e-6)
    assert features.size == 8
    assert row(spaces.Box(0, 255, (7, 7, 3), np.uint8), "envpool/MiniGrid-Any-v0").parts[0].scale == 0.1


@pytest.mark.parametrize(
    "space",
    [
        spaces.Text(3),
        spaces.Dict(mission=spaces.Text(3)),
        spaces.Discrete(10**6),
        spaces.Discrete(3, start=1),
    ],
)
def test_observations_that_are_no_rows_are_refused_in_one_line(space):
    with pytest.raises(OutriderError, match="world w has observations") as told:
        row(space, "w")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "space", [spaces.Text(3), spaces.MultiDiscrete([[2, 2]]), spaces.Box(0, 9, (2,), np.int32), spaces.Dict()]
)
def test_actions_that_no_policy_fits_are_refused_in_one_line(space):
    with pytest.raises(OutriderError, match="for which there is no policy") as told:
        actions(space, "w")
    assert "\n" not in str(told.value)
