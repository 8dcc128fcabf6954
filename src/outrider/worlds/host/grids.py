"""Says what happens in MiniGrid and BabyAI on the host, in the device worlds' own sentences. No jax.

An event follows from the cell ahead and what is carried, before and after the action: the agent sees both, what it
carries in its own cell. Source: minigrid 3.2.0, `MiniGridEnv.step` and `gen_obs`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from outrider.worlds.host.table import Lookup, Table
from outrider.worlds.minigrid.words import KINDS

EMPTY, WALL, FLOOR, DOOR, KEY, BALL, BOX, GOAL, LAVA = 1, 2, 3, 4, 5, 6, 7, 8, 9
OBJECTS = {KEY: "key", BALL: "ball", BOX: "box"}
COLOURS = ("red", "green", "blue", "purple", "yellow", "grey")
DOOR_STATES = ("open", "closed", "locked")
OPEN, CLOSED, LOCKED = range(3)
FORWARD, PICK_UP, DROP, TOGGLE, DONE = 2, 3, 4, 5, 6

# The device worlds' sentences, then those of things that they lack.
SENTENCES = {kind: text for kind, text, *_ in KINDS} | {
    "opened box": "You opened the {colour} box.",
    "lava": "You fell into the lava.",
    "done": "You said that you are done.",
}
_KIND = {kind: number for number, kind in enumerate(SENTENCES)}
_NAMES = tuple(SENTENCES)
_THING = {
    EMPTY: "the floor",
    WALL: "a wall",
    FLOOR: "the floor",
    GOAL: "the green goal",
    LAVA: "the lava",
    **{number: f"the {{colour}} {name}" for number, name in OBJECTS.items()},
}


def _by_tile(kinds: dict[int, str], otherwise: str) -> np.ndarray:
    table = np.full(256, _KIND[otherwise])
    for tile, kind in kinds.items():
        table[tile] = _KIND[kind]
    return table


# What walking forward leads to, by the tile ahead; doors apart, by their state.
_FORWARD = _by_tile(
    {EMPTY: "silence", FLOOR: "silence", WALL: "bumped wall", GOAL: "reached", LAVA: "lava"}, "bumped object"
)
_FORWARD_DOOR = np.array([_KIND[kind] for kind in ("walked through", "bumped closed", "bumped locked")])
_TOGGLED_DOOR = np.array([_KIND[kind] for kind in ("closed", "opened", "unlocked")])
_NOTHING = _KIND["nothing"]


class GridCaptioner:
    """As `HostCaptioner` says, for pictures `[n, v, v, 3]` of tile, colour and state."""

    def __init__(self) -> None:
        self.events, self.situations = Table(), Table()
        self._event, self._situation = Lookup(self.events, _sentence), Lookup(self.situations, _situation)

    def read(self, obs: Any, info: Any, copies: int) -> tuple[np.ndarray, ...]:
        """The pictures, and the missions as they come: bytes, or a list of texts."""
        mission = obs["mission"]
        if not isinstance(mission, np.ndarray):
            mission = np.asarray([mission] if isinstance(mission, str) else mission, object)
        image = np.asarray(obs["image"])
        return image.reshape(copies, *image.shape[-3:]), mission.reshape(copies, *mission.shape[1:])

    def event(
        self, before: tuple[np.ndarray, ...], action: np.ndarray, after: tuple[np.ndarray, ...]
    ) -> np.ndarray:
        """One lookup a copy: what is said is a number made of kind, colour and tile."""
        ahead, now = _ahead(before[0]), _ahead(after[0])
        tile, colour, state = ahead[:, 0], ahead[:, 1], ahead[:, 2]
        held, holds = _held(before[0]), _held(after[0])
        door = tile == DOOR
        changed = (ahead != now).any(1)
        state = np.minimum(state, LOCKED)  # other things have states of their own

        kind = np.where(door, _FORWARD_DOOR[state], _FORWARD[tile])
        toggled = np.where(door, _TOGGLED_DOOR[state], np.where(tile == BOX, _KIND["opened box"], _NOTHING))
        kind = np.where(action == TOGGLE, np.where(changed, toggled, _NOTHING), kind)
        picked = (held[:, 0] == EMPTY) & (holds[:, 0] != EMPTY)
        kind = np.where(action == PICK_UP, np.where(picked, _KIND["picked up"], _NOTHING), kind)
        dropped = (held[:, 0] != EMPTY) & (holds[:, 0] == EMPTY)
        kind = np.where(action == DROP, np.where(dropped, _KIND["dropped"], _NOTHING), kind)
        kind = np.where(action < FORWARD, 0, np.where(action >= DONE, _KIND["done"], kind))

        drops = action == DROP
        tile, colour = np.where(drops, held[:, 0], tile), np.where(drops, held[:, 1], colour)
        return self._event((kind.astype(np.int64) << 16) + (tile.astype(np.int64) << 8) + colour)

    def situation(self, now: tuple[np.ndarray, ...]) -> np.ndarray:
        """What is carried, the doors in sight, and what is ahead."""
        image = now[0]
        cells = image.reshape(len(image), -1, 3)
        seen = np.where(cells[..., 0] == DOOR, 1 << (cells[..., 2] * np.int32(6) + cells[..., 1]), 0)
        doors = np.bitwise_or.reduce(seen, axis=1).astype(np.int64)
        ahead, held = _ahead(image).astype(np.int64), _held(image).astype(np.int64)
        look = ahead[:, 0] << 8 | ahead[:, 1] << 4 | ahead[:, 2]
        return self._situation(doors << 28 | look << 12 | held[:, 0] << 4 | held[:, 1])

    def missions(self, now: tuple[np.ndarray, ...]) -> list[str]:
        """MiniGrid's and BabyAI's own sentences."""
        given = now[1]
        if given.dtype == object:
            return [str(text) for text in given]
        return [row.tobytes().rstrip(b"\0").decode() for row in given]


def _ahead(image: np.ndarray) -> np.ndarray:
    return image[:, image.shape[1] // 2, -2]


def _held(image: np.ndarray) -> np.ndarray:
    return image[:, image.shape[1] // 2, -1]


def _colour(number: int) -> str:
    return COLOURS[number] if number < len(COLOURS) else ""


def _sentence(key: int) -> str:
    kind, tile, colour = key >> 16, key >> 8 & 255, key & 255
    return SENTENCES[_NAMES[kind]].format(colour=_colour(colour), object=OBJECTS.get(tile, "thing"))


def _thing(tile: int, colour: int, state: int) -> str:
    if tile == DOOR:
        return f"the {DOOR_STATES[min(state, LOCKED)]} {_colour(colour)} door"
    return _THING.get(tile, "something").format(colour=_colour(colour))


def _situation(key: int) -> str:
    doors, ahead, held = key >> 28, key >> 12 & 0xFFFF, key & 0xFFF
    tile, colour = held >> 4, held & 15
    carried = "nothing" if tile == EMPTY else _thing(tile, colour, 0)
    told = [
        f"the {name} door is {state}"
        for i, name in enumerate(COLOURS)
        for j, state in ((2, "locked"), (1, "closed"), (0, "open"))
        if doors >> (6 * j + i) & 1
    ]
    seen = _thing(ahead >> 8, ahead >> 4 & 15, ahead & 15)
    return f"You carry {carried}; {', '.join(told) or 'no door is in sight'}; ahead is {seen}."
