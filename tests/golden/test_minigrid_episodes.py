"""What a MiniGrid says and what it pays in hand-made worlds: scripted episodes, word for word."""

import jax
import numpy as np
import pytest

import walks
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.captioner import door_places
from outrider.worlds.minigrid.dynamics import EMPTY_FLOOR, Agent, Grid
from outrider.worlds.minigrid.words import event_text, situation_text
from outrider.worlds.minigrid.world import State
from walks import DOWN, RIGHT

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
