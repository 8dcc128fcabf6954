"""The expert of the MiniGrid worlds without rule sets: the next action of a shortest way to success, inside `jit`.

It sees the whole state, which an agent does not: what an agent can learn of it is what its own view tells.

A way is planned by stages, from the last to the first. Each is one wave of `ways.py` over all poses and ends where an
action changes what can be walked through or what is carried, so that the first stage knows what all later ones cost:

    key -> lock -> goal                                     where the mission is a place (or the lock itself)
    thing in the way -> put down -> key -> lock -> put down -> wanted thing       where it is to hold a thing

The plan is made anew at every step, from any state: what a learner dropped, closed or never fetched is where it is.

Ways are the shortest but in two respects, both where things must be put down. A plan does not foresee that the thing
put down may then be in its way; putting down is weighed against all else with the thing where it would lie, so that it
happens elsewhere, a step or two later. And where a thing bars the lock, it is moved before the key is fetched; whoever
holds the key already puts it down at once. `shortest.py` tells how short ways could be.
"""

from __future__ import annotations

from collections.abc import Iterable

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from outrider.worlds.experts import Expert, Gauge
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.catalogue import MiniGridFacts
from outrider.worlds.minigrid.dynamics import Grid, front
from outrider.worlds.minigrid.ways import FAR, Poses, ahead, ends, entering, ways
from outrider.worlds.minigrid.world import MiniGrid
from outrider.worlds.world import World

AT_ONCE = FAR // 2  # worse than any way and better than none


def of(world: World) -> Expert | None:
    """The expert of a MiniGrid world of this family; none where rules make things."""
    if not isinstance(world, MiniGrid) or world.facts.rules:
        return None
    return lambda state: action(world.facts, state.grid)


def gauge(world: World) -> Gauge | None:
    """How many steps the expert still needs, at most the horizon; none where there is no expert."""
    if not isinstance(world, MiniGrid) or world.facts.rules:
        return None
    return lambda state: jnp.minimum(steps(world.facts, state.grid), world.horizon).astype(jnp.int32)


def action(facts: MiniGridFacts, grid: Grid) -> Int[Array, ""]:
    """What to do next; without meaning where no way leads to success."""
    agent = grid.agent
    far, here = _plan(facts, grid)
    row, column = front(agent)
    tile = grid.cells[row, column] // t.COLOURS
    onward, enter = far[agent.direction, row, column], entering(grid.cells, _nowhere(grid))[row, column]
    end = here[agent.direction, agent.row, agent.column]
    lifts, unlocks = _among(tile, t.OBJECTS), tile == t.DOOR_LOCKED
    costs = {
        t.FORWARD: jnp.minimum(jnp.where(enter == 1, 1 + onward, FAR), jnp.where(lifts | unlocks, FAR, end)),
        t.TURN_RIGHT: 1 + far[(agent.direction + 1) % 4, agent.row, agent.column],
        t.TURN_LEFT: 1 + far[(agent.direction - 1) % 4, agent.row, agent.column],
        t.PICK_UP: jnp.where(lifts, end, FAR),
        t.TOGGLE: jnp.where(unlocks, end, jnp.where(enter == 2, 2 + onward, FAR)),
    }
    if facts.success == "hold":
        can = (agent.pocket > 0) & (tile == t.FLOOR)
        costs[t.FORWARD] = jnp.where(enter == 1, 1 + onward, FAR)
        # Before all else that costs as much: later there may be no place.
        costs = {t.DROP: jnp.where(can, 1 + steps(facts, _without(grid)), FAR), **costs}
    return jnp.asarray(list(costs))[jnp.argmin(jnp.stack(list(costs.values())))]


def steps(facts: MiniGridFacts, grid: Grid) -> Int[Array, ""]:
    """How many steps the plan takes; `FAR` where there is none. A door that is walked through twice counts twice."""
    agent = grid.agent
    return _plan(facts, grid)[0][agent.direction, agent.row, agent.column]


