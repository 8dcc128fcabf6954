"""Scores beside what others reach: every reference has a source; normalised scores are 0 by chance, 1 at the top."""

import importlib.util
import json
from collections import deque
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

import walks
from outrider.errors import OutriderError
from outrider.worlds.facts import MEASURED, RANDOM, between, normalised, reference, scores, share_of_maximum
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.names import WORLDS, check_world
from player import Player

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
REFERRED = [*WORLDS.values()]


def result(name):
    """The rows of a benchmark's result, by world."""
    return {
        row["world"]: row for row in json.loads((BENCHMARKS / "results" / f"{name}.json").read_text())["rows"]
    }


def test_every_world_has_references_with_sources():
    for facts in REFERRED:
        assert facts.references
        names = [one.name for one in facts.references]
        assert len(names) == len(set(names))
        assert all(one.source for one in facts.references)


@pytest.mark.parametrize("facts", REFERRED, ids=lambda facts: facts.name)
def test_chance_is_0_and_the_top_is_1(facts):
    low, high = reference(facts, RANDOM).score, reference(facts, "maximum", "solved").score
    assert normalised(facts, low) == 0
    assert normalised(facts, high) == 1
    assert 0 < normalised(facts, (low + high) / 2) < 1
    assert facts.solved_above < high
    assert all(low <= one.score <= high for one in facts.references)


def test_what_chance_scores_is_what_was_measured():
    """Every world was measured; a reference is that number, or by the rules, within its error."""
    rows = result("random_scores")
    assert list(rows) == list(WORLDS)
    for name, row in rows.items():
        one = reference(WORLDS[name], RANDOM)
        if one.source == MEASURED:
            assert one.score == row["mean return"], name
        else:
            assert abs(one.score - row["mean return"]) <= 4 * row["standard error"] + 1e-3, name
        for goal, share in row.get("achieved", {}).items():
            assert reference(check_world(f"{name}+only={goal}")[0], RANDOM).score == share
    assert sum(len(row.get("achieved", {})) for row in rows.values()) == 22 + 67


def test_one_achievement_alone_is_normalised():
    for world_id in ("craftax/classic+only=collect-wood", "craftax/full+only=eat-bat"):
        facts, _ = check_world(world_id)
        assert normalised(facts, 1.0) == 1
        assert normalised(facts, reference(facts, RANDOM).score) == 0


def test_craftax_is_told_in_shares_of_its_maximum():
    facts, _ = check_world("craftax/full")
    assert share_of_maximum(facts, 226.0) == 1
    assert share_of_maximum(facts, reference(facts, "PPO-RNN, 1 G steps").score) == pytest.approx(
        0.153, abs=1e-4
    )
    assert reference(check_world("craftax/classic")[0], "maximum").score == facts.most - 204
    assert share_of_maximum(check_world("craftax/classic+only=collect-diamond")[0], 0.25) == 0.25


def test_a_world_without_references_says_so():
    low, high = between(0.02, 1.0)
    assert (low.score, high.score) == (0.02, 1.0)
    assert "random_scores" in low.source
    facts = replace(check_world("craftax/full+only=eat-bat")[0], references=(high,))
    with pytest.raises(OutriderError, match="craftax/full has no reference score named random"):
        normalised(facts, 1.0)


