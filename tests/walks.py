"""Random walks through the worlds, compiled once a world and shared by every test that reads them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from outrider.ops.distribution import Continuous, Space
from outrider.worlds.batch import Batch, BatchStep, Copies
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.dynamics import EMPTY_FLOOR
from outrider.worlds.minigrid.world import State
from outrider.worlds.names import check_world, family_of
from outrider.worlds.registry import make

# MiniGrids with one locked door and its key, each with a television too.
PLAIN = tuple(
    f"minigrid/{name}" for name in ("doorkey-8x8", "doorkey-16x16", "unlock-pickup", "blocked-unlock-pickup")
)
TELEVISED = tuple(f"{name}+television" for name in PLAIN)
# Of the other MiniGrids one of each kind, and one world with each other option.
MORE = tuple(
    f"minigrid/{name}"
    for name in (
        "unlock",
        "locked-room",
        "four-rooms",
        "empty-random-6x6",
        "memory-8",
        "xland-r1-9x9-pair",
        "xland-r2-9x9-near",
        "xland-r4-13x13-chain",
    )
)
HARDER = ("minigrid/doorkey-8x8+television=mission", "minigrid/doorkey-8x8+television=10000")
CLUTTERED = (
    "minigrid/doorkey-8x8+clutter=16",
    "minigrid/unlock+clutter=4",
    "minigrid/doorkey-5x5+clutter=64",
)
# Options together: what each of them changes must not be undone by another.
COMBINED = ("minigrid/doorkey-8x8+clutter=16+television=mission+renamed",)
# Of other families one world of each kind.
OTHERS = (
    "gymnax/cartpole",
    "gymnax/mountaincar",
    "gymnax/deepsea-8",
    "gymnax/memorychain-5",
    "gymnax/mountaincar-continuous",
    "gymnax/discounting",
    "gymnax/acrobot",
    "craftax/classic",
    "craftax/full",
    "craftax/classic+only=collect-wood",  # one of the options, which differ in a number
    "craftax/classic+only=collect-drink+renamed",
)
# Compiling a walk takes seconds: the quick tests walk one world with each new kind of ending, and one with clutter, and
# step one with a television; in the others it is the same one.
SLOW = {
    *TELEVISED[1:],
    *MORE,
    *CLUTTERED,
    "gymnax/acrobot",
    "craftax/full",
    *(name for name in OTHERS if "only=" in name),
} - {
    "minigrid/memory-8",
    "minigrid/xland-r1-9x9-pair",
    CLUTTERED[0],
}
MINIGRID = (*PLAIN, TELEVISED[0])
WALKED = (
    *MINIGRID,
    *MORE,
    *CLUTTERED,
    *(name for name in OTHERS if "+" not in name),
)  # those whose whole walks are compiled; the others take single steps
MINIGRIDS = PLAIN + TELEVISED + MORE + HARDER + CLUTTERED + COMBINED
ALL = MINIGRIDS + OTHERS
COPIES, LENGTH, FRESH = 128, 800, 8
SHORT = {
    "craftax/classic": (16, 256),
    "craftax/full": (8, 200),
}  # copies and length of walks whose states are large
SEED = 7  # of the walk that tests share
ROWS = 1024  # rows of the compiled single step
UP, RIGHT, DOWN, LEFT = range(4)
# Walks are read and not raced: compiling them halves in time without optimisation.
QUICK = {"xla_backend_optimization_level": 0}


def marked(world_ids: Iterable[str]) -> list[Any]:
    """Parameters of a test; those that take long are marked so."""
    return [
        pytest.param(name, marks=pytest.mark.long) if name in SLOW else pytest.param(name)
        for name in world_ids
    ]


class Walk(NamedTuple):
    """A walk of `COPIES` copies over `LENGTH` steps, as NumPy arrays [LENGTH, COPIES, ...]."""

    world: Any  # before the action
    obs: Any  # what the action was chosen on
    action: np.ndarray
    after: BatchStep  # without its copies: those are the next row's


@cache
def world(world_id: str) -> Any:
    """The world, made once; skips the test where its package is not installed."""
    if package := family_of(world_id).package:
        pytest.importorskip(package)
    return make(world_id)


@cache
def batch(world_id: str) -> Batch:
    """The copies that walk, in the form in which they train."""
    copies, _ = SHORT.get(world_id, (COPIES, LENGTH))
    facts, _ = check_world(world_id)
    return Batch(world(world_id), copies, max(1, copies // facts.copies_a_reset), sparing=facts.dear_reset)


@cache
def starter(world_id: str) -> Any:
    """The compiled reset of the copies."""
    return jax.jit(batch(world_id).reset, compiler_options=QUICK)


@cache
def walker(world_id: str) -> Any:
    """The compiled walk: from a key, the copies and what they see."""

    _, length = SHORT.get(world_id, (COPIES, LENGTH))
    act = _lively if world_id.startswith("minigrid/") else partial(_by_chance, world(world_id).space)

    def step(carry: tuple, key: jax.Array) -> tuple[tuple, Walk]:
        copies, obs = carry
        act_key, world_key = jax.random.split(key)
        action = act(act_key, copies)
        after = batch(world_id).step(world_key, copies, action)
        return (after.copies, after.obs), Walk(copies.world, obs, action, after._replace(copies=None))

    def walk(key: jax.Array, copies: Copies, obs: Any) -> Walk:
        return jax.lax.scan(step, (copies, obs), jax.random.split(key, length))[1]

    return jax.jit(walk, compiler_options=QUICK)


def walk_from(world_id: str, seed: int) -> Walk:
    """The walk of a seed."""
    start_key, key = jax.random.split(jax.random.key(seed))
    return jax.device_get(walker(world_id)(key, *starter(world_id)(start_key)))


@cache
def walk(world_id: str) -> Walk:
    """One walk of a world, for all tests."""
    return walk_from(world_id, SEED)


def step_keys(world_id: str) -> jax.Array:
    """The keys of that walk's steps, [LENGTH, COPIES], as `walker` and `Batch.step` split them."""
    copies, length = SHORT.get(world_id, (COPIES, LENGTH))
    _, walk_key = jax.random.split(jax.random.key(SEED))
    of_steps = jax.vmap(lambda key: jax.random.split(jax.random.split(key)[1], 3)[0])
    return jax.vmap(lambda key: jax.random.split(key, copies))(of_steps(jax.random.split(walk_key, length)))


