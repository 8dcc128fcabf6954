"""Tiles and colours as xminigrid numbers them. No jax here: the words are written on the host."""

from __future__ import annotations

FLOOR, WALL, BALL, SQUARE, PYRAMID, GOAL, KEY = 1, 2, 3, 4, 5, 6, 7
DOOR_LOCKED, DOOR_CLOSED, DOOR_OPEN, HEX, STAR = 8, 9, 10, 11, 12

TILES = 13
COLOURS = 12
BLACK = 7

# What can be carried, in the order of event codes, with its English name.
OBJECTS = {KEY: "key", BALL: "ball", SQUARE: "square", PYRAMID: "pyramid", HEX: "hexagon", STAR: "star"}
# The six colours that MiniGrid's things have, in the order of event codes (xminigrid's numbers 1 to 6).
COLOUR_NAMES = {1: "red", 2: "green", 3: "blue", 4: "purple", 5: "yellow", 6: "grey"}

# The agent's actions, as xminigrid numbers them.
FORWARD, TURN_RIGHT, TURN_LEFT, PICK_UP, DROP, TOGGLE = range(6)
ACTION_NAMES = ("forward", "turn right", "turn left", "pick up", "drop", "toggle")

# The agent's directions, as xminigrid numbers them: up, right, down, left. Steps down and along.
DIRECTIONS = ((-1, 0), (0, 1), (1, 0), (0, -1))


def name(cell: int) -> str:
    """The thing in a cell in words, such as "red ball"."""
    return f"{COLOUR_NAMES[cell % COLOURS]} {OBJECTS[cell // COLOURS]}"
