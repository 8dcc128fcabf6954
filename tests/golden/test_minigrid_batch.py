"""Many copies of a world: firsts, flags, returns and resets against plain Python bookkeeping."""

import jax
import numpy as np
import pytest

import walks
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.words import FLAGS, TELEVISION, event_text
from walks import COPIES, FRESH, LENGTH, MINIGRID, PLAIN


def flag_named(sentence):
    """The flag that a sentence raises, told from its words alone; None for silence."""
    if not sentence:
        return None
    if sentence.startswith("The television"):
        return "television"
    if sentence == "Nothing happened.":
        return "nothing"
    words = sentence.removeprefix("You ").rstrip(".").split()
    if words[-1] == "wall":
        return "bumped wall"
    if words[-1] == "goal":
        return "reached"
    verb = {"picked": "picked up", "walked": "walked through"}.get(words[0], words[0])
    if words[-1] == "door":
        return f"bumped {words[3]}" if verb == "bumped" else verb
    return f"{verb} {'key' if words[-1] == 'key' else 'thing'}"


@pytest.fixture(scope="module", params=MINIGRID)
def walk(request):
    """A walk, and where its episodes ended."""
    found = walks.walk(request.param)
    return request.param, found, found.after.terminated | found.after.truncated


def test_first_is_the_first_in_its_episode(walk):
    _, found, ended = walk
    seen = [set() for _ in range(COPIES)]
    want = np.zeros((LENGTH, COPIES), bool)
    for step in range(LENGTH):
        for copy, code in enumerate(found.after.events[step, :, 0].tolist()):
            if code and code not in seen[copy]:
                want[step, copy] = True
                seen[copy].add(code)
            if ended[step, copy]:
                seen[copy].clear()
    np.testing.assert_array_equal(found.after.first[..., 0], want)


def test_flags_rise_with_their_events_and_fall_at_the_reset(walk):
    world_id, found, ended = walk
    names = {code: flag_named(event_text(code)) for code in np.unique(found.after.events).tolist()}
    raised = np.zeros((LENGTH, COPIES, len(FLAGS)), np.uint8)
    now = np.zeros((COPIES, len(FLAGS)), np.uint8)
    after = np.zeros_like(raised)
    for step in range(LENGTH):
        for copy, code in enumerate(found.after.events[step, :, 0].tolist()):
            if names[code]:
                now[copy, FLAGS.index(names[code])] = 1
        raised[step] = now
        now[ended[step]] = 0
        after[step] = now
    start = walks.world(world_id).vector
    np.testing.assert_array_equal(found.after.final.vector[..., start:], raised)
    np.testing.assert_array_equal(found.after.obs.vector[..., start:], after)
    assert not found.obs.vector[0, :, start:].any()


def test_every_flag_can_rise():
    """Over the walks of all worlds each flag is raised: none is left over in the observation."""
    raised = sum(
        walks.walk(w).after.final.vector[..., -len(FLAGS) :].astype(int).sum((0, 1)) for w in MINIGRID
    )
    assert (raised > 0).all(), [name for name, n in zip(FLAGS, raised, strict=True) if not n]


def test_returns_and_lengths(walk):
    _, found, ended = walk
    returned, length = np.zeros(COPIES), np.zeros(COPIES, int)
    for step in range(LENGTH):
        returned, length = returned + found.after.reward[step], length + 1
        np.testing.assert_allclose(
            found.after.episode_return[step], np.where(ended[step], returned, 0), rtol=1e-6
        )
        np.testing.assert_array_equal(found.after.episode_length[step], np.where(ended[step], length, 0))
        returned[ended[step]], length[ended[step]] = 0, 0


def test_who_ended_starts_anew_and_no_one_else(walk):
    _world_id, found, ended = walk
    grid = found.world.grid
    fresh = np.zeros((LENGTH, COPIES), bool)
    fresh[1:] = ended[:-1]
    after_first = np.arange(LENGTH)[:, None] > 0
    np.testing.assert_array_equal((grid.clock == 0) & after_first, fresh)
    assert not grid.agent.pocket[fresh].any()
    assert ((grid.cells[fresh] // t.COLOURS == t.DOOR_LOCKED).sum((1, 2)) == 1).all()
    going = grid.clock[1:][~ended[:-1]] - grid.clock[:-1][~ended[:-1]]
    assert (going == 1).all()
    # What is seen next is what the next action is chosen on.
    jax.tree.map(
        np.testing.assert_array_equal, jax.tree.map(lambda x: x[1:], found.obs), _head(found.after.obs)
    )
    live = ~ended
    np.testing.assert_array_equal(found.after.obs.grid[live], found.after.final.grid[live])


def _head(obs):
    return jax.tree.map(lambda x: x[:-1], obs)


@pytest.mark.parametrize("world_id", PLAIN)
def test_fresh_worlds_are_shared_only_by_those_too_many(world_id):
    """Of the copies that end in one step, the first `FRESH` get worlds of their own, and later steps other worlds."""
    found = walks.walk(world_id)
    ended = (found.after.terminated | found.after.truncated)[:-1]
    grid = found.world.grid
    drawn = []
    for step in np.flatnonzero(ended.any(1)):
        copies = np.flatnonzero(ended[step])
        worlds = [
            (grid.cells[step + 1, c].tobytes(), *(int(x[step + 1, c]) for x in grid.agent)) for c in copies
        ]
        assert len(set(worlds)) >= min(len(worlds), FRESH) - 1  # two fresh worlds may be alike by chance
        drawn += worlds
    assert len(drawn) > 40
    assert len(set(drawn)) > 0.9 * len(drawn)


@pytest.mark.parametrize("world_id", PLAIN)
def test_copies_start_at_random_hours(world_id):
    clock, horizon = walks.walk(world_id).world.grid.clock[0], walks.world(world_id).horizon
    assert clock.min() >= 0
    assert clock.max() < horizon
    assert abs(clock.mean() / horizon - 0.5) < 0.12
    assert len(np.unique(clock)) > COPIES / 2


def test_walks_are_a_function_of_the_key():
    world_id = PLAIN[0] + "+television"
    one, again, other = walks.walk(world_id), walks.walk_from(world_id, 7), walks.walk_from(world_id, 8)
    jax.tree.map(np.testing.assert_array_equal, one, again)
    assert (one.action != other.action).mean() > 0.5
    assert (one.world.grid.cells[0] != other.world.grid.cells[0]).any()


def test_copies_do_not_move_in_step():
    """Every copy has a chance of its own."""
    codes = walks.walk(PLAIN[0] + "+television").after.events[..., 0]
    on = codes >= TELEVISION
    shown = [codes[step][on[step]] for step in range(LENGTH)]
    alike = sum(len(s) - len(set(s.tolist())) for s in shown) / sum(map(len, shown))
    assert alike < 0.02
