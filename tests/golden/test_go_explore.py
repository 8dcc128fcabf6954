"""Go-Explore: every way that is read back from a search leads to exactly the state that the archive holds."""

import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import walks
from deep_sea import DeepSea, State
from outrider.errors import OutriderError
from outrider.learn.go_explore import NEVER, SECOND, Best, GoExplore, calls_of, check, explore
from outrider.learn.go_settings import GoSettings
from outrider.learn.trails import demonstrations, trail, walk
from outrider.types import Step

SIZE = 6


@dataclass(frozen=True)
class Drifting(DeepSea):
    """A DeepSea whose diver begins in a column drawn by the reset, and drifts right by chance; each event is a row."""

    codes: int = SIZE + 1

    def reset(self, key):
        state = State(jnp.int32(0), jax.random.randint(key, (), 0, 2))
        return state, self._observe(state)

    def step(self, key, state, action) -> Step:
        stepped = super().step(key, state, action)
        column = jnp.minimum(stepped.state.column + jax.random.bernoulli(key, 0.3), self.size - 1)
        after = State(stepped.state.row, column)
        return stepped._replace(state=after, obs=self._observe(after), events=after.row[None])


SETTINGS = GoSettings(copies=5, length=8, layouts=3)  # longer than an episode: some end within an exploration


@cache
def found():
    """A search, its key, and the last state of every step by its number, played step by step."""
    go = GoExplore(Drifting(SIZE), SETTINGS)
    ((search, rounds),) = explore(go, [3], 1200)
    return go, search, rounds


def entries(search):
    return jax.tree.map(lambda x: np.asarray(x[: int(search.archive.count)]), search.archive.stand)


def test_ways_to_all_cells_lead_there_again():
    go, search, rounds = found()
    held = entries(search)
    assert len(held.born) > 3 * SIZE
    assert (held.born < 0).sum() == 3
    ways = [trail(rounds, int(born)) for born in held.born]
    np.testing.assert_array_equal([len(way.steps) for way in ways], held.length)
    np.testing.assert_array_equal([way.layout for way in ways], held.layout)
    told = walk(go, search.key, rounds, ways, states=True)
    for k, length in enumerate(held.length):
        last = jax.tree.map(lambda x, k=k, n=length: x[k, n], told.states)
        assert last == jax.tree.map(lambda x, k=k: x[k], held.state)
        assert not (told.terminated | told.truncated)[k, :length].any()
        assert sum(told.reward[k, :length], np.float32(0)) == held.returned[k]


def test_some_ways_turned_back_within_an_exploration():
    """What the test above is worth: episodes ended, and ways went on from several cells."""
    _, search, rounds = found()
    assert rounds.ended.any()
    later = [born for born in entries(search).born if born >= 0]
    assert any(rounds.begin.reshape(-1)[_row(born)] >= 0 for born in later)


def _row(born):
    step, copy = divmod(born, SETTINGS.copies)
    return step // SETTINGS.length * SETTINGS.copies + copy


def test_first_meetings_and_the_best_are_those_of_all_steps():
    go, search, rounds = found()
    count = rounds.ended.size
    ways = [trail(rounds, number) for number in range(count)]
    told = walk(go, search.key, rounds, ways)
    last = np.array([len(way.steps) - 1 for way in ways])
    rows = np.arange(count)
    np.testing.assert_array_equal(told.terminated[rows, last], rounds.ended.reshape(-1))
    events = told.events[rows, last, 0]
    for code in range(1, SIZE + 1):
        assert int(search.first_met[code]) == 1 + np.flatnonzero(events == code)[0]
    assert int(search.first_met[0]) == NEVER

    returned = np.array([sum(told.reward[k, : last[k] + 1], np.float32(0)) for k in range(count)])
    solved = told.terminated[rows, last] & (returned > 0)
    assert int(search.first_solved) == 1 + np.flatnonzero(solved)[0]
    layout = np.array([way.layout for way in ways])
    for k in range(SETTINGS.layouts):
        ranked = [(~solved[n], -returned[n], last[n] + 1, n) for n in np.flatnonzero(layout == k)]
        missed, negative, length, number = min(ranked)
        if not missed or negative < 0:
            best = jax.tree.map(lambda x, k=k: x[k], search.best)
            assert (best.solved, best.stand.returned, best.stand.length) == (~missed, -negative, length)
            assert best.stand.born == number


def test_the_best_ways_are_whole_demonstrations():
    go, search, rounds = found()
    shown, best = demonstrations(go, search, rounds), search.best
    solved = np.asarray(best.solved)
    assert solved.any()
    np.testing.assert_allclose(shown.returns, best.stand.returned[solved], rtol=1e-6)
    np.testing.assert_array_equal(np.diff(shown.ends, prepend=-1), best.stand.length[solved])
    assert shown.terminated[shown.ends].all()
    assert not shown.truncated.any()
    # What is seen is what each state looks like: in a DeepSea, one bit.
    assert (shown.obs.vector.sum(1) == 1).all()
    assert shown.obs.vector[0, :SIZE].any()


