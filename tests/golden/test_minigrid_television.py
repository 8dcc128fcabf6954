"""The television of a MiniGrid: when it is on, what it shows and how often, and that it changes nothing else."""

import jax
import numpy as np
import pytest
from scipy import stats

import walks
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.family import WORLDS
from outrider.worlds.minigrid.words import EVENTS, TELEVISION
from outrider.worlds.minigrid.world import SCREEN_BITS
from outrider.worlds.television import CHANNELS
from walks import PLAIN, TELEVISED


@pytest.mark.parametrize("world_id", walks.marked(TELEVISED))
def test_the_television_shows_any_channel_as_often(world_id):
    codes = walks.steps(world_id).events.reshape(-1)
    shown = np.bincount(codes[codes >= TELEVISION] - TELEVISION, minlength=CHANNELS)
    assert shown.sum() > 8000
    assert len(shown) == CHANNELS
    assert 1e-4 < stats.chisquare(shown).pvalue < 1 - 1e-4


@pytest.mark.parametrize("world_id", walks.marked(TELEVISED))
def test_the_television_comes_on_exactly_when_nothing_is_toggled_or_dropped(world_id):
    steps, walk = walks.steps(world_id), walks.walk(world_id.partition("+")[0])
    codes, action = steps.events[..., 0], walk.action
    on, handled = codes >= TELEVISION, (action == t.TOGGLE) | (action == t.DROP)
    same = (steps.state.grid.cells == walk.world.grid.cells).all((2, 3))
    np.testing.assert_array_equal(on, same & handled)
    # It takes the place of "Nothing happened.", which stays for picking up nothing.
    said_nothing = codes == [event.kind for event in EVENTS].index("nothing")
    np.testing.assert_array_equal(said_nothing, same & (action == t.PICK_UP))


@pytest.mark.parametrize("world_id", walks.marked(TELEVISED))
def test_the_picture_stands_in_the_observation_in_binary(world_id):
    steps = walks.steps(world_id)
    codes = steps.events[..., 0].astype(int)
    picture = np.where(codes >= TELEVISION, codes - TELEVISION + 1, 0)
    np.testing.assert_array_equal(steps.obs.vector @ (1 << np.arange(SCREEN_BITS)), picture)
    np.testing.assert_array_equal(steps.state.screen, picture)
    assert CHANNELS < 1 << SCREEN_BITS


def test_the_picture_goes_out_with_the_next_step_and_the_reset():
    walk = walks.walk(TELEVISED[0])
    picture = walk.after.final.vector[..., :SCREEN_BITS] @ (1 << np.arange(SCREEN_BITS))
    on = walk.after.events[..., 0] >= TELEVISION
    np.testing.assert_array_equal(picture > 0, on)
    ended = walk.after.terminated | walk.after.truncated
    assert (ended & on).any()
    shown = walk.after.obs.vector[..., :SCREEN_BITS] @ (1 << np.arange(SCREEN_BITS))
    np.testing.assert_array_equal(shown, np.where(ended, 0, picture))


@pytest.mark.parametrize("world_id", PLAIN)
def test_without_the_option_there_is_no_television(world_id):
    walk = walks.walk(world_id)
    assert walk.after.events.max() < TELEVISION
    assert not walk.world.screen.any()
    assert walks.world(world_id).vector == 0
    assert WORLDS[world_id].horizon == walks.world(world_id + "+television").horizon


@pytest.mark.parametrize("world_id", walks.marked(TELEVISED))
def test_the_television_changes_nothing_else(world_id):
    """The same states and actions lead to the same grids, sights and rewards with and without it."""
    plain, televised = walks.steps(walks.base(world_id)), walks.steps(world_id)
    for part in ("reward", "terminated", "truncated"):
        np.testing.assert_array_equal(getattr(plain, part), getattr(televised, part))
    jax.tree.map(np.testing.assert_array_equal, plain.state.grid, televised.state.grid)
    np.testing.assert_array_equal(plain.obs.grid, televised.obs.grid)
    on = televised.events >= TELEVISION
    nothing = [event.kind for event in EVENTS].index("nothing")
    np.testing.assert_array_equal(np.where(on, nothing, televised.events), plain.events)
