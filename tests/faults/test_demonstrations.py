"""What can be wrong about demonstrations: who shows them, where they lie, what they show. One clear line each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from outrider.cli import main
from outrider.errors import OutriderError
from outrider.learn import datasets
from outrider.learn.algorithms import settings_from
from outrider.learn.demonstrations import Demonstrations, check_shown
from outrider.learn.imitation_settings import BCSettings
from outrider.learn.keeper import Keeper
from outrider.learn.settings import Settings
from outrider.learn.train import learner_for
from outrider.ops.distribution import Continuous, Discrete, MultiDiscrete
from outrider.types import Obs
from outrider.verify.names import DEFAULT_NAMES
from toy_world import Toy, trained

DOORKEY = "minigrid/doorkey-5x5"


def told(capsys, *arguments: str) -> str:
    """The one line that a failing command writes."""
    assert main(list(arguments)) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


BITS = Discrete(2)


def made(space=BITS, view=(0, 0), vector=2, dtype=np.float32) -> Demonstrations:
    """Three episodes of 4, 1 and 3 steps; the second is cut off."""
    rng = np.random.default_rng(0)

    def obs(n):
        return Obs(
            rng.integers(0, 156, (n, *view)).astype(np.uint8), rng.integers(0, 2, (n, vector)).astype(dtype)
        )

    action = {
        Discrete: lambda: rng.integers(0, 2, 8),
        MultiDiscrete: lambda: rng.integers(0, 2, (8, 2)),
        Continuous: lambda: rng.normal(size=(8, 2)).astype(np.float32),
    }[type(space)]()
    ends = np.isin(np.arange(8), (3, 4, 7))
    cut = np.arange(8) == 4
    reward = np.where(ends, 0.5, 0.25).astype(np.float32)
    return Demonstrations("toy/bits", "me", obs(8), action, reward, ends & ~cut, cut, obs(3))


@pytest.fixture
def minari():
    pytest.importorskip("h5py")
    return pytest.importorskip("minari", reason="the extra `minari` is not installed")


@pytest.mark.parametrize(
    ("space", "view", "vector", "dtype"),
    [
        (Discrete(2), (0, 0), 2, np.float32),
        (MultiDiscrete((2, 2)), (7, 7), 0, np.uint8),
        (Continuous(2), (40, 40), 3, np.uint8),  # large enough for Minari to take it for a picture
    ],
)
def test_a_dataset_holds_what_was_shown(minari, tmp_path, space, view, vector, dtype):
    shown = made(space, view, vector, dtype)
    datasets.save(tmp_path / "it", shown, space)
    again = datasets.load(tmp_path / "it")
    for field in ("world", "by"):
        assert getattr(again, field) == getattr(shown, field)
    for name in ("action", "reward", "terminated", "truncated", "returns", "ends"):
        np.testing.assert_array_equal(getattr(again, name), getattr(shown, name))
        assert getattr(again, name).dtype == getattr(shown, name).dtype
    for one, other in ((again.obs, shown.obs), (again.final, shown.final)):
        np.testing.assert_array_equal(one.grid, other.grid)
        np.testing.assert_array_equal(one.vector, other.vector)
    assert shown.returns.tolist() == [1.25, 0.5, 1.0]
    assert [path.name for path in tmp_path.iterdir()] == ["it"]


def test_minari_alone_reads_a_dataset(minari, tmp_path):
    datasets.save(tmp_path / "toy bits", made(view=(7, 7)), Discrete(2))
    dataset = minari.MinariDataset(tmp_path / "toy bits")
    assert (dataset.id, dataset.total_episodes, dataset.total_steps) == ("toy_bits-v0", 3, 8)
    for episode, length in zip(dataset.iterate_episodes(), (4, 1, 3), strict=True):
        assert episode.observations["grid"].shape == (length + 1, 7, 7)
        assert dataset.action_space.contains(np.int64(episode.actions[0]))
        sight = {name: part[0] for name, part in episode.observations.items()}
        assert dataset.observation_space.contains(sight)


def test_an_episode_that_does_not_say_how_it_ended_counts_as_cut_off(minari, tmp_path):
    shown = made()
    open_ended = replace(shown, terminated=np.arange(8) == 3, truncated=np.arange(8) == 7)
    from minari.data_collector.episode_buffer import EpisodeBuffer

    datasets.save(tmp_path / "it", open_ended, Discrete(2))
    storage = minari.MinariDataset(tmp_path / "it").storage
    never = np.zeros(2, bool)
    seen = {"vector": np.zeros((3, 2), np.float32)}
    storage.update_episodes(
        [
            EpisodeBuffer(
                observations=seen, actions=[0, 1], rewards=never, terminations=never, truncations=never
            )
        ]
    )
    again = datasets.load(tmp_path / "it")
    assert again.ends.tolist() == [3, 7, 9]
    assert again.truncated[-1]
    assert not again.terminated[-1]


def test_a_folder_that_exists_is_left_alone(minari, tmp_path, capsys):
    (tmp_path / "kept").mkdir()
    said = told(capsys, "demonstrate", DOORKEY, "--out", str(tmp_path / "kept"))
    assert "kept exists: name another folder, or delete it" in said
    assert list((tmp_path / "kept").iterdir()) == []


def test_what_lies_beside_a_dataset_is_left_alone(minari, tmp_path):
    (tmp_path / "it.partial").mkdir()
    (tmp_path / "it.partial" / "mine").write_text("dear")
    datasets.save(tmp_path / "it", made(), BITS)
    assert (tmp_path / "it.partial" / "mine").read_text() == "dear"
    broken = replace(made(), action=np.zeros(2, int))
    with pytest.raises(IndexError):  # Minari's, of an episode without actions
        datasets.save(tmp_path / "other", broken, BITS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["it", "it.partial"]


def episode(length=2, grid=(7, 7), **others):
    """What Minari writes of an episode; `others` in place of what is right."""
    from minari.data_collector.episode_buffer import EpisodeBuffer

    never = np.zeros(length, bool)
    right = {
        "observations": {"grid": np.zeros((length + 1, *grid), np.uint8)},
        "actions": np.zeros(length, int),
        "rewards": np.zeros(length),
        "terminations": never,
        "truncations": never,
    }
    return EpisodeBuffer(**(right | others))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"grid": (5, 5)}, "of different sizes; record them in one world"),
        ({"actions": np.zeros((2, 3), int)}, "of different sizes; record them in one world"),
        ({"actions": np.zeros(3, int)}, "episode 3 of .*it has not one reward and one end for each action"),
        ({"rewards": np.zeros(3)}, "episode 3 of .*it has not one reward and one end for each action"),
    ],
)
def test_episodes_that_do_not_fit_together_are_refused(minari, tmp_path, given, says):
    datasets.save(tmp_path / "it", made(view=(7, 7), vector=0), BITS)
    minari.MinariDataset(tmp_path / "it").storage.update_episodes([episode(**given)])
    with pytest.raises(OutriderError, match=says):
        datasets.load(tmp_path / "it")


def test_an_episode_without_actions_is_refused(minari, tmp_path):
    import h5py

    datasets.save(tmp_path / "it", made(view=(7, 7), vector=0), BITS)
    with h5py.File(next((tmp_path / "it").rglob("*.hdf5")), "a") as file:
        bare = file["episode_1"]
        for group, name, rows in [(bare["observations"], "grid", 1)] + [
            (bare, name, 0) for name in ("actions", "rewards", "terminations", "truncations")
        ]:
            kept = group[name][:rows]
            del group[name]
            group[name] = kept
    with pytest.raises(OutriderError, match=r"episode 1 of .*it has no actions; take it out"):
        datasets.load(tmp_path / "it")


def test_actions_of_several_parts_are_refused(minari, tmp_path):
    from gymnasium import spaces
    from minari.dataset.minari_storage import MinariStorage

    (tmp_path / "it").mkdir()
    sights = spaces.Dict(grid=spaces.Box(0, 255, (7, 7), np.uint8))
    storage = MinariStorage.new(
        tmp_path / "it", sights, spaces.Dict(left=spaces.Discrete(2), right=spaces.Discrete(2))
    )
    storage.update_metadata({"dataset_id": "it-v0", "minari_version": minari.__version__})
    storage.update_episodes([episode(actions={"left": np.zeros(2, int), "right": np.zeros(2, int)})])
    with pytest.raises(OutriderError, match=r"the actions of .*it are not one array"):
        datasets.load(tmp_path / "it")


def test_without_minari_the_extra_is_named(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(datasets, "find_spec", lambda name: None if name == "h5py" else True)
    for arguments in (
        ("demonstrate", DOORKEY),
        ("train", DOORKEY, "--algorithm", "bc", "--learner.demonstrations", str(tmp_path)),
    ):
        said = told(capsys, *arguments)
        assert "need the package h5py; install it with `pip install 'outrider[minari]'`" in said


def test_what_is_no_dataset_is_named(minari, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "metadata.json").write_text("{")
    datasets.save(tmp_path / "cut", made(), Discrete(2))
    file = next((tmp_path / "cut").glob("*.hdf5"))
    file.write_bytes(file.read_bytes()[:100])
    for name in ("gone", "empty", "bad", "cut"):
        with pytest.raises(OutriderError, match=f"{name} is no Minari dataset, or damaged"):
            datasets.load(tmp_path / name)


@pytest.mark.parametrize("named", [True, False])
def test_a_dataset_of_others_sights_is_refused(minari, tmp_path, named):
    from gymnasium import spaces
    from minari.data_collector.episode_buffer import EpisodeBuffer
    from minari.dataset.minari_storage import MinariStorage

    box, seen = spaces.Box(0.0, 1.0, (3,)), np.zeros((2, 3), np.float32)
    space = spaces.Dict(image=box, direction=box) if named else box
    storage = MinariStorage.new(tmp_path / "it", space, spaces.Discrete(2))
    storage.update_metadata({"dataset_id": "it-v0", "minari_version": minari.__version__})
    seen = {"image": seen, "direction": seen} if named else seen
    buffer = EpisodeBuffer(
        observations=seen, actions=[0], rewards=[0.0], terminations=[True], truncations=[False]
    )
    storage.update_episodes([buffer])
    what = "a dictionary of direction, image" if named else "one array"
    with pytest.raises(OutriderError, match=f"it are {what}, not a grid and a vector"):
        datasets.load(tmp_path / "it")


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        (made(vector=3), "a vector of the shapes"),
        (made(view=(7, 7)), "a grid and a vector of the shapes"),
        (made(Continuous(2)), "other actions than toy/bits has"),
        (made(MultiDiscrete((2, 2))), "other actions than toy/bits has"),
        (replace(made(), action=np.full(8, 2)), "actions beyond the 2"),
    ],
)
def test_sights_and_actions_of_other_worlds_are_refused(shown, says):
    check_shown(made(), Toy(), "it")
    with pytest.raises(OutriderError, match=f"^it shows .*{says}.*; record"):
        check_shown(shown, Toy(), "it")


NINES, WIDE = np.full((8, 5), 9), Continuous(3)


@pytest.mark.parametrize(
    ("space", "action", "says"),
    [
        (WIDE, np.zeros((8, 1), np.float32), "other actions than"),
        (WIDE, np.zeros((8, 3), int), "other actions than"),
        (WIDE, np.full((8, 3), np.nan, np.float32), "numbers that are not finite"),
        (WIDE, np.full((8, 3), np.inf, np.float32), "numbers that are not finite"),
        (MultiDiscrete((2, 2)), NINES, "other actions than"),
        (MultiDiscrete((2, 3)), NINES[:, :2], "actions beyond the 2 x 3"),
        (MultiDiscrete((3, 2)), np.tile([1, 2], (8, 1)), "actions beyond the 3 x 2"),
        (MultiDiscrete((3, 2)), np.tile([-1, 0], (8, 1)), "actions beyond the 3 x 2"),
        (Discrete(10), NINES[:, :1], "other actions than"),
    ],
)
def test_actions_are_of_the_worlds_form_and_range(space, action, says):
    world = Toy(space=space)
    with pytest.raises(OutriderError, match=f"^it shows .*{says}.*; record"):
        check_shown(replace(made(), action=action), world, "it")


def test_actions_at_the_edge_are_right():
    check_shown(replace(made(), action=np.full((8, 3), 1e9, np.float32)), Toy(space=WIDE), "it")
    check_shown(replace(made(), action=np.tile([2, 1], (8, 1))), Toy(space=MultiDiscrete((3, 2))), "it")


def test_sights_that_are_not_finite_are_refused():
    blind = made()
    blind.obs.vector[3] = np.nan
    with pytest.raises(OutriderError, match=r"^it shows numbers that are not finite; record"):
        check_shown(blind, Toy(), "it")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("demonstrate", DOORKEY, "--episodes", "0"), "--episodes is 0; it must be at least 1"),
        (("demonstrate", "minigrid/dorkey"), "unknown world"),
        (("demonstrate", "gymnasium/CartPole-v1"), "runs on the host"),
        (("demonstrate", "minigrid/xland-r1-9x9-pair"), "has no expert"),
        (("demonstrate", DOORKEY, "--by", "no/such/policy"), "no policy file at no/such/policy"),
        (("train", DOORKEY, "--algorithm", "bc", "--signal", "rnd"), "bc learns from what it is shown"),
        (
            ("train", DOORKEY, "--algorithm", "dagger", "--signal", "rnd"),
            "dagger learns from what it is shown",
        ),
        (("train", "minigrid/xland-r1-9x9-pair", "--algorithm", "dagger"), "has no expert"),
        (("train", "gymnasium/CartPole-v1", "--algorithm", "dagger"), "learn by ppo"),
        (("train", "gymnasium/CartPole-v1", "--learner.demonstrations", "expert:2"), "are of device worlds"),
        (("train", DOORKEY, "--learner.demonstrations", "expert:few"), "write expert:256"),
        (("train", DOORKEY, "--learner.demonstration-share", "2.0"), "must be at most 1"),
        (("train", DOORKEY, "--algorithm", "bc", "--learner.assisted", "0.5"), "a setting of dagger"),
    ],
)
def test_what_cannot_be_shown_or_learned_is_one_line(capsys, tmp_path, monkeypatch, arguments, says):
    pytest.importorskip("gymnasium")
    monkeypatch.chdir(tmp_path)
    if arguments[0] == "demonstrate":
        pytest.importorskip("minari", reason="the extra `minari` is not installed")
    assert says in told(capsys, *arguments)


@pytest.mark.parametrize("kind", [Settings, BCSettings])
def test_settings_refuse_sources_that_name_nothing(kind):
    for source in ("expert", "expert:", "expert:0", "expert:-3", "expert:1.5"):
        with pytest.raises(OutriderError, match=r"demonstrations is .*write expert:256"):
            kind(demonstrations=source)
    kind(demonstrations="expert:1")
    kind(demonstrations="experts/of/mine")


@pytest.mark.parametrize("algorithm", ["bc", "ppo"])
def test_a_run_does_not_go_on_with_other_demonstrations(minari, tmp_path, algorithm):
    folder, kept = tmp_path / "ways", tmp_path / "kept"
    sizes = {"bc": {"rows": 8}, "ppo": {"epochs": 1}}[algorithm]
    settings = settings_from(
        {"algorithm": algorithm, "demonstrations": str(folder), "envs": 2, "rollout": 4, "width": 4}
        | {"depth": 1, "minibatches": 1, **sizes}
    )
    datasets.save(folder, made(), BITS)

    def enough(progress, lines):
        raise KeyboardInterrupt  # the checkpoint is written; evaluation would take its time

    with Keeper(kept) as keeper, pytest.raises(KeyboardInterrupt):
        trained(settings=settings, updates=1, keeper=keeper, heard=enough)
    folder.rename(tmp_path / "before")
    datasets.save(folder, replace(made(), action=1 - made().action), BITS)
    with Keeper(kept, resume=True) as keeper, pytest.raises(OutriderError) as error:
        trained(settings=settings, updates=1, keeper=keeper)
    assert "belongs to another run" in str(error.value)
    assert "demonstrations was " in str(error.value)
    assert "was not told" not in str(error.value)


def test_a_memory_and_demonstrations_exclude_each_other():
    with pytest.raises(OutriderError, match="exclude each other"):
        Settings(demonstrations="expert:3", memory="gru")
    with pytest.raises(OutriderError, match="demonstrations is empty"):
        settings_from({"algorithm": "bc", "demonstrations": ""})


def test_a_plan_may_not_read_what_its_evidence_does_not_hold():
    here = "[arms.shown.learner]"
    DEFAULT_NAMES.learner({"demonstrations": "expert:64"}, here)
    with pytest.raises(
        OutriderError, match="is a folder, which evidence does not hold; write expert:256"
    ) as error:
        DEFAULT_NAMES.learner({"demonstrations": "out/demonstrations"}, here)
    assert str(error.value).startswith(here)


def test_an_own_world_has_no_expert():
    with pytest.raises(OutriderError, match="toy/bits has no expert"):
        learner_for(Toy(), Settings(demonstrations="expert:3"), "none", 1)
