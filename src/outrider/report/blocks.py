"""Pictures and numbers in a terminal: colour blocks, two to a character. rich, Pillow and NumPy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.color import Color
from rich.style import Style
from rich.text import Text

UPPER_HALF = "▀"
SHADES = " .:-=+*#%@"
FEW = 24  # numbers that are shown one by one


def picture(image: NDArray[np.uint8], columns: int, lines: int, colours: bool) -> Text:
    """An image `[H, W, 3]` in at most so many columns and lines, two pixels above each other to a character.

    It is made smaller by a whole factor, each pixel a mean. Without colours, its brightness in ten characters, which
    are twice as high as wide: one of two lines is left out.
    """
    height, width, _ = image.shape
    factor = max(1, -(-width // columns), -(-height // (2 * lines)))
    small = np.asarray(Image.fromarray(image).reduce(factor), int)
    if len(small) % 2:
        small = np.concatenate([small, small[-1:]])
    text = Text(no_wrap=True)
    for upper, lower in zip(small[::2], small[1::2], strict=True):
        if colours:
            for above, below in zip(upper.tolist(), lower.tolist(), strict=True):
                text.append(UPPER_HALF, Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below)))
        else:
            shade = (upper + lower).sum(axis=-1) * len(SHADES) // (6 * 256)
            text.append("".join(SHADES[s] for s in shade.tolist()))
        text.append("\n")
    text.right_crop(1)
    return text


def numbers(vector: NDArray[np.generic]) -> str:
    """Numbers `[K]` of an observation in a line: all of a few; the place of the only one in a square; else a count."""
    values = np.asarray(vector, float)
    if not len(values):
        return "no numbers"
    if len(values) <= FEW:
        return "  ".join(f"{value:.3g}" for value in values)
    side, on = round(len(values) ** 0.5), np.flatnonzero(values)
    if side * side == len(values) and len(on) == 1:
        return f"row {on[0] // side + 1}, column {on[0] % side + 1} of {side} x {side}"
    return f"{len(values):,} numbers, {len(on):,} of them not 0"
