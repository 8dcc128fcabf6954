"""What the agent sees, against MiniGrid's algorithm in plain loops and against the `minigrid` package itself."""

from functools import cache

import jax
import numpy as np
import pytest

import walks
from outrider.worlds.minigrid import dynamics
from outrider.worlds.minigrid import tiles as t
from walks import DOWN, LEFT, PLAIN, RIGHT, UP

AHEAD = ((-1, 0), (0, 1), (1, 0), (0, -1))  # up, right, down, left
OPAQUE = (t.WALL, t.DOOR_LOCKED, t.DOOR_CLOSED)
VIEW = 7
N = 2048


def view_of(cells, row, column, direction, pocket):
    """The 7 x 7 cells before the agent, ahead is up: MiniGrid's crop, then its `process_vis`, in loops."""
    (down, along), (side_down, side_along) = AHEAD[direction], AHEAD[(direction + 1) % 4]
    crop = np.full((VIEW, VIEW), t.WALL * t.COLOURS)  # MiniGrid holds all outside for wall
    for forward in range(VIEW):
        for side in range(-(VIEW // 2), VIEW // 2 + 1):
            r, c = row + forward * down + side * side_down, column + forward * along + side * side_along
            if 0 <= r < cells.shape[0] and 0 <= c < cells.shape[1]:
                crop[VIEW - 1 - forward, VIEW // 2 + side] = cells[r, c]
    clear = ~np.isin(crop // t.COLOURS, OPAQUE)
    lit = np.zeros((VIEW, VIEW), bool)
    lit[VIEW - 1, VIEW // 2] = True
    for j in reversed(range(VIEW)):
        for i in range(VIEW - 1):
            if lit[j, i] and clear[j, i]:
                lit[j, i + 1] = True
                if j > 0:
                    lit[j - 1, i + 1] = lit[j - 1, i] = True
        for i in reversed(range(1, VIEW)):
            if lit[j, i] and clear[j, i]:
                lit[j, i - 1] = True
                if j > 0:
                    lit[j - 1, i - 1] = lit[j - 1, i] = True
    seen = np.where(lit, crop, 0)
    seen[VIEW - 1, VIEW // 2] = pocket
    return seen


@cache
def looker(world_id):
    return jax.jit(jax.vmap(lambda grid: dynamics.look(grid.cells, grid.agent)))


@cache
def scenes(world_id):
    """Scrambled layouts, and what the agent sees of them."""
    grid = walks.scrambled(world_id, N, seed=5).grid
    return grid, np.asarray(looker(world_id)(grid))


def each(grid):
    agent = grid.agent
    return zip(grid.cells, agent.row, agent.column, agent.direction, agent.pocket, strict=True)


@pytest.mark.parametrize("world_id", PLAIN)
def test_view_of_scrambled_layouts(world_id):
    grid, seen = scenes(world_id)
    want = np.stack([view_of(*scene) for scene in each(grid)])
    np.testing.assert_array_equal(seen, want)
    # Every direction, the borders, carried things, hidden cells: all of it is in the comparison.
    height, width = grid.cells.shape[1:]
    corner = np.isin(grid.agent.row, (1, height - 2)) & np.isin(grid.agent.column, (1, width - 2))
    for direction in (UP, RIGHT, DOWN, LEFT):
        here = grid.agent.direction == direction
        assert (here & corner & (grid.agent.pocket > 0)).sum() > 2
    assert 0.1 < (want == 0).mean() < 0.9


@pytest.mark.parametrize("world_id", PLAIN)
def test_view_on_a_walk(world_id):
    """The observation of a walk is the view of its state; the final one that of the state before the reset."""
    walk = walks.walk(world_id)
    rows = slice(None, None, 101)
    grid, obs = jax.tree.map(lambda x: walks.flat(x)[rows], (walk.world.grid, walk.obs.grid))
    np.testing.assert_array_equal(obs, np.stack([view_of(*scene) for scene in each(grid)]))
    stepped = walks.stepped(world_id, walks.flat(walk.world, 101), walks.flat(walk.action, 101))
    np.testing.assert_array_equal(walks.flat(walk.after.final.grid, 101), stepped.obs.grid)
    want = np.stack([view_of(*scene) for scene in each(stepped.state.grid)])
    np.testing.assert_array_equal(stepped.obs.grid, want)


def test_what_is_carried_stands_in_the_agents_own_cell():
    grid, seen = scenes(PLAIN[0])
    np.testing.assert_array_equal(seen[:, VIEW - 1, VIEW // 2], grid.agent.pocket)


def test_doors_hide_what_is_behind_them_until_open():
    """A corridor: agent, door, key. The key is seen through an open door only."""
    cells = np.full((8, 8), t.WALL * t.COLOURS + 6, np.uint8)
    cells[2:6, 3] = dynamics.EMPTY_FLOOR
    cells[2, 3] = t.KEY * t.COLOURS + 5
    for door, visible in (
        (t.DOOR_LOCKED, False),
        (t.DOOR_CLOSED, False),
        (t.DOOR_OPEN, True),
        (t.GOAL, True),
    ):
        cells[4, 3] = door * t.COLOURS + 5
        agent = dynamics.Agent(np.int32(5), np.int32(3), np.int32(UP), np.uint8(0))
        seen = np.asarray(dynamics.look(cells, agent))
        assert (seen == t.KEY * t.COLOURS + 5).any() == visible, door


@pytest.mark.parametrize("world_id", PLAIN)
def test_view_is_what_the_minigrid_package_shows(world_id):
    from minigrid.core.grid import Grid
    from minigrid.core.mission import MissionSpace
    from minigrid.core.world_object import Ball, Door, Goal, Wall
    from minigrid.minigrid_env import MiniGridEnv

    class Stage(MiniGridEnv):
        def _gen_grid(self, width, height):
            self.grid = Grid(width, height)  # each scene is put in its place below

    def thing(cell):
        tile = cell // t.COLOURS
        if tile == t.FLOOR:
            return None
        made = {
            t.WALL: Wall,
            t.GOAL: Goal,
            t.DOOR_LOCKED: lambda: Door("red", is_locked=True),
            t.DOOR_CLOSED: lambda: Door("red"),
            t.DOOR_OPEN: lambda: Door("red", is_open=True),
        }.get(tile, Ball)()
        made.cell = cell
        return made

    grid, seen = scenes(world_id)
    height, width = grid.cells.shape[1:]
    stage = Stage(MissionSpace(lambda: ""), width=width, height=height, max_steps=1, agent_view_size=VIEW)
    for scene, ours in list(zip(each(grid), seen, strict=True))[:300]:
        cells, row, column, direction, pocket = scene
        stage.grid = Grid(width, height)
        for r in range(height):
            for c in range(width):
                stage.grid.set(c, r, thing(int(cells[r, c])))
        stage.agent_pos, stage.agent_dir = (int(column), int(row)), (int(direction) - 1) % 4
        stage.carrying = thing(int(pocket)) if pocket else None
        view, lit = stage.gen_obs_grid()
        theirs = np.zeros((VIEW, VIEW), int)
        for r in range(VIEW):
            for c in range(VIEW):
                shown = view.get(c, r)
                theirs[r, c] = getattr(shown, "cell", 0) if shown else dynamics.EMPTY_FLOOR
                if not lit[c, r]:
                    theirs[r, c] = 0
        if not pocket:
            theirs[VIEW - 1, VIEW // 2] = 0  # MiniGrid shows an empty cell where nothing is carried
        np.testing.assert_array_equal(ours, theirs)
