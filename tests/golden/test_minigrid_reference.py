"""Shared episodes: the same layout and the same actions in our worlds and in the `minigrid` package, step by step."""

import jax
import minigrid.envs as envs
import numpy as np
import pytest
from minigrid.core.grid import Grid
from minigrid.core.world_object import Ball, Door, Goal, Key, Wall

import walks
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.family import WORLDS
from player import Player

SCRIPTED, WALKED = 3, 6  # episodes
ENVS = {
    "doorkey": envs.DoorKeyEnv,
    "unlock-pickup": envs.UnlockPickupEnv,
    "blocked-unlock-pickup": envs.BlockedUnlockPickupEnv,
    "unlock": envs.UnlockEnv,
    "locked-room": envs.LockedRoomEnv,
    "four-rooms": envs.FourRoomsEnv,
    "empty": envs.EmptyEnv,
    "memory": envs.MemoryEnv,
}
SHARED = (*walks.PLAIN, *(name for name in walks.MORE if "xland" not in name))
# MiniGrid's numbers of our actions and directions.
ACTIONS = {t.FORWARD: 2, t.TURN_RIGHT: 1, t.TURN_LEFT: 0, t.PICK_UP: 3, t.DROP: 4, t.TOGGLE: 5}


def reference(world_id):
    """The package's environment of a world; its layouts are put in its place by `stage`."""
    name = world_id.removeprefix("minigrid/")
    kind = max((kind for kind in ENVS if name.startswith(kind)), key=len)
    sized = kind in ("doorkey", "empty", "memory")
    size = int(name.rsplit("-", 1)[1].split("x")[0]) if sized else 0

    class Staged(ENVS[kind]):
        def _gen_grid(self, width, height):
            self.grid, self.agent_pos, self.agent_dir = Grid(width, height), (1, 1), 0

    env = Staged(**({"size": size} if sized else {}))
    env.reset()
    return env


def thing(cell):
    tile, colour = divmod(int(cell), t.COLOURS)
    name = t.COLOUR_NAMES.get(colour)
    if tile == t.FLOOR:
        return None
    made = {
        t.WALL: Wall,
        t.GOAL: Goal,
        t.KEY: lambda: Key(name),
        t.DOOR_LOCKED: lambda: Door(name, is_locked=True),
        t.DOOR_CLOSED: lambda: Door(name),
        t.DOOR_OPEN: lambda: Door(name, is_open=True),
    }.get(tile, lambda: Ball(name))()  # MiniGrid has no squares, pyramids, hexagons and stars
    made.cell = int(cell)
    return made


def stage(env, grid):
    """Our layout in the package's environment."""
    height, width = grid.cells.shape
    env.grid = Grid(width, height)
    for row in range(height):
        for column in range(width):
            made = thing(grid.cells[row, column])
            env.grid.set(column, row, made)
            if isinstance(made, Door):
                env.door = made
            if grid.cells[row, column] == grid.wanted:
                env.obj = made
    env.agent_pos, env.agent_dir = (
        (int(grid.agent.column), int(grid.agent.row)),
        int(grid.agent.direction - 1) % 4,
    )
    env.carrying, env.step_count = None, int(grid.clock)
    if isinstance(env, envs.MemoryEnv):
        ends = [(width - 2, height // 2 - 1), (width - 2, height // 2 + 1)]
        same = grid.cells[1, width - 2] == grid.cells[height // 2 - 1, 1]
        env.success_pos, env.failure_pos = ends if same else ends[::-1]


def shown(env):
    """The package's grid in our cells."""
    cells = np.zeros((env.grid.height, env.grid.width), int)
    for row in range(env.grid.height):
        for column in range(env.grid.width):
            made = env.grid.get(column, row)
            if isinstance(made, Door):
                tile = t.DOOR_OPEN if made.is_open else t.DOOR_LOCKED if made.is_locked else t.DOOR_CLOSED
                cells[row, column] = tile * t.COLOURS + made.cell % t.COLOURS
            else:
                cells[row, column] = made.cell if made else t.FLOOR * t.COLOURS + t.BLACK
    return cells


def replay(world_id, start, actions, steps):
    """Our steps of these actions are the package's; the sum of rewards."""
    env = reference(world_id)
    stage(env, start.grid)
    assert env.max_steps == WORLDS[world_id].horizon
    paid = 0.0
    for action, step in zip(actions, steps, strict=True):
        _, reward, terminated, truncated, _ = env.step(ACTIONS[int(action)])
        grid = step.state.grid
        np.testing.assert_array_equal(grid.cells, shown(env))
        assert (int(grid.agent.column), int(grid.agent.row)) == tuple(int(x) for x in env.agent_pos)
        assert int(grid.agent.direction - 1) % 4 == env.agent_dir
        assert int(grid.agent.pocket) == (env.carrying.cell if env.carrying else 0)
        assert float(step.reward) == pytest.approx(float(reward), rel=1e-5)
        assert bool(step.terminated) == terminated
        assert bool(step.truncated) == (truncated and not terminated)
        paid += float(reward)
    return paid


@pytest.mark.parametrize("world_id", walks.marked(SHARED))
def test_solved_episodes_are_solved_in_the_package_too(world_id):
    starts = jax.device_get(walks.starter(world_id)(jax.random.key(11))[0].world)
    for i in range(SCRIPTED):
        start = jax.tree.map(lambda x, i=i: x[i], starts)
        start = start._replace(grid=start.grid._replace(clock=np.int32(0)))
        player = Player(world_id, start)
        last = player.solve()
        assert last.terminated
        assert last.reward > 0.3
        assert replay(world_id, start, player.actions, player.steps) == pytest.approx(
            float(last.reward), rel=1e-5
        )


@pytest.mark.parametrize("world_id", walks.marked(SHARED))
def test_episodes_of_a_walk_go_the_same_way_in_the_package(world_id):
    """To their ends, whatever they are; among them such that fail."""
    walk = walks.walk(world_id)
    ended = walk.after.terminated | walk.after.truncated
    places = np.argwhere(ended)
    assert len(places) >= WALKED
    for step, copy in places[np.linspace(0, len(places) - 1, WALKED).astype(int)]:
        begun = np.flatnonzero(ended[:step, copy])
        first = begun[-1] + 1 if len(begun) else 0
        rows = slice(first, step + 1)
        actions = walk.action[rows, copy]
        states = jax.tree.map(lambda x, rows=rows, copy=copy: x[rows, copy], walk.world)
        if states.grid.agent.pocket[0]:
            continue
        many = walks.stepped(world_id, states, actions)
        steps = [jax.tree.map(lambda x, i=i: x[i], many) for i in range(len(actions))]
        start = jax.tree.map(lambda x: x[0], states)
        paid = replay(world_id, start, actions, steps)
        assert paid == pytest.approx(float(walk.after.reward[step, copy]), rel=1e-5)


@pytest.mark.parametrize("world_id", walks.marked(w for w in walks.MORE if "xland" in w))
def test_rule_sets_can_be_solved(world_id):
    starts = jax.device_get(walks.starter(world_id)(jax.random.key(11))[0].world)
    for i in range(SCRIPTED):
        start = jax.tree.map(lambda x, i=i: x[i], starts)
        start = start._replace(grid=start.grid._replace(clock=np.int32(0)))
        last = Player(world_id, start).solve()
        assert last.terminated
        assert last.reward > 0.3
