"""A rollout in host worlds: groups of copies take turns, so that one group steps while the agent acts for another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float

from outrider.errors import OutriderError
from outrider.learn.act import Actor
from outrider.learn.collect import Marks, Rollout, Sight
from outrider.learn.host_words import CODES, Firsts, beyond
from outrider.types import Key, Obs, Trajectory
from outrider.worlds.host import HostWorlds, Turn
from outrider.worlds.host.captions import Said


@dataclass
class Group:
    """Some copies in the middle of their episodes: what they see next, and what is remembered of them."""

    worlds: HostWorlds
    columns: slice  # of the rollout
    memory: Any
    rows: np.ndarray
    restart: np.ndarray
    returned: np.ndarray  # of the episodes so far
    length: np.ndarray
    firsts: Firsts | None  # where the world speaks
    said: list[Said]  # of the rollout's steps, where the world speaks
    pays: bool = True  # a signal pays what is said: each sentence must have a code of its own


class Pages(NamedTuple):
    """Where a rollout is written down: NumPy arrays `[T, B, ...]`, which the learner takes as they are."""

    rows: Any
    action: Any
    log_prob: Any
    value: Any
    reward: Any
    terminated: Any
    truncated: Any
    idle: Any
    restart: Any
    next_value: Any
    episode_return: Any
    episode_length: Any
    events: Any
    first: Any
    reached: Any = None  # what each step led to, before any reset; where a signal looks at it


class Before(NamedTuple):
    """What messages need to name a step: environment steps so far, copies of all groups, and whose they are."""

    steps: int
    copies: int
    seed: int


def begin(worlds: list[HostWorlds], memories: list[Any], seeds: list[int], pays: bool = True) -> list[Group]:
    """Every group before its first step."""
    groups, at = [], 0
    for made, memory, seed in zip(worlds, memories, seeds, strict=True):
        n = made.copies
        rows = made.reset(seed)
        nothing = np.zeros(n, np.float32), np.zeros(n, np.int32)
        firsts = Firsts(n) if made.teller else None
        groups.append(
            Group(made, slice(at, at + n), memory, rows, np.ones(n, bool), *nothing, firsts, [], pays)
        )
        at += n
    return groups


def pages(groups: list[Group], length: int, looks: bool = False) -> Pages:
    """Empty pages for `length` steps of all groups; with `looks`, also for what each step led to."""
    copies = sum(group.worlds.copies for group in groups)
    row, space = groups[0].worlds.row, groups[0].worlds.actions.space
    like = jax.eval_shape(space.sample, jax.random.key(0), np.zeros((copies, space.outputs), np.float32))

    def sheet(dtype: Any = np.float32, *shape: int) -> np.ndarray:
        return np.zeros((length, copies, *shape), dtype)

    return Pages(
        rows=sheet(row.dtype, row.width),
        action=sheet(like.dtype, *like.shape[1:]),
        log_prob=sheet(),
        value=sheet(),
        reward=sheet(),
        terminated=sheet(bool),
        truncated=sheet(bool),
        idle=sheet(bool),
        restart=sheet(bool),
        next_value=sheet(),
        episode_return=sheet(),
        episode_length=sheet(np.int32),
        events=sheet(np.int32, 1),
        first=sheet(bool, 1),
        reached=sheet(row.dtype, row.width) if looks else None,
    )


def collect(
    actor: Actor, parameters: Float[Array, "P"], groups: list[Group], page: Pages, key: Key, before: Before
) -> Rollout:
    """As many steps of all groups as `page` has rows, written there.

    While one group's worlds step, in envpool's threads or in other processes, the agent acts for the other's.

    Errors: an observation or a reward that is not finite, an environment that fails.
    """
    length = len(page.reward)
    memory = _joined([group.memory for group in groups])
    page.next_value[:] = np.nan
    for t in range(length):
        for which, group in enumerate(groups):
            if t:
                _receive(actor, parameters, group, page, t - 1, before)
            chance = key, np.uint32(t * len(groups) + which)
            deed, group.memory = actor(parameters, group.memory, group.rows, group.restart, chance)
            group.worlds.send(deed.action)
            now = t, group.columns
            page.rows[now], page.restart[now], page.value[now] = group.rows, group.restart, deed.value
            page.action[now], page.log_prob[now] = deed.action, deed.log_prob
    for group in groups:
        _receive(actor, parameters, group, page, length - 1, before)
        _hear(group, page)
        last = actor.value(parameters, group.memory, group.rows, group.restart)
        following = np.concatenate([page.value[1:, group.columns], last[None]])
        known = page.next_value[:, group.columns]
        known[:] = np.where(np.isnan(known), following, known)
    return _as_rollout(page, memory, groups)


def _receive(actor: Actor, parameters: Array, group: Group, page: Pages, t: int, before: Before) -> None:
    """Wait for what step `t` of a group leads to, and write it down."""
    turn, now = group.worlds.receive(), (t, group.columns)
    _check_finite(turn, group, t, before)
    acted, ended = ~turn.idle, turn.terminated | turn.truncated
    reward = np.where(acted, turn.reward, 0.0).astype(np.float32)
    page.reward[now], page.idle[now] = reward, turn.idle
    page.terminated[now], page.truncated[now] = turn.terminated, turn.truncated
    group.returned, group.length = group.returned + reward, group.length + acted
    page.episode_return[now] = np.where(ended, group.returned, 0.0)
    page.episode_length[now] = np.where(ended, group.length, 0)
    if turn.final is not None and turn.truncated.any():
        worth = actor.value(parameters, group.memory, turn.final, np.zeros_like(ended))
        page.next_value[now] = np.where(turn.truncated, worth, np.nan)
    if page.reached is not None:
        page.reached[now] = turn.rows
        if turn.final is not None:
            page.reached[now][ended] = turn.final[ended]
    group.returned, group.length = np.where(ended, 0, group.returned), np.where(ended, 0, group.length)
    group.rows, group.restart = turn.rows, turn.fresh
    if turn.said:
        group.said.append(turn.said)


def _hear(group: Group, page: Pages) -> None:
    """Write down what the rollout's steps made happen: most are told by then, while the worlds stepped."""
    if not (group.firsts and group.worlds.teller):
        return
    ended = page.terminated | page.truncated
    for t, said in enumerate(group.said):
        now, event = (t, group.columns), said.event
        if len(table := group.worlds.teller.captioner.events) > CODES:
            event = beyond(event, table, group.worlds.id, group.pays)
        page.events[now][:, 0], page.first[now][:, 0] = event, group.firsts(event, ended[now])
    group.said = []


