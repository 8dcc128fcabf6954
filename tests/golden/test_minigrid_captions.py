"""What a MiniGrid says: scripted episodes word for word, codes against sentences, the television's statistics."""

import jax
import numpy as np
import pytest
from scipy import stats

import walks
from outrider.worlds import television
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.captioner import door_places
from outrider.worlds.minigrid.dynamics import EMPTY_FLOOR, Agent, Grid
from outrider.worlds.minigrid.family import WORLDS
from outrider.worlds.minigrid.words import EVENTS, TELEVISION, event_text, situation_text
from outrider.worlds.minigrid.world import SCREEN_BITS, State
from outrider.worlds.names import event_sentences
from outrider.worlds.television import CHANNELS
from walks import DOWN, PLAIN, RIGHT, TELEVISED

YELLOW, RED, BLUE, GREEN, GREY = 5, 1, 3, 2, 6


def cell(tile, colour):
    return tile * t.COLOURS + colour


class Play:
    """One hand-made world, played by action names; `ROWS` copies of it see the same."""

    def __init__(self, world_id, size, things, agent, wanted):
        self.world_id = world_id
        cells = np.full(size, EMPTY_FLOOR, np.uint8)
        cells[[0, -1], :] = cells[:, [0, -1]] = cell(t.WALL, GREY)
        for place, what in things.items():
            cells[place] = what
        row, column, direction = (np.int32(x) for x in agent)
        grid = Grid(cells, Agent(row, column, direction, np.uint8(0)), np.int32(0), np.uint8(wanted))
        self.state = State(grid, np.int32(0), doors=np.asarray(door_places(cells, 1)))
        self.step = None

    def __call__(self, *actions):
        """The sentences of these actions."""
        return [self.do(action) for action in actions]

    def do(self, name):
        action = t.ACTION_NAMES.index(name)
        many = jax.tree.map(lambda x: np.broadcast_to(x, (walks.ROWS, *np.shape(x))), self.state)
        steps = walks.stepped(self.world_id, many, np.full(walks.ROWS, action, np.int32), seed=3)
        self.step = jax.tree.map(lambda x: x[0], steps)
        self.state = self.step.state
        assert all((codes == self.step.events).all() for codes in steps.events)  # chance plays no part
        return event_text(int(self.step.events[0]))

    def situation(self):
        return situation_text(tuple(np.asarray(walks.world(self.world_id).situation(self.state)).tolist()))


def doorkey():
    """Wall with a locked door in column 4, the key left of it, the goal in the corner; the agent looks at the key."""
    wall = {(row, 4): cell(t.WALL, GREY) for row in range(8)}
    return Play(
        "minigrid/doorkey-8x8",
        (8, 8),
        wall
        | {(2, 4): cell(t.DOOR_LOCKED, YELLOW), (2, 2): cell(t.KEY, YELLOW), (6, 6): cell(t.GOAL, GREEN)},
        agent=(2, 1, RIGHT),
        wanted=cell(t.GOAL, GREEN),
    )


def test_a_whole_episode_of_doorkey_in_words():
    play = doorkey()
    assert play.situation() == "You carry nothing; the yellow door is locked; ahead is the yellow key."
    assert (
        play("forward", "toggle", "drop") == ["You bumped into the yellow key."] + ["Nothing happened."] * 2
    )
    assert play("pick up", "pick up") == ["You picked up the yellow key.", "Nothing happened."]
    assert play.situation() == "You carry the yellow key; the yellow door is locked; ahead is the floor."
    assert play("drop", "pick up", "toggle") == [
        "You dropped the yellow key.",
        "You picked up the yellow key.",
        "Nothing happened.",
    ]
    assert play("forward", "forward", "forward") == ["", "", "You bumped into the locked yellow door."]
    assert play("drop", "toggle", "toggle", "forward") == [
        "Nothing happened.",
        "You unlocked the yellow door.",
        "You closed the yellow door.",
        "You bumped into the closed yellow door.",
    ]
    assert (
        play.situation()
        == "You carry the yellow key; the yellow door is closed; ahead is the closed yellow door."
    )
    assert play("toggle", "drop", "forward") == [
        "You opened the yellow door.",
        "Nothing happened.",
        "You walked through the yellow door.",
    ]
    assert play.situation() == "You carry the yellow key; the yellow door is open; ahead is the floor."
    assert play("pick up", "forward", "forward", "drop") == [
        "Nothing happened.",
        "",
        "",
        "Nothing happened.",  # before the wall
    ]
    assert play("turn right", "drop", "turn left", "turn right") == [
        "",
        "You dropped the yellow key.",
        "",
        "",
    ]
    assert play("forward", "turn right", "turn right", "turn right") == [
        "You bumped into the yellow key.",
        "",
        "",
        "",
    ]
    assert play("forward", "turn left", "turn left") == ["You bumped into the wall.", "", ""]
    assert play("forward", "turn left", "forward", "forward", "forward") == ["", "", "", "", ""]
    assert play("forward", "turn left") == ["", ""]
    assert not play.step.terminated
    assert play("pick up", "toggle", "drop") == ["Nothing happened."] * 3  # the goal is not a thing
    assert play.situation() == "You carry nothing; the yellow door is open; ahead is the green goal."
    assert play("forward") == ["You reached the green goal."]
    assert play.step.terminated
    clock = int(play.state.grid.clock)
    assert play.step.reward == pytest.approx(1 - 0.9 * clock / 640)


def test_the_goal_of_unlock_pickup_is_said_as_what_it_is():
    wall = {(row, 5): cell(t.WALL, GREY) for row in range(6)}
    play = Play(
        "minigrid/unlock-pickup",
        (6, 11),
        wall
        | {
            (2, 5): cell(t.DOOR_LOCKED, BLUE),
            (3, 4): cell(t.KEY, RED),
            (1, 4): cell(t.KEY, BLUE),
            (2, 8): cell(t.STAR, RED),
            (3, 7): cell(t.HEX, GREEN),
        },
        agent=(2, 4, DOWN),
        wanted=cell(t.STAR, RED),
    )
    assert play("pick up", "turn left", "toggle", "forward") == [
        "You picked up the red key.",
        "",
        "Nothing happened.",  # a red key does not open a blue door
        "You bumped into the locked blue door.",
    ]
    assert play("turn right", "drop", "turn left", "turn left", "pick up", "turn right", "toggle") == [
        "",
        "You dropped the red key.",
        "",
        "",
        "You picked up the blue key.",
        "",
        "You unlocked the blue door.",
    ]
    assert play("forward", "forward", "forward", "forward") == [
        "You walked through the blue door.",
        "",
        "",
        "You bumped into the red star.",
    ]
    assert play("pick up") == ["Nothing happened."]
    assert not play.step.terminated
    assert play("turn right", "forward", "drop", "turn left", "drop", "turn right") == [
        "",
        "You bumped into the green hexagon.",
        "Nothing happened.",  # no room
        "",
        "Nothing happened.",
        "",
    ]
    assert play("turn right", "drop", "turn right", "turn right", "turn right", "pick up") == [
        "",
        "You dropped the blue key.",
        "",
        "",
        "",
        "You picked up the green hexagon.",
    ]
    assert not play.step.terminated
    assert play.situation() == "You carry the green hexagon; the blue door is open; ahead is the floor."
    assert play("turn right", "turn right", "drop", "turn right", "pick up") == [
        "",
        "",
        "You dropped the green hexagon.",
        "",
        "You picked up the red star.",
    ]
    assert play.step.terminated
    assert play.step.reward > 0.8


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
    assert max(said) < walks.world(world_id).codes


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