def base(world_id: str) -> str:
    """The world whose walk is stepped in a world: the one without options but for clutter, which states have."""
    name, *options = world_id.split("+")
    return "+".join([name, *(option for option in options if option.startswith("clutter"))])


def _by_chance(space: Space, key: jax.Array, copies: Copies) -> jax.Array:
    if isinstance(space, Continuous):
        return jax.random.normal(key, (*copies.length.shape, space.size))
    return jax.random.randint(key, copies.length.shape, 0, space.outputs)


def _lively(key: jax.Array, copies: Copies) -> jax.Array:
    """Half of the actions are uniform, half suit what lies ahead: so doors open and things are carried about."""
    grid = copies.world.grid
    front = jax.vmap(_front)(grid.cells, grid.agent) // t.COLOURS
    is_object = jnp.isin(front, jnp.asarray(list(t.OBJECTS)))
    is_shut = (front == t.DOOR_LOCKED) | (front == t.DOOR_CLOSED)
    suits = jnp.where(is_object, t.PICK_UP, jnp.where(is_shut, t.TOGGLE, t.FORWARD))
    any_key, which_key = jax.random.split(key)
    uniform = jax.random.randint(any_key, suits.shape, 0, len(t.ACTION_NAMES))
    return jnp.where(jax.random.bernoulli(which_key, 0.5, suits.shape), uniform, suits)


def _front(cells: jax.Array, agent: Any) -> jax.Array:
    row = agent.row + jnp.array([-1, 0, 1, 0])[agent.direction]
    return cells[row, agent.column + jnp.array([0, 1, 0, -1])[agent.direction]]


@cache
def stepper(world_id: str) -> Any:
    """The compiled step of `ROWS` worlds: (keys, states, actions) -> Step. Few steps of large states are read."""
    options = QUICK if base(world_id) in SHORT else None
    return jax.jit(jax.vmap(world(world_id).step), compiler_options=options)


def keys(seed: int, n: int = ROWS) -> jax.Array:
    """So many keys."""
    return jax.random.split(jax.random.key(seed), n)