def _plan(facts: MiniGridFacts, grid: Grid) -> tuple[Poses, Poses]:
    """Steps from each pose, and from those in which one action ends the present stage."""
    cells, pocket = grid.cells, grid.agent.pocket
    tile, colour = cells // t.COLOURS, cells % t.COLOURS
    mission, barred = _mission(facts, grid)
    lock = tile == t.DOOR_LOCKED
    opener = t.KEY * t.COLOURS + jnp.max(jnp.where(lock, colour, 0).astype(jnp.int32))
    locked, held = lock.any(), pocket == opener
    key = lock.any() & (cells == opener)
    things = _among(tile, t.OBJECTS) & (cells != grid.wanted if facts.success == "hold" else True)
    rest = things & ~key  # what is only ever in the way

    def enter(*cleared: Bool[Array, "h w"]) -> Array:
        gone = sum(cleared[1:], cleared[0]) if cleared else _nowhere(grid)
        return jnp.where(barred, FAR, entering(cells, gone)).astype(jnp.int16)

    if facts.success != "hold":
        after = ways(enter(lock, things), mission)  # nothing is in the way any more
        if not facts.doors:
            return after, mission
        unlocked = after if facts.success == "goal" else 0
        to_lock = ends(ahead(lock), unlocked)
        with_key = ways(enter(key), to_lock)
        now = jnp.where(
            locked,
            jnp.where(held, to_lock, ends(ahead(key), with_key)),
            jnp.minimum(mission, ends(ahead(things), after)),
        )
        return ways(enter(), now), now

    floor = ahead(tile) == t.FLOOR
    free = ways(enter(lock, things), mission)  # with empty hands, nothing in the way
    full = ways(enter(lock, things), ends(floor, free))  # something is carried
    mission = jnp.minimum(mission, ends(ahead(rest), full))
    among = ways(enter(lock, key), mission)  # with empty hands, the rest where it is
    to_lock = ends(ahead(lock), full)
    barred_key, free_key = ways(enter(key), to_lock), ways(enter(key, rest), to_lock)
    moved = ways(
        enter(rest), ends(ahead(key), free_key)
    )  # with empty hands, the rest moved, the key in its place
    moving = ways(enter(rest), ends(floor, moved))
    fetch = jnp.minimum(ends(ahead(key), barred_key), ends(ahead(rest), moving))
    at_once = jnp.where(floor & rest.any(), AT_ONCE, FAR).astype(jnp.int16)
    empty = pocket == 0
    before = jnp.where(held, jnp.minimum(to_lock, at_once), jnp.where(empty, fetch, ends(floor, moved)))
    now = jnp.where(locked, before, jnp.where(empty, mission, ends(floor, among)))
    return ways(enter(), now), now


def _mission(facts: MiniGridFacts, grid: Grid) -> tuple[Poses, Bool[Array, "h w"]]:
    """The poses in which one action more is success, with free hands and an open way; and cells never to be entered."""
    cells = grid.cells
    if facts.success != "match":
        return ends(ahead(cells) == grid.wanted), _nowhere(grid)
    height, width = cells.shape
    row, column = jnp.arange(height)[:, None], jnp.arange(width)
    choice = (column == width - 2) & (row != height // 2)
    thing = jnp.where(row < height // 2, cells[1, width - 2], cells[height - 2, width - 2])
    right = choice & (thing == grid.wanted)
    return ends(ahead(right & (cells // t.COLOURS == t.FLOOR))), choice & ~right


def _without(grid: Grid) -> Grid:
    """The grid with what is carried put down ahead."""
    agent = grid.agent
    cells = grid.cells.at[front(agent)].set(agent.pocket)
    return grid._replace(cells=cells, agent=agent._replace(pocket=jnp.zeros_like(agent.pocket)))


def _among(tile: Array, wanted: Iterable[int]) -> Bool[Array, "..."]:
    return jnp.isin(tile, jnp.asarray(list(wanted), tile.dtype))


def _nowhere(grid: Grid) -> Bool[Array, "h w"]:
    return jnp.zeros(grid.cells.shape, bool)
