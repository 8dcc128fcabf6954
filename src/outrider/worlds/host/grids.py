"""Says what happens in MiniGrid and BabyAI on the host, in the device worlds' own sentences. No jax.

An event follows from the cell ahead and what is carried, before and after the action: the agent sees both, what it
carries in its own cell. Source: minigrid 3.2.0, `MiniGridEnv.step` and `gen_obs`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from outrider.worlds.host.captions import Sight
from outrider.worlds.host.table import Lookup, Table
from outrider.worlds.minigrid.words import KINDS

EMPTY, WALL, FLOOR, DOOR, KEY, BALL, BOX, GOAL, LAVA = 1, 2, 3, 4, 5, 6, 7, 8, 9
OBJECTS = {KEY: "key", BALL: "ball", BOX: "box"}
COLOURS = ("red", "green", "blue", "purple", "yellow", "grey")
DOOR_STATES = ("open", "closed", "locked")
LOCKED = 2
FORWARD, PICK_UP, DROP, TOGGLE, DONE = 2, 3, 4, 5, 6

# The device worlds' sentences, then those of things that they lack.
SENTENCES = {kind: text for kind, text, *_ in KINDS} | {
    "opened box": "You opened the {colour} box.",
    "lava": "You fell into the lava.",
    "done": "You said that you are done.",
}
_AHEAD = {
    EMPTY: "the floor",
    WALL: "a wall",
    FLOOR: "the floor",
    GOAL: "the green goal",
    LAVA: "the lava",
    **{number: f"the {{colour}} {name}" for number, name in OBJECTS.items()},
}
_WALKED = {EMPTY: "silence", FLOOR: "silence", WALL: "bumped wall", GOAL: "reached", LAVA: "lava"}
_WALKED_DOOR = ("walked through", "bumped closed", "bumped locked")  # by its state
_TOGGLED_DOOR = ("closed", "opened", "unlocked")
# A cell as one number below 1024: tile, colour and state side by side. The cell ahead and the agent's own, which shows
# what it carries, are six bytes in a row; one product of floats packs them, exactly: numbers here stay below 2 ** 53.
_BITS = 10
_PACK = np.array([64, 4, 1], np.float64)
_PACK = np.concatenate([_PACK * 2**_BITS, _PACK])


class GridCaptioner:
    """As `HostCaptioner` says, for pictures `[n, v, v, 3]` of tile, colour and state."""

    def __init__(self) -> None:
        self.events, self.situations = Table(), Table()
        self._event, self._situation = Lookup(self.events, _sentence), Lookup(self.situations, _situation)

    def read(self, obs: Any, info: Any, copies: int) -> Sight:
        """What is ahead and what is carried `[n, 6]`, the pictures, and the missions as they come."""
        mission, image = obs["mission"], np.array(obs["image"], np.uint8)
        if not isinstance(mission, np.ndarray):
            mission = np.asarray([mission] if isinstance(mission, str) else mission, object)
        image = image.reshape(copies, *image.shape[-3:])
        cells = image[:, image.shape[1] // 2, -2:].reshape(copies, len(_PACK))
        return cells.copy(), image, mission.reshape(copies, *mission.shape[1:])

    def event(self, before: np.ndarray, action: np.ndarray, after: np.ndarray) -> np.ndarray:
        """One lookup a copy: what is said is a function of the cells before and, where it can change them, after."""
        was, then = before @ _PACK, (after @ _PACK) * (action > FORWARD)
        key = action * 2.0 ** (4 * _BITS) + was * 2.0 ** (2 * _BITS) + then
        return self._event(key.astype(np.int64))

    def situation(self, now: Sight) -> np.ndarray:
        """What is carried, the doors in sight, and what is ahead."""
        cells, image, _ = now
        ahead, held = np.divmod((cells @ _PACK).astype(np.int64), 1 << _BITS)
        doors, size = np.zeros(len(image), np.int64), image.shape[1] * image.shape[2]
        where = np.flatnonzero(image[..., 0] == DOOR)
        if len(where):
            door = image.reshape(-1, 3)[where]
            np.bitwise_or.at(doors, where // size, np.int64(1) << (door[:, 2] * np.int64(6) + door[:, 1]))
        return self._situation((doors << _BITS | ahead) << _BITS | held)

    def missions(self, now: Sight) -> list[str]:
        """MiniGrid's and BabyAI's own sentences."""
        given = now[2]
        if given.dtype == object:
            return [str(text) for text in given]
        return [row.tobytes().rstrip(b"\0").decode() for row in given]


def _cell(code: int) -> tuple[int, int, int]:
    """Tile, colour and state of a packed cell."""
    return code >> 6, code >> 2 & 15, code & 3


def _fields(key: int, count: int) -> list[int]:
    """The last `count` cells of a key, and before them what is left of it."""
    mask = (1 << _BITS) - 1
    return [key >> count * _BITS, *(key >> k * _BITS & mask for k in reversed(range(count)))]


def _colour(number: int) -> str:
    return COLOURS[number] if number < len(COLOURS) else ""


def _sentence(key: int) -> str:
    """What an action made happen, from the cells ahead and in hand before and after it."""
    action, ahead, held, ahead_after, held_after = _fields(key, 4)
    tile, colour, state = _cell(ahead)
    in_hand, holds = held >> 6 != EMPTY, held_after >> 6 != EMPTY
    kind = "silence" if action < FORWARD else "nothing"
    if action == FORWARD:
        kind = _WALKED_DOOR[state] if tile == DOOR else _WALKED.get(tile, "bumped object")
    elif action == TOGGLE and ahead != ahead_after and tile in (DOOR, BOX):
        kind = _TOGGLED_DOOR[state] if tile == DOOR else "opened box"
    elif action == PICK_UP and holds and not in_hand:
        kind = "picked up"
    elif action == DROP and in_hand and not holds:
        kind, (tile, colour, _) = "dropped", _cell(held)
    elif action >= DONE:
        kind = "done"
    return SENTENCES[kind].format(colour=_colour(colour), object=OBJECTS.get(tile, "thing"))


def _thing(cell: int) -> str:
    tile, colour, state = _cell(cell)
    if tile == DOOR:
        return f"the {DOOR_STATES[min(state, LOCKED)]} {_colour(colour)} door"
    return _AHEAD.get(tile, "something").format(colour=_colour(colour))


def _situation(key: int) -> str:
    doors, ahead, held = _fields(key, 2)
    carried = "nothing" if held >> 6 == EMPTY else _thing(held)
    told = [
        f"the {name} door is {state}"
        for i, name in enumerate(COLOURS)
        for j, state in ((2, "locked"), (1, "closed"), (0, "open"))
        if doors >> (6 * j + i) & 1
    ]
    return f"You carry {carried}; {', '.join(told) or 'no door is in sight'}; ahead is {_thing(ahead)}."