def stepped(world_id: str, states: Any, actions: np.ndarray, seed: int = 0) -> Any:
    """A step of any number of worlds, in portions of `ROWS`, as NumPy arrays; no reset."""
    n, parts = len(actions), []
    for start in range(0, n, ROWS):
        rows = np.arange(start, start + ROWS) % n
        part = jax.tree.map(lambda x, rows=rows: x[rows], states)
        parts.append(jax.device_get(stepper(world_id)(keys(seed + start), part, actions[rows])))
    return jax.tree.map(lambda *xs: np.concatenate(xs)[:n], *parts)


def single_steps(world_id: str, states: Any, actions: np.ndarray, drawn: jax.Array | None = None) -> Any:
    """As `stepped`, of at most `ROWS` rows and in one portion; with keys of their own where they are given."""
    rows = np.arange(ROWS) % len(actions)
    chance = keys(0) if drawn is None else drawn[rows]
    found = stepper(world_id)(chance, jax.tree.map(lambda x: x[rows], states), actions[rows])
    return jax.tree.map(lambda x: np.asarray(x)[: len(actions)], found)


@cache
def steps(world_id: str) -> Any:
    """What one step of each state of a plain walk leads to in a world, [LENGTH, COPIES, ...], before any reset."""
    plain = walk(base(world_id))
    found = stepped(world_id, flat(plain.world), flat(plain.action), seed=17)
    return jax.tree.map(lambda x: x.reshape(*plain.action.shape[:2], *x.shape[1:]), found)


def flat(tree: Any, every: int = 1) -> Any:
    """Time and copies as one axis of rows, every so-manyth of them."""
    return jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:])[::every], tree)


def scrambled(world_id: str, n: int, seed: int) -> State:
    """States of a world with any thing in any inner cell, the agent anywhere inside, and anything or nothing carried.

    What lies ahead of the agent is often what is wanted; the clock is anywhere, often near the end.
    """
    rng = np.random.default_rng(seed)
    state = jax.tree.map(lambda x: np.array(x[rng.permutation(len(x))[:n]]), flat(walk(world_id).world))
    cells = state.grid.cells
    _, height, width = cells.shape
    things = [t.WALL, t.DOOR_LOCKED, t.DOOR_CLOSED, t.DOOR_OPEN, t.GOAL, *t.OBJECTS]
    inside = np.zeros((height, width), bool)
    inside[1:-1, 1:-1] = True
    where = inside & (rng.random(cells.shape) < rng.choice([0.1, 0.3, 0.6], (n, 1, 1)))
    tile, colour = rng.choice(things, cells.shape), rng.choice(list(t.COLOUR_NAMES), cells.shape)
    cells = np.where(where, tile * t.COLOURS + colour, cells)

    row, column = rng.integers(1, height - 1, n), rng.integers(1, width - 1, n)
    direction = rng.integers(0, 4, n)
    ahead = cells[
        np.arange(n), row + np.array([-1, 0, 1, 0])[direction], column + np.array([0, 1, 0, -1])[direction]
    ]
    # Only what can be reached or taken is wanted, and no one stands on it already: then the episode had ended.
    is_goal, objects = ahead // t.COLOURS == t.GOAL, np.isin(ahead // t.COLOURS, list(t.OBJECTS))
    wanted = is_goal if world(world_id).facts.has_goal_tile else objects
    own = (np.arange(n), row, column)
    cells[own] = np.where(cells[own] // t.COLOURS == t.GOAL, EMPTY_FLOOR, cells[own])
    # A key in half of the hands, and half of the keys of the colour ahead, so that unlocking is not rare.
    held = np.where(rng.random(n) < 0.5, t.KEY, rng.choice(list(t.OBJECTS), n)) * t.COLOURS
    fits = (rng.random(n) < 0.5) & np.isin(ahead % t.COLOURS, list(t.COLOUR_NAMES))
    held += np.where(fits, ahead % t.COLOURS, rng.choice(list(t.COLOUR_NAMES), n))
    horizon = world(world_id).horizon
    clock = np.where(rng.random(n) < 0.5, horizon - 1, rng.integers(0, horizon, n))
    grid = state.grid._replace(
        cells=cells.astype(np.uint8),
        agent=state.grid.agent._replace(
            row=row.astype(np.int32),
            column=column.astype(np.int32),
            direction=direction.astype(np.int32),
            pocket=np.where(rng.random(n) < 0.6, held, 0).astype(np.uint8),
        ),
        clock=clock.astype(np.int32),
        wanted=np.where(wanted & (rng.random(n) < 0.5), ahead, state.grid.wanted).astype(np.uint8),
    )
    return state._replace(grid=grid)
