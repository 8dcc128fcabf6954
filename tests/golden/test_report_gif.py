"""The film of an episode: which frames are kept, how long they are held, and what is drawn into them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

sys.path.insert(0, str(Path(__file__).parents[1]))
from outrider.report import gif
from outrider.report.gif import BIG, EVENT_MS, LAST_MS, STEP_MS, draw_episode, keep, wrap
from synthetic_evidence import episode


def _read(path):
    with Image.open(path) as film:
        return [(frame.convert("RGB"), frame.info["duration"]) for frame in ImageSequence.Iterator(film)]


def test_a_film_holds_events_and_its_end(tmp_path):
    told = episode(12, np.random.default_rng(0))
    frames = _read(draw_episode(**told, title="doorkey, guided, seed 0", path=tmp_path / "a.gif"))
    assert len(frames) == 12
    wanted = [EVENT_MS if caption else STEP_MS for caption in told["captions"][:-1]] + [LAST_MS]
    assert [duration for _, duration in frames] == wanted
    assert len({frame.size for frame, _ in frames}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]


def test_the_worlds_picture_is_left_as_it_is(tmp_path):
    told = episode(3, np.random.default_rng(0))
    frames = _read(draw_episode(**told, title="t", path=tmp_path / "a.gif"))
    height, width = told["frames"].shape[1:3]
    times = frames[0][0].width // width
    for (frame, _), pixels in zip(frames, told["frames"], strict=True):
        shown = np.asarray(
            frame.resize((frame.width // times, frame.height // times), Image.Resampling.NEAREST), int
        )
        assert np.abs(shown[17 : 17 + height, :width] - pixels).max() <= 8  # the palette's rounding


def test_a_bonus_and_a_caption_change_the_bar_below(tmp_path):
    frames = np.full((3, 40, 80, 3), 90, np.uint8)
    path = draw_episode(frames, ["", "You found it.", ""], [0, 0.5, 0], [0, 0, 1], "t", tmp_path / "a.gif")
    below = [np.asarray(frame, int)[34 + 240 :] for frame, _ in _read(path)]
    gold = [(np.abs(bar - np.array(gif.PAID)).sum(-1) < 30).sum() for bar in below]
    green = [(np.abs(bar - np.array(gif.WON)).sum(-1) < 30).sum() for bar in below]
    bright = [(np.abs(bar - np.array(gif.INK)).sum(-1) < 30).sum() for bar in below]
    assert gold[1] > 20 > gold[0] == gold[2] == 0
    assert green[2] > 20 > green[0] == green[1] == 0
    assert bright[1] > 50 > bright[0] == bright[2] == 0  # an old caption stays, but dimmed


def test_long_episodes_are_thinned_and_stay_small(tmp_path):
    told = episode(400, np.random.default_rng(1))
    path = draw_episode(**told, title="a long one", path=tmp_path / "long.gif")
    assert path.stat().st_size < gif.MOST_BYTES
    assert len(_read(path)) <= gif.MOST_FRAMES


def test_noise_that_does_not_compress_loses_frames(tmp_path, monkeypatch):
    monkeypatch.setattr(gif, "MOST_BYTES", 120_000)
    frames = np.random.default_rng(0).integers(0, 256, (30, 40, 60, 3), dtype=np.uint8)
    path = draw_episode(frames, [""] * 30, np.zeros(30), np.zeros(30), "noise", tmp_path / "a.gif")
    assert len(_read(path)) < 30


def test_which_steps_are_kept():
    captions = ["x" if t % 50 == 7 else "" for t in range(1000)]
    kept = keep(captions, 120)
    assert kept == sorted(set(kept))
    assert len(kept) <= 120
    assert {0, 999} | {t for t, caption in enumerate(captions) if caption} <= set(kept)
    assert keep(["x"] * 1000, 120)[-1] == 999
    assert len(keep(["x"] * 1000, 120)) <= 120
    assert keep(["", "x"], 120) == [0, 1]


def test_captions_are_wrapped_to_the_width():
    font = gif._font(BIG)
    lines = wrap("You picked up the yellow key and " + "x" * 200 + " then walked on.", font, 300)
    assert all(font.getlength(line) <= 300 for line in lines)
    assert lines[0].startswith("You picked up")
    assert any(line.endswith("…") for line in lines)
    assert wrap("", font, 300) == []


@pytest.mark.parametrize("length", [0, 2])
def test_unequal_lengths_are_refused(tmp_path, length):
    frames = np.zeros((length, 8, 8, 3), np.uint8)
    with pytest.raises(ValueError, match="frames"):
        draw_episode(frames, [""] * 3, [0] * 3, [0] * 3, "t", tmp_path / "a.gif")
    assert list(tmp_path.iterdir()) == []
