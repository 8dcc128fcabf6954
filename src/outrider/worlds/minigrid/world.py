"""One MiniGrid world: reset from xminigrid's layouts, step by `dynamics`, captions by `captioner`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, UInt32
from xminigrid.registration import make as make_layout

from outrider.ops.distribution import Discrete, Space
from outrider.types import Key, Obs, Step
from outrider.worlds.minigrid import captioner, dynamics, layouts
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.family import MiniGridFacts
from outrider.worlds.minigrid.words import BASE, FLAGS, TELEVISION
from outrider.worlds.television import CHANNELS

SPACE = Discrete(len(t.ACTION_NAMES))
SCREEN_BITS = CHANNELS.bit_length()


class State(NamedTuple):
    """A MiniGrid and what its television shows (0 for nothing, else 1 + channel)."""

    grid: dynamics.Grid
    screen: Int[Array, ""]


@dataclass(frozen=True)
class MiniGrid:
    """A device world: `reset` and `step` are pure functions of one world, batched by others with `vmap`.

    With `television`, toggling or dropping nothing shows a picture drawn at random out of `CHANNELS`, each an event
    code of its own; the picture's number stands in the observation in binary.
    """

    id: str
    facts: MiniGridFacts
    television: bool
    generate: Callable[[Key], Any]  # a fresh xminigrid state from a key

    space: Space = SPACE
    view: tuple[int, int] = (dynamics.VIEW, dynamics.VIEW)
    flags: int = len(FLAGS)
    codes: int = TELEVISION + CHANNELS

    @property
    def horizon(self) -> int:
        """Steps after which an episode is truncated."""
        return self.facts.horizon

    @property
    def vector(self) -> int:
        """Length of the observation's vector."""
        return SCREEN_BITS if self.television else 0

    def reset(self, key: Key) -> tuple[State, Obs]:
        """A fresh layout of xminigrid's own generator, repaired where `layouts` says."""
        made = self.generate(key)
        cells = (made.grid[..., 0] * t.COLOURS + made.grid[..., 1]).astype(jnp.uint8)
        row, column = made.agent.position.astype(jnp.int32)
        goal = made.goal_encoding[1:3]
        agent = dynamics.Agent(row, column, made.agent.direction.astype(jnp.int32), jnp.uint8(0))
        wanted = (goal[0] * t.COLOURS + goal[1]).astype(jnp.uint8)
        if self.facts.layout == layouts.BLOCKED:
            cells = layouts.repair_blocked(made.key, cells, (row, column), wanted)
        state = State(dynamics.Grid(cells, agent, jnp.int32(0), wanted), jnp.int32(0))
        return state, self._observe(state)

    def step(self, key: Key, state: State, action: Int[Array, ""]) -> Step:
        """One action; reward `1 - 0.9 * steps / horizon` on success, as in MiniGrid."""
        cells, agent, move = dynamics.act(state.grid.cells, state.grid.agent, action)
        clock = state.grid.clock + 1
        grid = dynamics.Grid(cells, agent, clock, state.grid.wanted)
        if self.facts.has_goal_tile:
            reached = move.moved & (move.target == grid.wanted)
        else:
            reached = (action == t.PICK_UP) & (agent.pocket == grid.wanted)
        code = captioner.event(move, action, reached & move.moved)
        screen = jnp.int32(0)
        if self.television:
            turned_on = (code == BASE["nothing"]) & ((action == t.TOGGLE) | (action == t.DROP))
            channel = jax.random.randint(key, (), 0, CHANNELS)
            screen = jnp.where(turned_on, 1 + channel, 0)
            code = jnp.where(turned_on, TELEVISION + channel, code)
        state = State(grid, screen)
        return Step(
            state=state,
            obs=self._observe(state),
            reward=jnp.where(reached, 1.0 - 0.9 * clock / self.horizon, 0.0),
            terminated=reached,
            truncated=~reached & (clock >= self.horizon),
            events=code[None],
        )

    def stagger(self, key: Key, state: State) -> State:
        """The same world at a random hour of its episode, so that copies are not truncated all at once."""
        clock = jax.random.randint(key, (), 0, self.horizon)
        return state._replace(grid=state.grid._replace(clock=clock))

    def flag_bits(self, codes: Int[Array, "..."]) -> UInt32[Array, "..."]:
        """The seen flag that each event code raises, as a word with that bit set; 0 for silence."""
        return captioner.flag_bits(codes)

    def situation(self, state: State) -> Int[Array, "2"]:
        """What holds now, as `words.situation_text` says it."""
        return captioner.situation(state.grid)

    def render(self, state: State) -> np.ndarray:
        """An image of the whole grid, [H * 32, W * 32, 3] bytes, by xminigrid's renderer."""
        from xminigrid.rendering.rgb_render import render
        from xminigrid.types import AgentState

        cells = np.asarray(state.grid.cells)
        grid = np.stack([cells // t.COLOURS, cells % t.COLOURS], axis=-1)
        agent = state.grid.agent
        pocket = jnp.asarray(divmod(int(agent.pocket), t.COLOURS), jnp.uint8)
        position = jnp.stack([agent.row, agent.column])
        return np.asarray(render(grid, AgentState(position, agent.direction, pocket), dynamics.VIEW))

    def _observe(self, state: State) -> Obs:
        view = dynamics.look(state.grid.cells, state.grid.agent)
        bits = (state.screen >> jnp.arange(self.vector)) & 1
        return Obs(grid=view, vector=bits.astype(jnp.uint8))


def build(world_id: str, facts: MiniGridFacts, options: frozenset[str]) -> MiniGrid:
    """The world of a checked id. xminigrid's layout module makes arrays when first imported: never inside `jit`."""
    env, params = make_layout(facts.layout)
    return MiniGrid(world_id, facts, "television" in options, partial(env._generate_problem, params))
