"""The expert of the MiniGrid worlds takes the fewest steps that breadth-first searches on the host find."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from exact_ways import fewest
from outrider.errors import OutriderError
from outrider.worlds.experts import expert_of
from outrider.worlds.minigrid.shortest import shortest
from outrider.worlds.registry import make
from walks import QUICK

COPIES, WANDERED = 64, 100
LONG = (
    "unlock",
    "empty-random-6x6",
    "doorkey-6x6",
    "doorkey-16x16",
    "blocked-unlock-pickup",
    "four-rooms",
    "locked-room",
    "memory-16",
)
PLACES = ("doorkey-8x8", *(name for name in LONG if "pickup" not in name))
KEPT = ("unlock-pickup", "blocked-unlock-pickup")


def marked(names):
    return [pytest.param(n, marks=pytest.mark.long) if n in LONG else n for n in names]


@cache
def player(name: str):
    """From keys and the steps walked by chance before: where the expert began, its steps, if it was done."""
    world = make(f"minigrid/{name}")
    expert = expert_of(world)

    def wandered(key, state, steps):
        def step(n, state):
            chance = jax.random.randint(jax.random.fold_in(key, n), (), 0, 6)
            took = world.step(key, state, chance)
            return jax.tree.map(lambda old, new: jnp.where(took.terminated, old, new), state, took.state)

        return jax.lax.fori_loop(0, steps, step, state)

    def play(key, wander):
        def step(carry):
            state, n, _, _ = carry
            took = world.step(key, state, expert(state))
            met = took.terminated & (took.reward > 0)
            return took.state, n + 1, took.terminated | (n >= 150), met

        begin = wandered(key, world.reset(key)[0], wander)
        begin = begin._replace(grid=begin.grid._replace(clock=jnp.int32(-1000)))
        _, n, _, solved = jax.lax.while_loop(lambda c: ~c[2], step, (begin, 0, False, False))
        return begin.grid, n, solved

    return jax.jit(jax.vmap(play, (0, None)), compiler_options=QUICK)


def played(name: str, wander: int = 0, copies: int = COPIES):
    return jax.device_get(player(name)(jax.random.split(jax.random.key(3), copies), wander))


@pytest.mark.parametrize("name", marked(PLACES))
def test_the_expert_takes_a_shortest_way(name):
    grids, steps, solved = played(name)
    facts = make(f"minigrid/{name}").facts
    for k in range(COPIES):
        grid = jax.tree.map(lambda x, k=k: x[k], grids)
        start = int(grid.agent.row), int(grid.agent.column), int(grid.agent.direction)
        assert steps[k] == shortest(facts, grid.cells.astype(np.int64), start, int(grid.wanted)), k
    assert solved.all()


@pytest.mark.parametrize(
    ("name", "share", "more"), [(KEPT[0], 0.85, 0.2), pytest.param(KEPT[1], 0.7, 1.0, marks=pytest.mark.long)]
)
def test_where_things_are_put_down_most_ways_are_shortest(name, share, more):
    """No search in the package knows these: whole grids are searched, in which what is put down lies where it lies."""
    grids, steps, solved = played(name)
    best = np.array([fewest(jax.tree.map(lambda x, k=k: x[k], grids)) for k in range(COPIES)])
    assert solved.all()
    assert (best > 0).all()
    assert (steps >= best).all()
    assert (steps == best).mean() > share
    assert (steps - best).mean() < more


@pytest.mark.parametrize("name", marked(("doorkey-8x8", *KEPT, "locked-room")))
def test_the_expert_finds_out_of_any_mess(name):
    """After a hundred actions by chance doors are shut again and things lie about; a learner leaves such states."""
    _, steps, solved = played(name, WANDERED)
    assert solved.all()
    assert steps.max() < 100


def test_worlds_without_an_expert_say_so():
    for name in ("minigrid/xland-r1-9x9-pair", "gymnax/cartpole"):
        world = make(name)
        with pytest.raises(OutriderError, match=f"world {name} has no expert; .* choose one of them"):
            expert_of(world)
