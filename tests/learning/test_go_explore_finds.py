"""Go-Explore finds the treasure of a deep sea; as many random steps that always begin anew do not come near it."""

import numpy as np

from deep_sea import DeepSea
from outrider.learn.go_explore import NEVER, GoExplore, explore
from outrider.learn.go_settings import GoSettings

SIZE, STEPS, SEEDS = 30, 150_000, (0, 1, 2)


def first_found(settings):
    """The step of the first treasure of each seed, and how many cells were found."""
    told = explore(GoExplore(DeepSea(SIZE), settings), SEEDS, STEPS)
    return np.array([int(search.first_solved) for search, _ in told]), [
        int(search.archive.count + search.archive.refused) for search, _ in told
    ]


def test_it_finds_the_treasure_on_every_seed():
    when, cells = first_found(GoSettings(copies=64))
    assert (when < STEPS).all(), when
    assert cells == [SIZE * (SIZE + 1) // 2] * len(SEEDS)  # every place that can be stood in


def test_random_steps_from_the_beginning_do_not():
    """The control: an archive with room for the beginning alone, and explorations as long as an episode."""
    when, _ = first_found(GoSettings(copies=64, length=SIZE, most_cells=1))
    assert (when == NEVER).all(), when
