"""XLand's production rules and goals on a grid of one-byte cells, each rule a few comparisons of constants.

The rules are xminigrid's (`core/rules.py`, `core/goals.py`), in its order and with its quirks: a pair is looked at when
the agent uses "drop", even where nothing could be dropped, and what is near when it uses "forward", even where it could
not walk. A world's rule set is known when it is built, so that no kind of rule is paid for that it does not have.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, UInt8

from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.dynamics import EMPTY_FLOOR, Agent, front
from outrider.worlds.minigrid.rulesets import Goal, RuleSet

_USED = {"pair": t.DROP, "near": t.FORWARD, "hold": t.PICK_UP}


def fire(
    rules: RuleSet, cells: UInt8[Array, "h w"], agent: Agent, action: Int[Array, ""]
) -> tuple[UInt8[Array, "h w"], Agent, Int[Array, ""]]:
    """The grid and the agent after the rules, and the number of the last that fired, from 1; 0 for none."""
    fired = jnp.int32(0)
    for number, rule in enumerate(rules.rules, start=1):
        used = action == _USED[rule.when]
        if rule.when == "hold":
            hit = used & (agent.pocket == rule.of[0])
            agent = agent._replace(pocket=jnp.where(hit, jnp.uint8(rule.makes), agent.pocket))
        else:
            place = front(agent) if rule.when == "pair" else (agent.row, agent.column)
            near = [used & of for of in _beside(cells, place, rule.when, rule.of)]
            hit = near[0] | near[1] | near[2] | near[3]
            if rule.when == "pair":
                cells = cells.at[place].set(jnp.where(hit, jnp.uint8(EMPTY_FLOOR), cells[place]))
            for (down, along), this in zip(t.DIRECTIONS, near, strict=True):
                spot = place[0] + down, place[1] + along
                cells = cells.at[spot].set(jnp.where(this, jnp.uint8(rule.makes), cells[spot]))
        fired = jnp.where(hit, number, fired)
    return cells, agent, fired


def achieved(goal: Goal, cells: UInt8[Array, "h w"], agent: Agent, action: Int[Array, ""]) -> Bool[Array, ""]:
    """Whether this action, its rules applied, has met the goal."""
    used = action == _USED[goal.when]
    if goal.when == "hold":
        return used & (agent.pocket == goal.of[0])
    place = front(agent) if goal.when == "pair" else (agent.row, agent.column)
    up, right, down, left = _beside(cells, place, goal.when, goal.of)
    return used & (up | right | down | left)


def _beside(
    cells: UInt8[Array, "h w"],
    place: tuple[Int[Array, ""], Int[Array, ""]],
    when: str,
    of: tuple[int, ...],
) -> list[Bool[Array, ""]]:
    """Which of the four cells around a place hold what is looked for: the other of a pair, or the one thing."""
    around = [cells[place[0] + down, place[1] + along] for down, along in t.DIRECTIONS]
    if when == "near":
        return [cell == of[0] for cell in around]
    one, other = of
    here = cells[place]
    return [((here == one) & (cell == other)) | ((here == other) & (cell == one)) for cell in around]
