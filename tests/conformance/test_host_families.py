"""One suite that every host world passes; those whose package is not installed are skipped."""

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest

from outrider.errors import OutriderError
from outrider.worlds import host
from outrider.worlds.names import HOST

STEPS = 120
# Steps of worlds whose step is slow, and of those whose episodes take longer to end.
LENGTHS = {"crafter/": 30, "envpool/MiniGrid-": 300, "atari/breakout": 300, "textworld/": 210}
CUT = 20  # steps after which Crafter's episodes are cut off, in place of 10,000
LONG = ("atari/montezuma_revenge", "atari/pitfall", "nethack/")  # hardly an episode ends within these steps
UNSEEDED = ("crafter/",)  # Crafter walks over sets of objects, in the order of their addresses
# Ids, the package that must be there, and copies.
WORLDS = {
    "envpool/MiniGrid-KeyCorridorS3R1-v0": ("envpool", 4),
    "envpool/MiniGrid-ObstructedMaze-1Dlhb-v0": ("envpool", 4),
    "envpool/MiniGrid-MultiRoom-N4-S5-v0": ("envpool", 4),
    "envpool/BabyAI-GoToRedBall-v0": ("envpool", 4),
    "envpool/CartPole-v1": ("envpool", 4),
    "gymnasium/CartPole-v1": ("gymnasium", 4),
    "gymnasium/BabyAI-GoToRedBall-v0": ("minigrid", 4),
    "pettingzoo/mpe2/simple_spread_v3": ("mpe2", 6),
    "pettingzoo/mpe2/simple_reference_v3": ("mpe2", 2),
    "atari/montezuma_revenge": ("ale_py", 2),
    "atari/pitfall+clipped": ("ale_py", 2),
    "atari/breakout": ("ale_py", 2),
    "crafter/reward": ("crafter", 2),
    "nethack/NetHackScore-v0": ("nle", 2),
    "minihack/MiniHack-Room-Random-5x5-v0": ("minihack", 2),
    "nethack/NetHackScore-v0+renamed": ("nle", 2),
    "minihack/MiniHack-Room-Random-5x5-v0+renamed+engravings=16": ("minihack", 2),
    "textworld/coin-collector-3": ("textworld", 2),
    "textworld/coin-collector-101+game=2+workers": ("textworld", 2),
    "textworld/treasure-hunter-1": ("textworld", 2),
}
SILENT = ("envpool/CartPole-v1", "gymnasium/CartPole-v1", "pettingzoo/")
OTHERS_WORDS = ("nethack/", "minihack/", "textworld/")  # they write as they like
UNDRAWN = ("nethack/", "minihack/", "textworld/")
ONE_GAME = ("textworld/",)  # the same whatever the seed


class Walk(NamedTuple):
    """A random walk: what each step gave, and what was said."""

    first: np.ndarray
    turns: list
    events: list
    situations: list
    texts: tuple
    shown: list  # copies of each turn's rows, made at once
    pictures: list  # of the first and the last sight of the second copy, or why there is none
    worlds: host.HostWorlds


def walk(world_id, seed):
    package, copies = WORLDS[world_id]
    pytest.importorskip(package, reason=f"{world_id} needs the package {package}")
    worlds = host.make(world_id, copies)
    first = worlds.reset(seed)
    if package == "crafter":
        for env in worlds.env.envs:
            env.unwrapped._env._length = CUT
    assert first.shape == (copies, worlds.row.width)
    assert first.dtype == worlds.row.dtype
    draw, turns, events, situations, shown = np.random.default_rng(7), [], [], [], []
    speaks = worlds.teller is not None
    if speaks:
        situations.append(worlds.teller.situation())
    space, pictures = worlds.actions.space, [drawn(worlds)]
    for _ in range(next((n for head, n in LENGTHS.items() if world_id.startswith(head)), STEPS)):
        action = draw.integers(0, space.outputs, copies).astype(np.int32)
        action.flags.writeable = False  # as jax's are
        worlds.send(action)
        turns.append(worlds.receive())
        shown.append(turns[-1].rows.copy())
        if speaks:
            events.append(turns[-1].said.event)
            situations.append(worlds.teller.situation())
    texts = (worlds.captioner.events.texts, worlds.captioner.situations.texts) if speaks else ((), ())
    if speaks:
        assert len(worlds.teller.missions()) == copies
    pictures.append(drawn(worlds))
    worlds.close()
    return Walk(first, turns, events, situations, texts, shown, pictures, worlds)


def drawn(worlds):
    try:
        return worlds.render(1)
    except OutriderError as error:
        return str(error)


walked = cache(lambda world_id: walk(world_id, 3))


@pytest.mark.parametrize("world_id", WORLDS)
def test_shapes_and_kinds(world_id):
    found = walked(world_id)
    copies, worlds = len(found.first), found.worlds
    for turn in found.turns:
        assert turn.rows.shape == (copies, worlds.row.width)
        assert turn.rows.dtype == worlds.row.dtype
        assert np.isfinite(turn.rows).all()
        assert np.isfinite(turn.reward).all()
        for flags in (turn.terminated, turn.truncated, turn.idle, turn.fresh):
            assert flags.shape == (copies,)
            assert flags.dtype == bool
    assert any((a.rows != b.rows).any() for a, b in zip(found.turns, found.turns[1:], strict=False))


