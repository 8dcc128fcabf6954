"""Layouts: each can be solved and hides its goal; the repair changes only what was broken."""

from collections import deque

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import walks
from outrider.worlds.minigrid import layouts
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.family import WORLDS
from walks import PLAIN

SHUT = (t.WALL, t.DOOR_LOCKED, *t.OBJECTS)


@pytest.fixture(scope="module", params=PLAIN)
def fresh(request):
    """A few hundred layouts of one world."""
    starts = [jax.device_get(walks.starter(request.param)(jax.random.key(s))[0].world) for s in range(4)]
    return request.param, jax.tree.map(lambda *xs: np.concatenate(xs), *starts)


def reach(cells, start, stop):
    """All cells that can be walked to without crossing tiles in `stop`."""
    seen, queue = {start}, deque([start])
    while queue:
        row, column = queue.popleft()
        for place in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
            if place not in seen and cells[place] // t.COLOURS not in stop:
                seen.add(place)
                queue.append(place)
    return seen


def beside(cells, seen, place):
    row, column = place
    return any(
        p in seen for p in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1))
    )


def test_layouts_need_the_key_and_can_be_solved(fresh):
    world_id, state = fresh
    grid = state.grid
    for cells, row, column, wanted in zip(
        grid.cells, grid.agent.row, grid.agent.column, grid.wanted, strict=True
    ):
        tile = cells // t.COLOURS
        (key,) = map(tuple, np.argwhere(tile == t.KEY))
        (door,) = map(tuple, np.argwhere(tile == t.DOOR_LOCKED))
        (goal,) = map(tuple, np.argwhere(cells == wanted))
        assert cells[key] % t.COLOURS == cells[door] % t.COLOURS
        assert tile[row, column] == t.FLOOR
        # Things can be carried away: only walls and the door hold the agent in.
        inside = reach(cells, (row, column), (t.WALL, t.DOOR_LOCKED))
        assert key in inside
        assert beside(cells, inside, door)
        assert goal not in inside
        through = reach(cells, (row, column), (t.WALL,))
        assert goal in through
        blocked = tile[door[0], door[1] - 1] in t.OBJECTS
        assert blocked == ("blocked" in world_id) or tile[door[0], door[1] - 1] == t.KEY


def test_layouts_are_many_and_the_agent_faces_anywhere(fresh):
    world_id, state = fresh
    grid = state.grid
    assert len({cells.tobytes() for cells in grid.cells}) > 150
    assert set(np.unique(grid.agent.direction)) == {0, 1, 2, 3}
    assert not grid.agent.pocket.any()
    assert not state.screen.any()
    tile, colour = np.unique(grid.wanted) // t.COLOURS, np.unique(grid.wanted) % t.COLOURS
    if WORLDS[world_id].has_goal_tile:
        assert (tile.tolist(), colour.tolist()) == ([t.GOAL], [2])
    else:
        assert set(tile) == set(t.OBJECTS) - {t.KEY}
        assert set(colour) == set(t.COLOUR_NAMES)


@pytest.fixture(scope="module")
def repaired():
    """Layouts of BlockedUnlockPickUp before and after the repair, many at once."""
    generate = jax.vmap(walks.world("minigrid/blocked-unlock-pickup").generate)
    made = jax.jit(generate, compiler_options=walks.QUICK)(walks.keys(3, 6000))
    cells = (made.grid[..., 0] * t.COLOURS + made.grid[..., 1]).astype(jnp.uint8)
    row, column = made.agent.position.astype(jnp.int32).T
    wanted = (made.goal_encoding[:, 1] * t.COLOURS + made.goal_encoding[:, 2]).astype(jnp.uint8)
    after = jax.jit(jax.vmap(layouts.repair_blocked))(made.key, cells, (row, column), wanted)
    return jax.device_get((cells, after, row, column, wanted))


def test_the_repair_touches_only_what_was_broken(repaired):
    before, after, _row, _column, wanted = repaired
    keyless = (before // t.COLOURS != t.KEY).all((1, 2))
    twin = (before == wanted[:, None, None]).sum((1, 2)) == 2
    assert 0.04 < keyless.mean() < 0.09  # a sixteenth
    assert 0.02 < twin.mean() < 0.05  # a thirtieth
    np.testing.assert_array_equal((before != after).sum((1, 2)), keyless.astype(int) + twin)
    assert ((after // t.COLOURS == t.KEY).sum((1, 2)) == 1).all()
    assert ((after == wanted[:, None, None]).sum((1, 2)) == 1).all()


def test_repaired_layouts_look_like_the_others(repaired):
    """Given a free place before the door, the key lies anywhere else in its room; the new things are any others."""
    before, after, row, column, wanted = repaired
    n = np.arange(len(after))
    keyless = (before // t.COLOURS != t.KEY).all((1, 2))
    agent_free = after[n, row, column] // t.COLOURS == t.FLOOR
    assert agent_free.all()
    key = (after // t.COLOURS == t.KEY).reshape(len(after), -1).argmax(1)
    key_row, key_column = key // after.shape[2], key % after.shape[2]
    assert set(key_column) == {1, 2, 3, 4}
    door_row = (after // t.COLOURS == t.DOOR_LOCKED).any(2).argmax(1)
    # As a place relative to the door's row, repaired or not: 15 places, none in front of the door.
    counts = np.zeros((2, 4, 16))
    np.add.at(counts, (keyless.astype(int), door_row - 1, (key_row - 1) * 4 + key_column - 1), 1)
    flat = counts.reshape(2, -1)
    used = flat.sum(0) > 0
    assert used.sum() == 4 * 15
    assert stats.chi2_contingency(flat[:, used])[1] > 1e-4
    twin = (before == wanted[:, None, None]).sum((1, 2)) == 2
    new = after[n, door_row, 4][twin]
    assert (new != wanted[twin]).all()
    assert len(np.unique(new)) > 20
