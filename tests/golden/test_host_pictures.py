"""Host worlds in a player's hands and in a film."""

import subprocess
import sys

import jax
import numpy as np
import pytest
from PIL import Image

from outrider.errors import OutriderError
from outrider.learn.diary import Line
from outrider.learn.settings import Settings

EMPTY = "gymnasium/MiniGrid-Empty-5x5-v0"
TO_THE_GOAL = (2, 2, 1, 2, 2)


def test_a_player_walks_to_the_goal_and_begins_again():
    pytest.importorskip("minigrid")
    from outrider.commands.host_player import HostPlayer

    player = HostPlayer(EMPTY, seed=0)
    assert player.actions[2] == "forward"
    assert player.mission == "get to the green goal square"
    begun = player.scene
    assert begun.image.shape[2] == 3
    assert begun.situation == "You carry nothing; no door is in sight; ahead is the floor."
    scenes = [player.act(action) for action in TO_THE_GOAL]
    assert (scenes[0].image != begun.image).any()
    assert [scene.events for scene in scenes] == [(), (), (), (), ("You reached the green goal.",)]
    assert [scene.ended for scene in scenes] == ["", "", "", "", "terminated"]
    assert scenes[-1].steps == 5
    assert 0.9 < scenes[-1].reward == scenes[-1].returned < 1
    assert player.act(2) is scenes[-1]
    again = player.restart()
    assert (again.steps, again.ended, again.returned) == (0, "", 0.0)
    np.testing.assert_array_equal(again.image, begun.image)  # this world always begins alike
    with pytest.raises(OutriderError, match="it has 7 actions, 0 to 6"):
        player.act(7)


def test_play_takes_keys_from_a_pipe():
    pytest.importorskip("envpool")
    command = [sys.executable, "-m", "outrider.cli", "play", "envpool/MiniGrid-Empty-5x5-v0"]
    told = subprocess.run(command, input="22122r", capture_output=True, text=True, timeout=120, check=True)
    lines = told.stdout.splitlines()
    assert lines[0] == "mission: get to the green goal square"
    assert "You reached the green goal." in lines[7]
    assert "The episode is over: terminated" in lines[7]
    assert lines[8] == "restarted"


def test_what_cannot_be_played_is_one_line():
    from outrider.commands.host_player import HostPlayer

    for world_id, said in (
        ("pettingzoo/mpe2/simple_spread_v3", "a team of agents"),
        ("gymnasium/MountainCarContinuous-v0", "only discrete ones can be played by hand"),
    ):
        with pytest.raises(OutriderError, match=said) as told:
            HostPlayer(world_id, 0)
        assert "\n" not in str(told.value)


def test_a_trained_policy_is_filmed(tmp_path):
    pytest.importorskip("minigrid")
    from outrider.commands.policy import watch
    from outrider.learn.host_learner import network_of
    from outrider.learn.policy import save_policy
    from outrider.worlds import host

    settings, worlds = Settings(envs=4, rollout=8, epochs=1, minibatches=1, width=8), host.make(EMPTY, 1)
    network = network_of(worlds, settings, jax.random.key(0))
    worlds.close()
    lines = Line(*(np.ones(1, np.int32) for _ in Line._fields))
    path = tmp_path / "policy.safetensors"
    save_policy(path, network, lines, EMPTY, settings)
    out = watch(path, tmp_path / "film.gif", 0, None)
    with Image.open(out) as film:
        assert film.n_frames > 5
        first = np.asarray(film.convert("RGB"))
        film.seek(film.n_frames - 1)
        assert (np.asarray(film.convert("RGB")) != first).any()


def test_the_most_telling_episode_is_kept():
    pytest.importorskip("minigrid")
    from outrider.learn.host_episode import play_host
    from outrider.learn.host_learner import network_of
    from outrider.worlds import host

    worlds = host.make(EMPTY, 1)
    settings = Settings(envs=4, rollout=8, epochs=1, minibatches=1, width=8)
    network = network_of(worlds, settings, jax.random.key(0))
    episode = play_host(network, worlds, seed=1, episodes=6, most_steps=60)
    length = len(episode.events)
    assert len(episode.frames) == len(episode.first) == len(episode.rewards) == length <= 60
    assert episode.solved  # by chance, in one of six
    assert episode.rewards[-1] > 0 == sum(episode.rewards[:-1])
    texts = ["", *worlds.captioner.events.texts]
    assert texts[episode.events[-1]] == "You reached the green goal."
    for code in set(episode.events) - {0}:
        marks = [first for event, first in zip(episode.events, episode.first, strict=True) if event == code]
        assert marks == [True] + [False] * (len(marks) - 1)
    worlds.close()
