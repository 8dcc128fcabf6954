"""How a MiniGrid moves, cell for cell, against xminigrid's own rules, on walks and on scrambled layouts."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xminigrid
from xminigrid.core.actions import take_action
from xminigrid.core.goals import check_goal
from xminigrid.types import AgentState

import walks
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.family import WORLDS
from walks import PLAIN

ROWS = 8192


@cache
def theirs(world_id):
    """xminigrid's rules for one world: from a state and an action to grid, agent, terminated, truncated, reward."""
    layout = WORLDS[world_id].layout
    env, params = xminigrid.make(layout)
    goal_kind = env._generate_problem(params, jax.random.key(0)).goal_encoding[0]

    def pair(cell):
        return jnp.stack([cell // t.COLOURS, cell % t.COLOURS], axis=-1).astype(jnp.uint8)

    def step(state, action):
        grid, agent = state.grid, state.grid.agent
        goal = jnp.concatenate([goal_kind[None], pair(grid.wanted), jnp.zeros(2, jnp.uint8)]).astype(
            jnp.uint8
        )
        before = AgentState(jnp.stack([agent.row, agent.column]), agent.direction, pair(agent.pocket))
        cells, after, changed = take_action(pair(grid.cells), before, action)
        terminated = check_goal(goal, cells, after, action, changed)
        number = grid.clock + 1
        reward = jnp.where(terminated, 1.0 - 0.9 * (number / params.max_steps), 0.0)
        return cells, after, terminated, number == params.max_steps, reward

    return jax.jit(jax.vmap(step), compiler_options=walks.QUICK)


def check(world_id, states, actions):
    ours = walks.stepped(world_id, states, actions)
    parts = [slice(i, i + ROWS) for i in range(0, len(actions), ROWS)]
    cut = [theirs(world_id)(jax.tree.map(lambda x, p=p: x[p], states), actions[p]) for p in parts]
    cells, agent, terminated, truncated, reward = jax.tree.map(lambda *xs: np.concatenate(xs), *cut)
    grid = ours.state.grid
    np.testing.assert_array_equal(grid.cells // t.COLOURS, cells[..., 0])
    np.testing.assert_array_equal(grid.cells % t.COLOURS, cells[..., 1])
    np.testing.assert_array_equal(np.stack([grid.agent.row, grid.agent.column], -1), agent.position)
    np.testing.assert_array_equal(grid.agent.direction, agent.direction)
    np.testing.assert_array_equal(grid.agent.pocket, agent.pocket[..., 0] * t.COLOURS + agent.pocket[..., 1])
    np.testing.assert_array_equal(grid.clock, states.grid.clock + 1)
    np.testing.assert_array_equal(ours.terminated, terminated)
    np.testing.assert_array_equal(ours.truncated, truncated & ~terminated)
    np.testing.assert_allclose(ours.reward, reward, rtol=1e-6)
    return ours


@pytest.mark.parametrize("world_id", PLAIN)
def test_walks_move_by_xminigrids_rules(world_id):
    walk = walks.walk(world_id)
    states, actions = walks.flat(walk.world), walks.flat(walk.action)
    rows = np.linspace(0, len(actions) - 1, 2 * ROWS).astype(int)
    check(world_id, jax.tree.map(lambda x: x[rows], states), actions[rows])


@pytest.mark.parametrize("world_id", PLAIN)
def test_scrambled_layouts_move_by_xminigrids_rules(world_id):
    states = walks.scrambled(world_id, 2 * ROWS, seed=1)
    actions = np.random.default_rng(2).integers(0, len(t.ACTION_NAMES), 2 * ROWS).astype(np.int32)
    ours = check(world_id, states, actions)
    before = states.grid.agent.pocket
    # What is compared is not only standing still.
    assert (ours.state.grid.cells != states.grid.cells).any((1, 2)).mean() > 0.05
    assert (
        ours.terminated & (actions == (t.FORWARD if WORLDS[world_id].has_goal_tile else t.PICK_UP))
    ).sum() > 20
    assert ours.truncated.mean() > 0.3
    assert ((before == 0) & (ours.state.grid.agent.pocket > 0)).sum() > 100
    opened = ours.state.grid.cells // t.COLOURS == t.DOOR_OPEN
    assert (opened & (states.grid.cells // t.COLOURS == t.DOOR_LOCKED)).sum() > 10


@pytest.mark.parametrize("world_id", PLAIN)
def test_the_batch_takes_the_same_steps_as_one_world(world_id):
    """In a walk, each world that did not end goes on exactly where its own step led it."""
    walk = walks.walk(world_id)
    ended = (walk.after.terminated | walk.after.truncated)[:-1].reshape(-1)
    rows = np.flatnonzero(~ended)[:: len(ended) // 8192]
    here, there = (
        walks.flat(jax.tree.map(lambda x, s=s: x[s], walk.world)) for s in (slice(-1), slice(1, None))
    )
    ours = walks.stepped(world_id, jax.tree.map(lambda x: x[rows], here), walks.flat(walk.action[:-1])[rows])
    jax.tree.map(np.testing.assert_array_equal, ours.state, jax.tree.map(lambda x: x[rows], there))
    np.testing.assert_array_equal(ours.events, walks.flat(walk.after.events[:-1])[rows])


@pytest.mark.parametrize("world_id", PLAIN)
def test_horizons_are_xminigrids(world_id):
    _, params = xminigrid.make(WORLDS[world_id].layout)
    assert WORLDS[world_id].horizon == params.max_steps == walks.world(world_id).horizon


def test_tiles_colours_and_actions_are_numbered_as_in_xminigrid():
    from xminigrid.core.constants import NUM_ACTIONS, NUM_COLORS, NUM_TILES, PICKABLE, Colors, Tiles

    assert (t.TILES, t.COLOURS, len(t.ACTION_NAMES)) == (NUM_TILES, NUM_COLORS, NUM_ACTIONS)
    assert set(t.OBJECTS) == set(np.asarray(PICKABLE).tolist())
    assert {n.upper(): c for c, n in t.COLOUR_NAMES.items()}.items() <= {
        n: getattr(Colors, n) for n in dir(Colors) if n.isupper()
    }.items()
    for name in ("FLOOR", "WALL", "BALL", "SQUARE", "PYRAMID", "GOAL", "KEY", "DOOR_LOCKED", "DOOR_CLOSED"):
        assert getattr(t, name) == getattr(Tiles, name), name
    assert (t.DOOR_OPEN, t.HEX, t.STAR, t.BLACK) == (Tiles.DOOR_OPEN, Tiles.HEX, Tiles.STAR, Colors.BLACK)
