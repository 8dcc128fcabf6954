"""The film of an episode: frames with the captions, bonuses and rewards drawn in. Pillow only."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from outrider.files import write_file

MOST_FRAMES = 120
MOST_BYTES = 600_000
STEP_MS, EVENT_MS, LAST_MS = 90, 900, 2_600
WIDTH = 480  # narrower pictures are enlarged by whole factors up to about this, so that captions fit
PAPER, INK, SOFT, PAID, WON = (24, 28, 33), (240, 242, 244), (150, 160, 170), (255, 196, 87), (111, 220, 178)
PAD = 14
BIG, SMALL, LINE = 20, 15, 27  # sizes of letters and height of a line of captions, in pixels


def draw_episode(
    frames: NDArray[np.uint8],
    captions: Sequence[str],
    bonuses: Sequence[float] | NDArray[np.floating],
    rewards: Sequence[float] | NDArray[np.floating],
    title: str,
    path: str | Path,
) -> Path:
    """Write an episode as a GIF, whole or not at all.

    frames: [T, H, W, 3], what the world shows after each step; captions: [T], "" where nothing happened;
    bonuses and rewards: [T], what each step was paid. Steps with a caption are held, of the others as many as
    fit are kept. Raises ValueError where the lengths differ.
    """
    length = len(frames)
    if length == 0 or not len(captions) == len(bonuses) == len(rewards) == length:
        raise ValueError(
            f"an episode needs frames, and as many captions, bonuses and rewards; here are {length} frames"
        )
    most = MOST_FRAMES
    while True:
        film = _film(
            frames,
            captions,
            np.asarray(bonuses, float),
            np.asarray(rewards, float),
            title,
            keep(captions, most),
        )
        if len(film) <= MOST_BYTES or most <= 15:
            break
        most = int(most * 0.7)
    write_file(Path(path), film)
    return Path(path)


def keep(captions: Sequence[str], most: int) -> list[int]:
    """Which steps are shown: all if they fit, else the ends, those with a caption, and the rest evenly."""
    length = len(captions)
    if length <= most:
        return list(range(length))
    told = [t for t, caption in enumerate(captions) if caption]
    chosen = {0, length - 1, *_evenly(told, most // 2)}
    rest = [t for t in range(length) if t not in chosen]
    return sorted(chosen | set(_evenly(rest, most - len(chosen))))


def _evenly(items: Sequence[int], n: int) -> list[int]:
    if n >= len(items):
        return list(items)
    return [items[round(i)] for i in np.linspace(0, len(items) - 1, max(n, 0))]


def _film(frames, captions, bonuses, rewards, title: str, shown: Sequence[int]) -> bytes:
    told = [_latest(captions, t) for t in shown]
    lines = max(2, *(len(wrap(text, _font(BIG), _width(frames) - 2 * PAD)) for text, _ in told))
    earned = np.cumsum(rewards)
    images = [
        _frame(frames[t], told[i], lines, title, t, len(frames), float(bonuses[t]), float(earned[t]))
        for i, t in enumerate(shown)
    ]
    times = [LAST_MS if t == len(frames) - 1 else EVENT_MS if captions[t] else STEP_MS for t in shown]
    palette = _palette(images)
    flat = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    film = io.BytesIO()
    flat[0].save(
        film,
        format="GIF",
        save_all=True,
        append_images=flat[1:],
        duration=times,
        loop=0,
        optimize=True,
        disposal=1,
    )
    return film.getvalue()


def _latest(captions: Sequence[str], t: int) -> tuple[str, bool]:
    """The newest caption up to a step, and whether it is of this very step."""
    return next(((captions[s], s == t) for s in range(t, -1, -1) if captions[s]), ("", False))


def _palette(images: Sequence[Image.Image], colours: int = 96) -> Image.Image:
    """One palette for the whole film: shades of the bars' own colours, the rest taken from eight frames."""
    own = [
        _mix(PAPER, colour, share)
        for colour in (INK, SOFT, PAID, WON)
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    some = [images[i] for i in _evenly(range(len(images)), 8)]
    wide = Image.new("RGB", (some[0].width, some[0].height * len(some)))
    for i, image in enumerate(some):
        wide.paste(image, (0, i * image.height))
    found = wide.quantize(
        colors=colours - len(own), method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    )
    palette = Image.new("P", (1, 1))
    palette.putpalette(
        [value for colour in own for value in colour] + (found.getpalette() or [])[: 3 * (colours - len(own))]
    )
    return palette


def _mix(a: tuple[int, int, int], b: tuple[int, int, int], share: float) -> tuple[int, ...]:
    return tuple(round(x + (y - x) * share) for x, y in zip(a, b, strict=True))


def _frame(
    pixels, told: tuple[str, bool], lines: int, title: str, t: int, length: int, bonus: float, earned: float
) -> Image.Image:
    times = _times(pixels.shape[1])
    picture = Image.fromarray(pixels).resize(
        (pixels.shape[1] * times, pixels.shape[0] * times), Image.Resampling.NEAREST
    )
    width, top, bar = max(picture.width, 360), 34, LINE * lines + 54
    image = Image.new("RGB", (width, top + picture.height + bar), PAPER)
    image.paste(picture, ((width - picture.width) // 2, top))
    draw = ImageDraw.Draw(image)
    draw.text((PAD, 8), _cut(title, _font(SMALL), width - 2 * PAD), SOFT, _font(SMALL))
    y = top + picture.height + 10
    text, fresh = told
    for line in wrap(text, _font(BIG), width - 2 * PAD):
        draw.text((PAD, y), line, INK if fresh else SOFT, _font(BIG))
        y += LINE
    foot = image.height - 30
    draw.text((PAD, foot), f"step {t + 1} of {length}", SOFT, _font(SMALL))
    draw.text(
        (width // 2, foot),
        f"bonus {bonus:+.2f}" if bonus else "bonus 0",
        PAID if bonus else SOFT,
        _font(SMALL),
        anchor="ma",
    )
    draw.text((width - PAD, foot), f"reward {earned:.2f}", WON if earned else SOFT, _font(SMALL), anchor="ra")
    draw.rectangle((0, image.height - 3, int(width * (t + 1) / length), image.height), fill=SOFT)
    return image


def _times(width: int) -> int:
    return max(1, round(WIDTH / width))


def _width(frames: NDArray[np.uint8]) -> int:
    return max(frames.shape[2] * _times(frames.shape[2]), 360)


def wrap(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    """A text in lines that are no wider than `width` pixels; a word that is wider alone is cut."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(_cut(word, font, width))
    return lines


def _cut(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)
