"""Plays a MiniGrid to its end as a person would who sees the whole grid, and remembers what was done."""

from __future__ import annotations

from collections import deque
from typing import Any

import jax
import numpy as np

import walks
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.catalogue import WORLDS

AHEAD = ((-1, 0), (0, 1), (1, 0), (0, -1))
DOORS = (t.DOOR_LOCKED, t.DOOR_CLOSED, t.DOOR_OPEN)
Place = tuple[int, int]


class Player:
    """One world of a state; `steps` and `actions` are what happened so far."""

    def __init__(self, world_id: str, state: Any) -> None:
        self.world_id, self.state = world_id, state
        self.facts = WORLDS[world_id.partition("+")[0]]
        self.steps: list[Any] = []
        self.actions: list[int] = []

    def solve(self) -> Any:
        """Play to the end; the last step."""
        if self.facts.rules:
            SCRIPTS[self.facts.rules.name](self)
        else:
            self._unlock()
            if self.facts.success == "hold":
                self.drop_off()
                self.take(int(self.state.grid.wanted))
            elif self.facts.success == "goal":
                self.face(self.find(t.GOAL))
                self.do(t.FORWARD)
            elif self.facts.success == "match":
                self._choose()
        return self.steps[-1]

    @property
    def tiles(self) -> np.ndarray:
        return np.asarray(self.state.grid.cells) // t.COLOURS

    @property
    def place(self) -> Place:
        return int(self.state.grid.agent.row), int(self.state.grid.agent.column)

    def do(self, action: int) -> None:
        """One action; nothing once the episode has ended."""
        if self.steps and (self.steps[-1].terminated or self.steps[-1].truncated):
            return
        many = jax.tree.map(lambda x: np.asarray(x)[None], self.state)
        after = walks.single_steps(self.world_id, many, np.array([action], np.int32))
        self.steps.append(jax.tree.map(lambda x: x[0], after))
        self.actions.append(action)
        self.state = self.steps[-1].state

    def find(self, tile: int) -> Place:
        """The place of the one such tile."""
        (place,) = map(tuple, np.argwhere(self.tiles == tile).tolist())
        return place

    def where(self, cell: int) -> Place:
        """The place of a thing."""
        return tuple(np.argwhere(np.asarray(self.state.grid.cells) == cell).tolist()[0])

    def face(self, target: Place) -> None:
        """Walk to a cell beside a place and look at it, opening doors on the way."""
        route = self._route(target)
        for cell in [*route, target]:
            self._turn(cell)
            if cell == target:
                return
            if self.tiles[cell] == t.DOOR_CLOSED:
                self.do(t.TOGGLE)
            self.do(t.FORWARD)

    def take(self, cell: int) -> None:
        """Pick a thing up."""
        self.face(self.where(cell))
        self.do(t.PICK_UP)

    def put_beside(self, cell: int) -> None:
        """Put down what is carried beside a thing."""
        row, column = self.where(cell)
        around = [(row + down, column + along) for down, along in AHEAD]
        free = [p for p in around if self.tiles[p] == t.FLOOR and p != self.place]
        reachable = [p for p in free if self._route(p) is not None]
        self.face(min(reachable, key=lambda p: len(self._route(p))))
        self.do(t.DROP)

    def drop_off(self) -> None:
        """Put down what is carried where it is in nobody's way."""
        free = map(tuple, np.argwhere(self.tiles == t.FLOOR).tolist())
        clear = [p for p in free if p != self.place and not self._beside_a_door(p)]
        reachable = [p for p in clear if self._route(p) is not None]
        self.face(min(reachable, key=lambda p: len(self._route(p))))
        self.do(t.DROP)

    def _beside_a_door(self, place: Place) -> bool:
        around = [(place[0] + down, place[1] + along) for down, along in AHEAD]
        return any(self.tiles[p] in DOORS for p in around)

    def _unlock(self) -> None:
        if not (self.tiles == t.DOOR_LOCKED).any():
            return
        door = self.find(t.DOOR_LOCKED)
        if self.facts.layout.endswith("BlockedUnlockPickUp"):
            before = door[0], door[1] - 1
            self.face(before)
            self.do(t.PICK_UP)
            self.drop_off()
        self.face(self.find(t.KEY))
        self.do(t.PICK_UP)
        self.face(door)
        self.do(t.TOGGLE)

    def _choose(self) -> None:
        height, width = self.tiles.shape
        up = self.state.grid.cells[1, width - 2] == self.state.grid.wanted
        self.face((height // 2 - 1 if up else height // 2 + 1, width - 2))
        self.do(t.FORWARD)

    def _turn(self, to: Place) -> None:
        row, column = self.place
        want = AHEAD.index((to[0] - row, to[1] - column))
        turns = (want - int(self.state.grid.agent.direction)) % 4
        for action in {0: (), 1: (t.TURN_RIGHT,), 2: (t.TURN_RIGHT,) * 2, 3: (t.TURN_LEFT,)}[turns]:
            self.do(action)

    def _route(self, target: Place) -> Any:
        """The shortest way to a cell beside a place, as cells without the first; None where there is none."""
        tiles, came = self.tiles, {self.place: self.place}
        queue = deque([self.place])
        while queue:
            here = queue.popleft()
            if abs(here[0] - target[0]) + abs(here[1] - target[1]) == 1:
                way = []
                while here != self.place:
                    way.append(here)
                    here = came[here]
                return way[::-1]
            for down, along in AHEAD:
                there = here[0] + down, here[1] + along
                passable = (t.FLOOR, t.DOOR_OPEN, t.DOOR_CLOSED)
                if there not in came and there != target and tiles[there] in passable:
                    came[there] = here
                    queue.append(there)
        return None


def _pair(player: Player) -> None:
    ball, square, *_ = player.facts.rules.start
    player.take(ball)
    player.put_beside(square)
    player.take(player.facts.rules.goal.of[0])


def _near(player: Player) -> None:
    pyramid, _, square = player.facts.rules.start
    if (player.state.grid.cells == pyramid).any():
        player.face(player.where(pyramid))
    if (player.state.grid.cells == pyramid).any():
        player.do(t.FORWARD)
    player.take(player.facts.rules.goal.of[0])
    player.put_beside(square)


def _chain(player: Player) -> None:
    red_square, blue_square, hexagon = player.facts.rules.start
    player.take(red_square)
    player.put_beside(blue_square)
    player.take(player.facts.rules.rules[1].makes)
    player.put_beside(hexagon)
    player.face(player.where(player.facts.rules.goal.of[0]))
    player.do(t.FORWARD)


SCRIPTS = {"pair": _pair, "near": _near, "chain": _chain}
