"""One MiniGrid world: reset from xminigrid's layouts, step by `dynamics`, captions by `captioner`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, UInt8, UInt32
from xminigrid.registration import make as make_layout
from xminigrid.types import RuleSet as XLandRuleSet

from outrider.ops.distribution import Discrete, Space
from outrider.ops.keys import apart
from outrider.types import Key, Obs, Step
from outrider.worlds.minigrid import captioner, clutter, dynamics, layouts, outcome, rules, sketches
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.catalogue import MiniGridFacts
from outrider.worlds.minigrid.codes import ALL_FLAGS, MATCHED, MISTOOK, TELEVISION
from outrider.worlds.minigrid.family import MiniGridFamily, amount, channels
from outrider.worlds.minigrid.rulesets import RuleSet
from outrider.worlds.minigrid.words import BASE, FLAGS
from outrider.worlds.television import CHANNELS

SPACE = Discrete(len(t.ACTION_NAMES))
SCREEN_BITS = CHANNELS.bit_length()


class State(NamedTuple):
    """A MiniGrid, what its television shows (0 for nothing, else 1 + channel), its clutter, and where its doors are."""

    grid: dynamics.Grid
    screen: Int[Array, ""]
    clutter: Any = ()  # a `Clutter`; nothing where a world has none
    doors: Int[Array, "n"] | tuple[()] = ()  # for the situation alone; nothing where a world has none


@dataclass(frozen=True)
class MiniGrid:
    """A device world: `reset` and `step` are pure functions of one world, batched by others with `vmap`.

    With a television, toggling or dropping nothing (but not picking nothing up, even where that is toggling) shows a
    picture drawn at random out of `channels`, each an event code of its own; with clutter, irrelevant things can be
    touched. The numbers of the picture and of the thing stand in the observation in binary. What a world does not have
    is left out when its functions are traced.
    """

    id: str
    facts: MiniGridFacts
    generate: Callable[[Key], Any]  # a fresh xminigrid state from a key
    codes: int
    first_channel: int = TELEVISION  # event code of the television's first channel
    channels: int = 0
    clutter: int = 0  # things

    space: Space = SPACE
    view: tuple[int, int] = (dynamics.VIEW, dynamics.VIEW)

    @property
    def horizon(self) -> int:
        """Steps after which an episode is truncated."""
        return self.facts.horizon

    @property
    def vector(self) -> int:
        """Length of the observation's vector."""
        return self.channels.bit_length() + self.clutter.bit_length()

    @property
    def flags(self) -> int:
        """Kinds of event that the flags tell apart: the table's, and others only where there are others."""
        others = self.clutter or self.facts.success in ("match", "rules")
        return len(ALL_FLAGS) if others else len(FLAGS)

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
        if self.facts.success == "match":
            wanted = outcome.example(cells)
        state = State(dynamics.Grid(cells, agent, jnp.int32(0), wanted), jnp.int32(0))
        if self.clutter:
            strewn = clutter.strew(apart(key), cells, self.clutter)
            state = state._replace(clutter=strewn)
        if self.facts.doors:
            state = state._replace(doors=captioner.door_places(cells, self.facts.doors))
        return state, self._observe(state)

    def step(self, key: Key, state: State, action: Int[Array, ""]) -> Step:
        """One action; reward `1 - 0.9 * steps / horizon` on success, as in MiniGrid."""
        asked = action
        if self.facts.success == "match":  # MiniGrid's memory: picking up is toggling
            action = jnp.where(action == t.PICK_UP, t.TOGGLE, action)
        cells, agent, move = dynamics.act(state.grid.cells, state.grid.agent, action)
        clock = state.grid.clock + 1
        fired = jnp.int32(0)
        if self.facts.rules:
            cells, agent, fired = rules.fire(self.facts.rules, cells, agent, action)
        grid = dynamics.Grid(cells, agent, clock, state.grid.wanted)
        reached, failed = outcome.judge(self.facts, grid, move, action)
        code = captioner.event(move, action, reached & move.moved)
        if self.facts.rules:
            code = captioner.rule_event(self.facts.rules, code, fired, reached)
        if self.facts.success == "match":
            code = jnp.where(reached, MATCHED, jnp.where(failed, MISTOOK, code))
        strewn = state.clutter
        if self.clutter:
            idle = (code == 0) | (code == BASE["nothing"])
            strewn, touched = clutter.touch(strewn, self.clutter, state.grid.agent, move, action, idle)
            code = jnp.where(touched > 0, touched, code)
        screen = jnp.int32(0)
        if self.channels:
            turned_on = (code == BASE["nothing"]) & ((asked == t.TOGGLE) | (asked == t.DROP))
            channel = jax.random.randint(key, (), 0, self.channels)
            screen = jnp.where(turned_on, 1 + channel, 0)
            code = jnp.where(turned_on, self.first_channel + channel, code)
        state = State(grid, screen, strewn, state.doors)
        terminated = reached | failed if self.facts.success == "match" else reached
        return Step(
            state=state,
            obs=self._observe(state),
            reward=jnp.where(reached, 1.0 - 0.9 * clock / self.horizon, 0.0),
            terminated=terminated,
            truncated=~terminated & (clock >= self.horizon),
            events=code[None],
        )

    def stagger(self, key: Key, state: State) -> tuple[State, Obs]:
        """The same world at a random hour of its episode, so that copies are not truncated all at once."""
        clock = jax.random.randint(key, (), 0, self.horizon)
        state = state._replace(grid=state.grid._replace(clock=clock))
        return state, self._observe(state)

    def flag_bits(self, codes: Int[Array, "..."]) -> UInt32[Array, "..."]:
        """The seen flag that each event code raises, as a word with that bit set; 0 for silence."""
        return captioner.flag_bits(codes, self.codes, self.flags)

    def situation(self, state: State) -> Int[Array, "3"]:
        """What holds now, as `words.situation_text` says it."""
        grid = state.grid
        return captioner.situation(grid.cells, grid.agent, state.doors, self._looks(state))

    def render(self, state: State) -> np.ndarray:
        """An image of the whole grid, [H * 32, W * 32, 3] bytes, by xminigrid's renderer, with the clutter in sight."""
        from xminigrid.rendering.rgb_render import render
        from xminigrid.types import AgentState

        cells = np.asarray(state.grid.cells)
        grid = np.stack([cells // t.COLOURS, cells % t.COLOURS], axis=-1)
        agent = state.grid.agent
        pocket = jnp.asarray(divmod(int(agent.pocket), t.COLOURS), jnp.uint8)
        position = jnp.stack([agent.row, agent.column])
        image = np.asarray(render(grid, AgentState(position, agent.direction, pocket), dynamics.VIEW))
        if not self.clutter:
            return image
        layer = np.array(clutter.uncovered(state.grid.cells, state.clutter))
        layer[agent.row, agent.column] = 0  # under the agent
        return sketches.drawn(image, layer)

    def _looks(self, state: State) -> UInt8[Array, "h w"]:
        return clutter.shown(state.grid.cells, state.clutter) if self.clutter else state.grid.cells

    def _observe(self, state: State) -> Obs:
        view = dynamics.look(self._looks(state), state.grid.agent)
        bits = (state.screen >> jnp.arange(self.channels.bit_length())) & 1
        if self.clutter:
            thing = (state.clutter.touched >> jnp.arange(self.clutter.bit_length())) & 1
            bits = jnp.concatenate([bits, thing])
        return Obs(grid=view, vector=bits.astype(jnp.uint8))


def build(world_id: str, facts: MiniGridFacts, options: frozenset[str]) -> MiniGrid:
    """The world of a checked id. xminigrid's layout module makes arrays when first imported: never inside `jit`."""
    env, params = make_layout(facts.layout, **({"ruleset": _ruleset(facts.rules)} if facts.rules else {}))
    first, shown = channels(facts, options)
    last = max(MiniGridFamily().sentences(facts.name, options))
    return MiniGrid(
        world_id,
        facts,
        partial(env._generate_problem, params),
        codes=last + 1,
        first_channel=first,
        channels=len(shown),
        clutter=amount(options),
    )


def _ruleset(rules: RuleSet) -> XLandRuleSet:
    """What xminigrid needs of a rule set to lay out a world: the things. It steps none."""
    tiles = jnp.asarray([divmod(cell, t.COLOURS) for cell in rules.start], jnp.uint8)
    return XLandRuleSet(jnp.zeros(5, jnp.uint8), jnp.zeros((1, 7), jnp.uint8), tiles)
