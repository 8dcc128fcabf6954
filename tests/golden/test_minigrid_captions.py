"""What a MiniGrid says on random walks: codes against sentences, captions and situations against the cells."""

import jax
import numpy as np
import pytest

import walks
from outrider.worlds import television
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.words import EVENTS, TELEVISION, event_text, situation_text
from outrider.worlds.names import event_sentences
from outrider.worlds.television import CHANNELS
from walks import PLAIN, TELEVISED


@pytest.mark.parametrize("world_id", walks.marked(PLAIN + TELEVISED))
def test_codes_and_sentences(world_id):
    """One sentence a code and one code a sentence, but for the ten pictures that share one on purpose."""
    said = event_sentences(world_id)
    plain = [sentence for code, sentence in said.items() if code < TELEVISION]
    assert len(set(plain)) == len(plain)
    assert 0 not in said
    shown = [sentence for code, sentence in said.items() if code >= TELEVISION]
    assert not set(shown) & set(plain)
    if "television" in world_id:
        assert len(shown) == CHANNELS >= 2000
        assert len(set(shown)) >= 200
        assert set(np.unique(shown, return_counts=True)[1]) == {television.PICTURES}
    else:
        assert not shown
    for code, sentence in said.items():
        assert sentence == event_text(code)
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "  " not in sentence
        assert "{" not in sentence
    assert max(said) + 1 == walks.world(world_id).codes  # what was seen is kept for each, in every copy


def test_all_codes_have_sentences_of_their_own():
    assert EVENTS[0].sentence == "" == event_text(0)
    texts = [event_text(code) for code in range(TELEVISION)]
    assert len(set(texts)) == TELEVISION


@pytest.mark.parametrize("world_id", walks.marked(PLAIN + TELEVISED))
def test_a_hundred_thousand_steps_say_nothing_outside_the_vocabulary(world_id):
    codes, counts = np.unique(walks.steps(world_id).events, return_counts=True)
    assert counts.sum() >= 100_000
    assert set(codes.tolist()) - {0} <= set(event_sentences(world_id))
    kinds = {EVENTS[code].kind for code in codes if code < TELEVISION}
    assert kinds >= {event.kind for event in EVENTS} - {"bumped closed", "reached"}  # the rare ones


@pytest.mark.parametrize("world_id", PLAIN)
def test_captions_tell_what_changed(world_id):
    """Each sentence of a scrambled world, against the change of its cells told independently."""
    states = walks.scrambled(world_id, 8 * walks.ROWS, seed=11)
    actions = np.random.default_rng(12).integers(0, 6, 8 * walks.ROWS).astype(np.int32)
    after = walks.stepped(world_id, states, actions)
    told = [event_text(code) for code in after.events[:, 0].tolist()]
    assert len(set(told)) > (80 if "doorkey" in world_id else 60)
    for i, sentence in enumerate(told):
        assert sentence == _tell(states.grid, after.state.grid, after.terminated, actions, i)


def _name(code):
    return f"{t.COLOUR_NAMES[code % t.COLOURS]} {t.OBJECTS[code // t.COLOURS]}"


def _tell(before, after, terminated, actions, i):
    agent, action = before.agent, t.ACTION_NAMES[actions[i]]
    place = (
        agent.row[i] + (-1, 0, 1, 0)[agent.direction[i]],
        agent.column[i] + (0, 1, 0, -1)[agent.direction[i]],
    )
    was, now = int(before.cells[i][place]), int(after.cells[i][place])
    tile, colour = was // t.COLOURS, t.COLOUR_NAMES.get(was % t.COLOURS)
    if action.startswith("turn"):
        return ""
    if action == "forward":
        if (after.agent.row[i], after.agent.column[i]) == place:
            if terminated[i] and was == before.wanted[i]:
                return "You reached the green goal."
            return f"You walked through the {colour} door." if tile == t.DOOR_OPEN else ""
        if tile == t.WALL:
            return "You bumped into the wall."
        doors = {t.DOOR_LOCKED: "locked", t.DOOR_CLOSED: "closed"}
        return f"You bumped into the {doors[tile] + ' ' + colour + ' door' if tile in doors else _name(was)}."
    if was == now:
        return "Nothing happened."
    if action == "pick up":
        return f"You picked up the {_name(was)}."
    if action == "drop":
        return f"You dropped the {_name(now)}."
    verb = {t.DOOR_LOCKED: "unlocked", t.DOOR_CLOSED: "opened", t.DOOR_OPEN: "closed"}[tile]
    return f"You {verb} the {colour} door."


@pytest.mark.parametrize("world_id", PLAIN)
def test_situations_on_a_walk(world_id):
    states = walks.flat(walks.walk(world_id).world, 97)
    grid = states.grid
    codes = np.asarray(jax.jit(jax.vmap(walks.world(world_id).situation))(states))
    told = {}
    for i, (cells, pocket, code) in enumerate(zip(grid.cells, grid.agent.pocket, codes, strict=True)):
        (door,) = cells[np.isin(cells // t.COLOURS, (t.DOOR_LOCKED, t.DOOR_CLOSED, t.DOOR_OPEN))]
        state = STATES[door // t.COLOURS]
        carried = f"the {_name(pocket)}" if pocket else "nothing"
        direction = grid.agent.direction[i]
        ahead = _look_at(
            cells[
                grid.agent.row[i] + (-1, 0, 1, 0)[direction], grid.agent.column[i] + (0, 1, 0, -1)[direction]
            ]
        )
        door = f"the {t.COLOUR_NAMES[door % t.COLOURS]} door is {state}"
        want = f"You carry {carried}; {door}; ahead is {ahead}."
        code = tuple(code.tolist())
        assert situation_text(code) == want
        assert told.setdefault(want, code) == code
    assert len(told) > 10


STATES = {t.DOOR_LOCKED: "locked", t.DOOR_CLOSED: "closed", t.DOOR_OPEN: "open"}


def _look_at(cell):
    tile, colour = cell // t.COLOURS, t.COLOUR_NAMES.get(cell % t.COLOURS)
    if tile in STATES:
        return f"the {STATES[tile]} {colour} door"
    return {t.FLOOR: "the floor", t.WALL: "a wall", t.GOAL: "the green goal"}.get(
        tile
    ) or f"the {_name(cell)}"