def _check_finite(turn: Turn, group: Group, t: int, before: Before) -> None:
    for what, numbers in (("a reward", turn.reward), ("an observation", turn.rows), ("a last", turn.final)):
        if numbers is None or numbers.dtype == np.uint8 or np.isfinite(numbers).all():
            continue
        copy = int(np.argwhere(~np.isfinite(numbers))[0][0]) + group.columns.start
        raise OutriderError(
            f"world {group.worlds.id} gave {what.replace('a last', 'a last observation')} that is not finite "
            f"at step {before.steps + t * before.copies + copy + 1} of learner {before.seed} (copy {copy}); "
            "mend the environment"
        )


def _as_rollout(page: Pages, memory: Any, groups: list[Group]) -> Rollout:
    """The pages as the learner knows them. Worlds that say nothing have events of code 0."""
    idles = any(group.worlds.idles for group in groups)
    here: Any = ()  # the worlds stay where they are
    opening = Sight(memory, _obs(page.rows[0]), page.restart[0])
    trajectory = Trajectory(
        obs=_obs(page.rows),
        action=page.action,
        log_prob=page.log_prob,
        value=page.value,
        reward=page.reward,
        terminated=page.terminated,
        truncated=page.truncated,
        events=page.events,
        first=page.first,
        idle=page.idle if idles else None,
        reached=None if page.reached is None else _obs(page.reached),
        episode_return=page.episode_return,
        episode_length=page.episode_length,
    )
    valid = ~page.idle if idles else None
    marks = Marks(valid, page.restart, page.next_value)
    return Rollout(here, opening, opening, opening, trajectory, marks)


def _obs(rows: Any) -> Obs:
    """Rows as an observation without a grid."""
    grid: Any = np.zeros((*rows.shape[:-1], 0, 0), np.uint8)
    return Obs(grid, vector=rows)


def _joined(memories: list[Any]) -> Any:
    """What is remembered of all groups' copies, one group after another."""
    return jax.tree.map(lambda *parts: np.concatenate([np.asarray(p) for p in parts]), *memories)