@pytest.mark.parametrize("world_id", WORLDS)
def test_what_a_turn_shows_stays(world_id):
    """No environment writes over rows that it has handed out."""
    found = walked(world_id)
    for turn, rows in zip(found.turns, found.shown, strict=True):
        np.testing.assert_array_equal(turn.rows, rows)


@pytest.mark.parametrize("world_id", WORLDS)
def test_pictures_have_a_size_that_can_be_shown_or_a_line_says_why_not(world_id):
    pictures = walked(world_id).pictures
    if world_id.startswith(UNDRAWN):
        for line in pictures:
            assert line.startswith(f"world {world_id} cannot be drawn: ")
            assert "\n" not in line
        return
    for image in pictures:
        assert image.dtype == np.uint8
        assert image.ndim == 3
        assert image.shape[2] == 3
        assert 64 <= min(image.shape[:2]) <= max(image.shape[:2]) <= 1024
        assert image.std() > 1
    assert (pictures[0] != pictures[1]).any()


@pytest.mark.parametrize("world_id", WORLDS)
def test_an_end_is_one_of_two_and_a_new_episode_follows(world_id):
    found = walked(world_id)
    open_end = np.zeros(len(found.first), bool)  # ended, and its sight was still the ended episode's
    for turn in found.turns:
        ended = turn.terminated | turn.truncated
        assert not (turn.terminated & turn.truncated).any()
        assert not (ended & turn.idle).any()
        assert not turn.reward[turn.idle].any() or world_id.startswith("envpool")
        if not found.worlds.idles:
            assert not turn.idle.any()
            assert (turn.fresh == ended).all()
            if ended.any():
                assert turn.final.any(1)[ended].all()
                assert not turn.final[~ended].any()
        elif not world_id.startswith("pettingzoo"):
            assert (turn.idle == open_end).all()
            assert (turn.fresh == turn.idle).all()
            assert turn.final is None
        open_end = ended
    ends = sum((turn.terminated | turn.truncated).sum() for turn in found.turns[:-1])
    assert ends > 0 or world_id.startswith(LONG)


def test_a_game_of_atari_begins_as_its_cartridge_does():
    """No idle actions before, of which each copy would take another number, and no ball that nobody served."""
    pytest.importorskip("ale_py")
    for world_id in ("atari/montezuma_revenge", "atari/breakout"):
        first, other = (host.make(world_id, 3).reset(seed) for seed in (0, 1))
        np.testing.assert_array_equal(first, np.broadcast_to(first[0], first.shape))
        np.testing.assert_array_equal(first, other)


@pytest.mark.parametrize("world_id", WORLDS)
def test_the_same_seed_is_the_same_walk_and_another_is_not(world_id):
    one, again, other = walked(world_id), walk(world_id, 3), walk(world_id, 4)
    np.testing.assert_array_equal(one.first, again.first)
    if world_id.startswith(UNSEEDED):
        return
    for a, b in zip(one.turns, again.turns, strict=True):
        np.testing.assert_array_equal(a.rows, b.rows)
        np.testing.assert_array_equal(a.reward, b.reward)
        np.testing.assert_array_equal(a.terminated, b.terminated)
        np.testing.assert_array_equal(a.truncated, b.truncated)
    assert one.texts == again.texts
    np.testing.assert_array_equal(one.events, again.events)
    np.testing.assert_array_equal(one.situations, again.situations)
    differs = any((a.rows != b.rows).any() for a, b in zip(one.turns, other.turns, strict=True))
    assert differs != world_id.startswith(ONE_GAME)


@pytest.mark.parametrize("world_id", [w for w in WORLDS if not w.startswith(SILENT)])
def test_what_is_said_is_in_the_table_and_well_formed(world_id):
    found = walked(world_id)
    events, situations = found.texts
    assert np.min(found.events) >= 0
    assert np.max(found.events) == len(events)
    assert np.min(found.situations) > 0
    assert np.max(found.situations) == len(situations)
    for turn in found.turns:
        assert not turn.said.event[turn.idle].any()
    for texts in found.texts:
        assert len(set(texts)) == len(texts)
        for text in texts:
            assert text == " ".join(text.split())
            assert "{" not in text
            if not world_id.startswith(OTHERS_WORDS):
                assert text[0].isupper()
    assert all(text.endswith(".") for text in situations)


@pytest.mark.parametrize("family", HOST)
def test_unknown_names_are_one_line(family):
    needed = {"atari": "ale_py", "nethack": "nle"}.get(family, family)
    pytest.importorskip(needed)
    name = {"pettingzoo": "mpe2/simple_spred_v3"}.get(family, "MiniHackk-KeyRoom")
    if family == "pettingzoo":
        pytest.importorskip("mpe2")
    with pytest.raises(OutriderError) as told:
        host.make(f"{family}/{name}", 2)
    assert "\n" not in str(told.value)
    if family != "gymnasium":  # which tells it in its own words
        assert "did you mean" in str(told.value)
