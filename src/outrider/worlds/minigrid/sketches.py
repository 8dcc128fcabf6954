"""How the clutter's things are drawn: a sketch of 8 x 8 dots for each kind, in the thing's colour. No jax."""

from __future__ import annotations

from functools import cache

import numpy as np

from outrider.worlds.minigrid.things import COLOURS, KINDS

DOT, MARGIN = 3, 4  # pixels: eight dots between two margins are the 32 of a cell
RGB = {"orange": (255, 140, 0), "white": (255, 255, 255), "brown": (160, 82, 45), "pink": (255, 105, 180)}
SKETCHES = {  # row by row
    "vase": "..####.. ..####.. ...##... ..####.. .######. .######. ..####.. ..####..",
    "feather": ".....### ....#### ...####. ..####.. .####... .###.... .#...... #.......",
    "spoon": "..####.. .######. ..####.. ...##... ...##... ...##... ...##... ...##...",
    "bottle": "...##... ...##... ...##... ..####.. .######. .######. .######. .######.",
    "candle": "...#.... ...##... ........ ..####.. ..####.. ..####.. ..####.. .######.",
    "mirror": "..####.. .#....#. #......# #......# .#....#. ..####.. ...##... ...##...",
    "shoe": "........ .###.... .###.... .###.... .#####.. ######## ######## #.......",
    "hat": "........ ..####.. ..####.. ..####.. ........ ..####.. ######## ........",
    "coin": "..####.. .######. ###..### ##....## ##....## ###..### .######. ..####..",
    "book": "###..### ####.### ###.#### ###.#### ###.#### ###.#### ###.#### ..#..#..",
    "bell": "...##... ..####.. ..####.. .######. .######. ######## ........ ...##...",
    "flute": "......## .....### ....#.#. ...###.. ..#.#... .###.... #.#..... ##......",
    "plate": "........ ..####.. .#....#. #..##..# #..##..# .#....#. ..####.. ........",
    "rope": "..####.. .#....#. #..##..# #.#..#.# #..#.#.# .#...#.# ..###..# .......#",
    "bucket": "..####.. .#....#. ######## .######. .######. .######. ..####.. ..####..",
    "comb": "........ ######## ######## #.#.#.#. #.#.#.#. #.#.#.#. #.#.#.#. ........",
}


@cache
def sketch(thing: int) -> tuple[np.ndarray, tuple[int, int, int]]:
    """The pixels of a cell that a thing covers, `[32, 32]` bool, and its colour. `thing` counts from 0 as names do."""
    rows = SKETCHES[KINDS[thing % len(KINDS)]].split()
    dots = np.array([[dot == "#" for dot in row] for row in rows])
    return np.pad(np.kron(dots, np.ones((DOT, DOT), bool)), MARGIN), RGB[COLOURS[thing // len(KINDS)]]


def drawn(image: np.ndarray, layer: np.ndarray) -> np.ndarray:
    """The image with a layer of things over it, `[H * 32, W * 32, 3]` bytes; `layer` counts from 1, 0 is nothing."""
    image, side = image.copy(), 8 * DOT + 2 * MARGIN
    for row, column in np.argwhere(layer):
        covered, colour = sketch(int(layer[row, column]) - 1)
        image[row * side : (row + 1) * side, column * side : (column + 1) * side][covered] = colour
    return image
