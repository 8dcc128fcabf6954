"""The MiniGrids beyond one door and its key, each step of a walk against xminigrid's own step."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xminigrid
from xminigrid.core import goals, rules
from xminigrid.core.constants import TILES_REGISTRY
from xminigrid.envs.minigrid.memory import MemoryEnvCarry
from xminigrid.types import AgentState, EnvCarry, TimeStep
from xminigrid.types import State as TheirState

import walks
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.family import WORLDS
from outrider.worlds.names import event_sentences

N = 8192
ENOUGH, MOST_WALKS = 5, 60  # steps that end an episode, and walks in which to look for more
RULES = {"pair": rules.TileNearRule, "near": rules.AgentNearRule, "hold": rules.AgentHoldRule}
GOALS = {"pair": goals.TileNearGoal, "near": goals.AgentNearGoal, "hold": goals.AgentHoldGoal}


def tile(cell):
    return TILES_REGISTRY[cell // t.COLOURS, cell % t.COLOURS]


def named(when, of):
    return {"tile_a": tile(of[0]), "tile_b": tile(of[1])} if when == "pair" else {"tile": tile(of[0])}


def encoded(facts):
    """xminigrid's own encoding of a world's rules and of its goal."""
    if not facts.rules:
        return None, rules.EmptyRule().encode()[None]
    ours = facts.rules
    goal = GOALS[ours.goal.when](**named(ours.goal.when, ours.goal.of)).encode()
    made = [RULES[r.when](**named(r.when, r.of), prod_tile=tile(r.makes)).encode() for r in ours.rules]
    return jnp.pad(goal, (0, 5 - len(goal))), jnp.stack(made)


@cache
def theirs(world_id):
    """xminigrid's step from one of our states: grid, position, direction, pocket, reward, last, discount."""
    facts = WORLDS[world_id]
    env, params = xminigrid.make(facts.layout)
    fixed, rule_encoding = encoded(facts)

    def pair(cell):
        return jnp.stack([cell // t.COLOURS, cell % t.COLOURS], axis=-1).astype(jnp.uint8)

    def step(state, action):
        cells, agent = state.grid.cells, state.grid.agent
        goal, carry = fixed, EnvCarry()
        if facts.success == "goal":
            goal = goals.AgentOnTileGoal(tile=pair(state.grid.wanted)).encode()
        elif facts.success == "open":
            position = jnp.stack(jnp.divmod(state.doors[0], cells.shape[1]))
            goal = goals.TileOnPositionGoal(tile=pair(state.grid.wanted), position=position).encode()
        elif facts.success == "match":
            goal, end = goals.EmptyGoal().encode(), cells.shape[1] - 2
            upper = cells[1, end] == cells[2, 1]
            rows = jnp.where(upper, jnp.array([2, 4]), jnp.array([4, 2]))
            carry = MemoryEnvCarry(jnp.stack([rows[0], end]), jnp.stack([rows[1], end]))
        holder = AgentState(jnp.stack([agent.row, agent.column]), agent.direction, pair(agent.pocket))
        before = TheirState(
            jax.random.key(0), state.grid.clock, pair(cells), holder, goal, rule_encoding, carry
        )
        after = env.step(params, TimeStep(before, 1, 0.0, 1.0, None), action)
        new = after.state
        return new.grid, new.agent, after.reward, after.last(), after.discount

    return jax.jit(jax.vmap(step), compiler_options=walks.QUICK)


def check(world_id, states, actions):
    """Our step of each state is theirs."""
    ours = walks.stepped(world_id, states, actions)
    grid, agent, reward, last, discount = jax.device_get(theirs(world_id)(states, actions))
    np.testing.assert_array_equal(ours.state.grid.cells, grid[..., 0] * t.COLOURS + grid[..., 1])
    mine = ours.state.grid.agent
    np.testing.assert_array_equal(np.stack([mine.row, mine.column], -1), agent.position)
    np.testing.assert_array_equal(mine.direction, agent.direction)
    np.testing.assert_array_equal(mine.pocket, agent.pocket[..., 0] * t.COLOURS + agent.pocket[..., 1])
    np.testing.assert_allclose(ours.reward, reward, rtol=1e-6)
    np.testing.assert_array_equal(ours.terminated | ours.truncated, last)
    np.testing.assert_array_equal(ours.terminated, discount == 0)
    return ours


def steps_of(walk, rows):
    """States and actions of some of a walk's steps."""
    return jax.tree.map(lambda x: walks.flat(x)[rows], (walk.world, walk.action))


def ending_steps(world_id):
    """Up to 1,000 steps that end an episode, from as many walks as it takes to have enough of them."""
    found = []
    for seed in range(7, 7 + MOST_WALKS):
        walk = walks.walk_from(world_id, seed)
        found.append(steps_of(walk, np.flatnonzero(walks.flat(walk.after.terminated))))
        if sum(len(actions) for _, actions in found) > ENOUGH:
            break
    return jax.tree.map(lambda *parts: np.concatenate(parts)[:1000], *found)


@pytest.mark.parametrize("world_id", walks.marked(walks.MORE))
def test_walks_move_by_xminigrids_rules(world_id):
    walk, never = walks.walk(world_id), "locked-room" in world_id  # which no walk leaves
    ends = steps_of(walk, slice(0)) if never else ending_steps(world_id)
    others = steps_of(walk, np.linspace(0, walk.action.size - 1, N - len(ends[1])).astype(int))
    ours = check(world_id, *jax.tree.map(lambda *parts: np.concatenate(parts), others, ends))
    assert ours.terminated.sum() == 0 if never else ours.terminated.sum() > ENOUGH


@pytest.mark.parametrize("world_id", walks.marked(w for w in walks.MORE if WORLDS[w].rules))
def test_crowded_grids_obey_xminigrids_rules(world_id):
    """Grids full of the rules' own things, so that every rule fires often, and several at once."""
    ours_rules, rng = WORLDS[world_id].rules, np.random.default_rng(3)
    states = jax.tree.map(
        lambda x: np.array(x[rng.integers(0, len(x), N)]), walks.flat(walks.walk(world_id).world)
    )
    things = np.unique([*ours_rules.start, *(rule.makes for rule in ours_rules.rules)])
    cells = states.grid.cells
    inside = np.zeros(cells.shape, bool)
    inside[:, 1:-1, 1:-1] = True
    cells = np.where(inside & (rng.random(cells.shape) < 0.5), rng.choice(things, cells.shape), cells)
    row, column = (rng.integers(1, side - 1, N) for side in cells.shape[1:])
    cells[np.arange(N), row, column] = t.FLOOR * t.COLOURS + t.BLACK
    agent = states.grid.agent._replace(
        row=row.astype(np.int32),
        column=column.astype(np.int32),
        direction=rng.integers(0, 4, N).astype(np.int32),
        pocket=np.where(rng.random(N) < 0.5, rng.choice(things, N), 0).astype(np.uint8),
    )
    states = states._replace(grid=states.grid._replace(cells=cells.astype(np.uint8), agent=agent))
    actions = rng.choice([t.FORWARD, t.PICK_UP, t.DROP], N).astype(np.int32)
    ours = check(world_id, states, actions)
    told, counts = np.unique(ours.events, return_counts=True)
    said = event_sentences(world_id)
    often = {said.get(code, ""): n for code, n in zip(told.tolist(), counts, strict=True)}
    for rule in ours_rules.rules:
        assert often[rule.sentence] > 20, rule.sentence
    goal = ours_rules.goal
    assert goal.when == "hold" or often[goal.sentence] == ours.terminated.sum() > 20


def test_rules_say_what_they_did():
    """Each caption of a rule, against the cells that came and went."""
    world_id = "minigrid/xland-r1-9x9-pair"
    walk = walks.walk(world_id)
    said = event_sentences(world_id)
    events = walks.flat(walk.after.events)[:, 0]
    (code,) = (c for c, text in said.items() if "they became" in text)
    assert said[code] == "You put the red ball next to the blue square and they became a green star."
    rows = np.flatnonzero(events == code)
    assert len(rows) > 5
    states = jax.tree.map(lambda x: x[rows], walks.flat(walk.world))
    after = walks.stepped(world_id, states, walks.flat(walk.action)[rows]).state.grid
    ball, square, star = (t.BALL * 12 + 1, t.SQUARE * 12 + 3, t.STAR * 12 + 2)
    held = states.grid.agent.pocket[:, None] == [ball, square]
    lay = np.stack([(states.grid.cells == thing).any((1, 2)) for thing in (ball, square)], 1)
    assert (held | lay).all()
    assert not np.isin(after.cells, (ball, square)).any()
    assert ((after.cells == star).sum((1, 2)) == 1).all()


@pytest.mark.parametrize(
    ("name", "many", "never"),
    [
        ("unlock", 32, ("opened the", "closed the", "into the closed", "walked through")),
        ("unlock-pickup", 116, ("dropped the red ball", "dropped the yellow star")),
        ("xland-r1-9x9-pair", 17, ("dropped the green star",)),
        ("xland-r2-9x9-near", 42, ("into the purple pyramid", "into the yellow hexagon")),
        ("xland-r4-13x13-chain", 47, ("up the red square.", "dropped the red square", "into the green star",
            "up the green star", "dropped the green star")),
    ],
)  # fmt: skip
def test_nothing_is_listed_that_an_end_or_a_rule_forestalls(name, many, never):
    listed = event_sentences(f"minigrid/{name}").values()
    assert not [sentence for sentence in listed if any(part in sentence for part in never)]
    assert len(listed) == many


@pytest.mark.parametrize("world_id", walks.marked(w for w in walks.MORE if "xland" in w or "unlock" in w))
def test_a_hundred_thousand_lively_steps_say_what_is_listed(world_id):
    """Nothing beside it, and all of it but a few rare things."""
    met = set(np.unique(walks.walk(world_id).after.events).tolist()) - {0}
    listed = set(event_sentences(world_id))
    assert met <= listed
    assert len(met) > 0.9 * len(listed)


def test_memory_fails_before_the_wrong_thing():
    """Both ends are found by chance, each is said, only one is paid, and both terminate."""
    steps = walks.steps("minigrid/memory-8")
    said = event_sentences("minigrid/memory-8")
    told = np.vectorize(lambda code: said.get(code, ""))(steps.events[..., 0])
    right, wrong = (told == f"You went to the {which} object." for which in ("matching", "wrong"))
    assert min(right.sum(), wrong.sum()) > 50
    np.testing.assert_array_equal(right | wrong, steps.terminated)
    np.testing.assert_array_equal(right, steps.reward > 0)
    assert not steps.truncated[wrong].any()
    grid = steps.state.grid
    ahead = np.where(grid.agent.direction == 0, grid.cells[..., 1, 6], grid.cells[..., 5, 6])
    first = grid.cells[..., 2, 1]
    np.testing.assert_array_equal(right[right | wrong], (ahead == first)[right | wrong])
    assert not steps.state.grid.agent.pocket.any()  # nothing is picked up


@pytest.mark.parametrize("name", WORLDS)
def test_horizons_are_xminigrids(name):
    _, params = xminigrid.make(WORLDS[name].layout)
    assert WORLDS[name].horizon == params.max_steps