def test_a_way_that_no_end_came_to_is_cut():
    """Where nothing counts as a success, the best way ends where it was best: here made to be the first step."""
    go, search, rounds = found()
    born = search.best.stand.born * 0
    first = search.best.stand._replace(born=born, returned=jnp.ones(len(born)))
    cut = demonstrations(go, search._replace(best=Best(search.best.solved & False, first)), rounds)
    assert cut.truncated.all()
    assert not cut.terminated.any()
    assert len(cut.action) == len(cut.ends) == SETTINGS.layouts


def test_nothing_found_is_nothing_to_show():
    go, search, rounds = found()
    nothing = Best(search.best.solved & False, search.best.stand._replace(returned=jnp.zeros(3)))
    with pytest.raises(OutriderError, match="nothing worth showing was found in deepsea-6"):
        demonstrations(go, search._replace(best=nothing), rounds)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"copies": 0}, "search setting copies is 0; it must be at least 1"),
        ({"sticky": 1.0}, "search setting sticky is 1.0; it must be at least 0 and below 1"),
        ({"cells": "pixels"}, "'pixels'; it must be one of auto, situations, observations"),
        ({"columns": (2,), "cells": "situations"}, "a situation of deepsea-6 has 2 numbers, from 0 on"),
        ({"columns": (0,)}, "search setting columns is of situations"),
        ({"most_cells": 2, "layouts": 3}, "most_cells is 2, but each of 3 layouts needs a cell"),
    ],
)
def test_settings_out_of_range_are_refused(wrong, told):
    with pytest.raises(OutriderError, match=re.escape(told)):
        check(GoExplore(Drifting(SIZE), GoSettings(**wrong)), 1000)


def test_cells_of_fewer_columns_are_fewer():
    settings = GoSettings(copies=5, length=8, cells="situations", columns=(0,))
    ((search, _),) = explore(GoExplore(Drifting(SIZE), settings), [0], 400)
    assert int(search.archive.count) == SIZE  # the rows but the last, in which the episode is over


@dataclass(frozen=True)
class Flagged(Drifting):
    """The event of the third row raises a flag."""

    flags: int = 1

    def flag_bits(self, codes):
        return (codes == 3).astype(jnp.uint32)


class Diver(NamedTuple):
    """Goes right until the flag is up, and left from then on."""

    world: Flagged

    def start(self, copies):
        return ()

    def act(self, memory, obs, restart):
        row, column = jnp.divmod(obs.vector[:, :-1].argmax(1), SIZE)
        action = jnp.asarray(self.world.right)[row, column] ^ obs.vector[:, -1]
        return 50.0 * jax.nn.one_hot(action, 2), jnp.zeros(len(action)), memory


def test_a_policy_explores_by_what_it_sees_flags_among_it():
    world = Flagged(SIZE)
    go = GoExplore(world, GoSettings(copies=5, length=4), policy=Diver(world))
    ((search, rounds),) = explore(go, [0], 400)
    told = walk(
        go, search.key, rounds, [trail(rounds, int(born)) for born in entries(search).born], states=True
    )
    went_right = (
        np.asarray(world.right)[told.states.row[:, :-1] % SIZE, told.states.column[:, :-1]] == told.action
    )
    for k, length in enumerate(entries(search).length):
        np.testing.assert_array_equal(went_right[k, :length], told.states.row[k, :length] < 3)


def test_a_policy_with_a_memory_is_refused():
    class Recurrent(Diver):
        def start(self, copies):
            return jnp.zeros((copies, 2))

    go = GoExplore(Flagged(SIZE), SETTINGS, policy=Recurrent(Flagged(SIZE)))
    with pytest.raises(OutriderError, match="the policy has a memory"):
        check(go, 100)


@pytest.mark.long
@pytest.mark.parametrize(
    ("world_id", "copies"),
    [("minigrid/doorkey-8x8+television", 64), ("gymnax/cartpole", 64), ("craftax/classic", 16)],
)
def test_ways_of_worlds_with_chance_lead_there_again(world_id, copies):
    """The first and the latest cells of each world, state by state and number by number."""
    go = GoExplore(walks.world(world_id), GoSettings(copies=copies, length=16, layouts=2))
    ((search, rounds),) = explore(go, [1], copies * 16 * 12)
    held = entries(search)
    some = np.unique(np.linspace(0, len(held.born) - 1, 32).astype(int))
    ways = [trail(rounds, int(held.born[k])) for k in some]
    assert max(len(way.steps) for way in ways) > 16, "no way went on from another"
    told = walk(go, search.key, rounds, ways, states=True)
    for row, k in enumerate(some):
        last = jax.tree.map(lambda x, row=row, n=held.length[k]: x[row, n], told.states)
        jax.tree.map(np.testing.assert_array_equal, last, jax.tree.map(lambda x, k=k: x[k], held.state))


@pytest.mark.parametrize(
    ("batch", "steps"), [(1, 1), (8192, 1_000_000), (45_056, 1_000_000), (1 << 18, 1000), (655_360, 10**6)]
)
def test_a_search_makes_the_steps_that_it_is_asked_for(batch, steps):
    calls, chunk = calls_of(batch, steps)
    needed = -(-steps // batch)
    assert needed <= calls * chunk < needed + calls
    assert chunk == 1 or chunk * batch <= SECOND


def test_steps_that_cannot_be_numbered_are_refused():
    with pytest.raises(OutriderError, match="cannot be numbered"):
        check(GoExplore(Drifting(SIZE), GoSettings(copies=1 << 16, length=1 << 14)), 1_999_999_999)