@pytest.fixture(scope="module")
def ways():
    """The benchmark that searches shortest ways."""
    pytest.MonkeyPatch().syspath_prepend(BENCHMARKS)
    spec = importlib.util.spec_from_file_location("shortest_ways", BENCHMARKS / "shortest_ways.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_largest_return_is_that_of_the_shortest_ways(ways):
    rows = result("shortest_ways")
    assert list(rows) == ways.SEARCHED
    for name, row in rows.items():
        assert reference(WORLDS[name], "maximum").score == row["mean return"] < 1
        assert row["layouts without a way"] == 0
    assert {name for name in WORLDS if name.startswith("minigrid")} - set(rows) == {
        name for name in WORLDS if "xland" in name
    }
    assert set(scores()["shortest"]) == set(rows)


@pytest.mark.parametrize(
    "world_id",
    walks.marked(
        f"minigrid/{name}"
        for name in (
            "doorkey-8x8",
            "unlock-pickup",
            "blocked-unlock-pickup",
            "memory-8",
            "unlock",
            "locked-room",
        )
    ),
)
def test_no_player_is_faster_than_the_shortest_way(ways, world_id):
    """A player who sees the whole grid takes as many steps or a few more."""
    states, facts = walks.starter(world_id)(walks.keys(3, 1)[0])[0].world, WORLDS[world_id]
    extra = []
    for k in range(6):
        state = jax.tree.map(lambda x, k=k: np.asarray(x)[k], jax.device_get(states))
        state = state._replace(grid=state.grid._replace(clock=np.int32(0)))
        grid = state.grid
        start = int(grid.agent.row), int(grid.agent.column), int(grid.agent.direction)
        least = ways.shortest(facts, grid.cells.astype(int), start, int(grid.wanted))
        player = Player(world_id, state)
        assert player.solve().terminated
        extra.append(len(player.steps) - least)
    assert min(extra) >= 0
    assert sum(extra) / len(extra) <= 12, extra


def test_shortest_ways_are_those_that_can_be_counted(ways):
    """By hand, on small grids: turns, doors and things that are in the way each cost what they should."""
    wall, floor = t.WALL * t.COLOURS + 6, t.FLOOR * t.COLOURS + t.BLACK
    goal, locked = t.GOAL * t.COLOURS + 2, t.DOOR_LOCKED * t.COLOURS + 5
    key, ball = t.KEY * t.COLOURS + 5, t.BALL * t.COLOURS + 1
    letters = {"#": wall, ".": floor, "g": goal, "d": locked, "k": key, "b": ball, "c": key + 1}

    def least(name, row, wanted, direction=1):
        cells = np.full((3, len(row)), wall)
        cells[1] = [letters[letter] for letter in row]
        return ways.shortest(WORLDS[f"minigrid/{name}"], cells, (1, 1, direction), wanted)

    assert least("four-rooms", "#...g#", goal) == 3
    assert least("four-rooms", "#...g#", goal, direction=3) == 5  # two turns
    assert least("four-rooms", "#..#g#", goal) == -1
    assert least("doorkey-5x5", "#k.dg#", goal) == 1 + 2 + 1 + 2 + 1 + 2  # the key lies behind
    assert least("doorkey-5x5", "#.k.d.g#", goal) == 1 + 2 + 1 + 3  # lift, walk, toggle, walk
    assert least("doorkey-5x5", "#.c.d.g#", goal) == -1  # another door's key
    open_ = t.DOOR_OPEN * t.COLOURS + 5
    assert least("unlock", "#.k.d.#", open_) == 1 + 2 + 1
    assert least("unlock-pickup", "#.k.d.b#", ball) == 1 + 2 + 1 + 2 + 2  # put the key down, lift the ball
    assert least("unlock-pickup", "#.b#", ball) == 1


def test_counted_by_another_search(ways):
    """A plain search over places and directions finds the same in rooms without doors and things."""
    for world_id in ("minigrid/four-rooms", "minigrid/empty-random-6x6"):
        facts = WORLDS[world_id]
        reset = jax.jit(walks.world(world_id).reset, compiler_options=walks.QUICK)
        for seed in range(5):
            grid = jax.device_get(reset(jax.random.key(seed))[0].grid)
            start = int(grid.agent.row), int(grid.agent.column), int(grid.agent.direction)
            assert ways.shortest(facts, grid.cells.astype(int), start, int(grid.wanted)) == plain(grid, start)


def plain(grid, start):
    """Breadth first, state by state."""
    queue, seen = deque([(start, 0)]), {start}
    while queue:
        (row, column, way), steps = queue.popleft()
        if grid.cells[row, column] == grid.wanted:
            return steps
        ahead = row + (-1, 0, 1, 0)[way], column + (0, 1, 0, -1)[way]
        nexts = [(row, column, (way + 1) % 4), (row, column, (way - 1) % 4)]
        if grid.cells[ahead] // t.COLOURS in (t.FLOOR, t.GOAL):
            nexts.append((*ahead, way))
        queue += [(state, steps + 1) for state in nexts if state not in seen]
        seen |= set(nexts)
    return -1
