"""Go-Explore's first phase in a device world: return to a cell of the archive, explore from there, keep what is found.

Ecoffet et al. 2021, "First return, then explore", Nature 590, 580-586. A device world's state is a pytree, so that to
return is to look it up: no step is played. A world is drawn once a search (or once for each of its `layouts`, which are
part of the cell), and the archive tells of these layouts alone: to act in others is learned from the ways that were
found (`trails.py`), which is the second phase.

Deviations: cells are told by the captioner's situation or by what is seen, not by a picture made small; a copy whose
episode ends within its exploration returns to the same cell once more, so that no step is idle.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int

from outrider.agents.agent import Agent
from outrider.errors import OutriderError
from outrider.explore.archive import BITS, Archive, Stand, add, before, empty, leads, select
from outrider.explore.visits import hashed, sights
from outrider.learn.collect import choose
from outrider.learn.go_settings import GoSettings
from outrider.learn.settings import check_steps
from outrider.types import Key, Obs, Step
from outrider.worlds.batch import Batch
from outrider.worlds.world import World

NEVER = np.iinfo(np.int32).max
MOST = 65_536  # entries of an archive, unless their states take more than
MEMORY = 1 << 29  # bytes
# Of a search's key, for its layouts and its steps; its rounds take the numbers from 0 on.
DRAW, LUCK = NEVER, NEVER - 1
SECOND = 65_536  # about how many environment steps a compiled call makes: progress shows and Ctrl-C lands


class Best(NamedTuple):
    """The best way found in each layout, `[L]`: one that solves it, else the one with the highest return so far."""

    solved: Bool[Array, "L"]
    stand: Stand  # its end; without the state and what is seen there


class Search(NamedTuple):
    """Where a search stands. Steps are numbered from 0 over all copies: round, step of the round, copy."""

    key: Key
    rounds: Int[Array, ""]
    archive: Archive
    best: Best
    first_met: Int[Array, "E"]  # the environment step in which each event was first met, from 1; else `NEVER`
    first_solved: Int[Array, ""]  # likewise


class Round(NamedTuple):
    """What a round leaves: enough to walk every way again."""

    begin: Int[Array, "B"]  # the number of the step that led to where each copy returned to
    action: Array  # [K, B, ...]
    ended: Bool[Array, "K B"]  # the episode ended here, and the copy returned to its beginning
    cells: Int[Array, ""]  # found so far
    returned: Array  # the best so far


@dataclass(frozen=True)
class GoExplore:
    """The unchanging parts of a search in a world; an episode with a return above `solved_above` is a success."""

    world: World
    settings: GoSettings
    solved_above: float = 0.0
    policy: Agent | None = None  # who explores, without a memory; at random without one

    @property
    def cells(self) -> str:
        """What tells cells apart: "situations" or "observations"."""
        auto = "observations" if self.world.view[0] else "situations"
        return auto if self.settings.cells == "auto" else self.settings.cells

    def layouts(self, key: Key) -> tuple[Stand, Obs]:
        """The worlds' beginnings, `[L]`, in a search of this key."""
        count = self.settings.layouts
        state, obs = jax.vmap(self.world.reset)(jax.random.split(jax.random.fold_in(key, DRAW), count))
        which, none = jnp.arange(count, dtype=jnp.int32), jnp.zeros(count, jnp.int32)
        start = Stand(state, which, jnp.zeros(count), none, -1 - which)
        return self._sighted(start, obs, jnp.zeros(count, jnp.uint32)), obs

    def init(self, key: Key) -> Search:
        """An archive of the beginnings alone."""
        start, obs = jax.lax.optimization_barrier(
            self.layouts(key)
        )  # else XLA may fold a whole archive for seconds
        size = self.settings.most_cells or min(MOST, max(1, MEMORY // _bytes(start)))
        begun = add(empty(start, size), start, self.bucket(start, obs), jnp.ones(len(start.layout), bool))
        best = Best(jnp.zeros(len(start.layout), bool), _bare(start))
        never = jnp.int32(NEVER)
        return Search(key, jnp.int32(0), begun, best, jnp.full(self.world.codes, never), never)

    def round(self, search: Search) -> tuple[Search, Round]:
        """Choose cells, return to them, explore from there step by step, and add what is found."""
        copies, length = self.settings.copies, self.settings.length
        choose_key, act_key = jax.random.split(jax.random.fold_in(search.key, search.rounds))
        archive, begin = select(search.archive, choose_key, copies)
        search = search._replace(archive=archive)

        def step(carry: tuple[Search, Stand, Array], t: Int[Array, ""]) -> tuple[tuple, tuple[Array, Array]]:
            search, here, last = carry
            number = (search.rounds * length + t) * copies + jnp.arange(copies, dtype=jnp.int32)
            action = self._act(jax.random.fold_in(act_key, t), here, last, fresh=here.born == begin.born)
            stepped = jax.vmap(self.world.step)(luck(search.key, number), here.state, action)
            there = Stand(stepped.state, here.layout, here.returned + stepped.reward, here.length + 1, number)
            there = self._sighted(there, stepped.obs, here.flags, stepped.events)
            ended = stepped.terminated | stepped.truncated
            search = self._noted(search, stepped, there, ended)
            archive = add(search.archive, there, self.bucket(there, stepped.obs), ~ended)
            return (search._replace(archive=archive), choose(ended, begin, there), action), (action, ended)

        last = self.world.space.sample(act_key, jnp.zeros((copies, self.world.space.outputs)))
        (search, _, _), (action, ended) = jax.lax.scan(step, (search, begin, last), jnp.arange(length))
        left = Round(begin.born, action, ended, search.archive.count, search.best.stand.returned.max())
        return search._replace(rounds=search.rounds + 1), left

    def bucket(self, stand: Stand, obs: Obs) -> Int[Array, "B"]:
        """The bucket of the cell that each copy stands in."""
        if self.cells == "situations":
            told = jax.vmap(self.world.situation)(stand.state)
            told = told[:, jnp.asarray(self.settings.columns)] if self.settings.columns else told
        else:
            told = sights(obs, 1)
        return hashed(jnp.concatenate([stand.layout[:, None], told], axis=1), BITS)

    def _act(self, key: Key, here: Stand, last: Array, fresh: Bool[Array, "B"]) -> Array:
        """An action of the policy, or a random one, or the one before it."""
        draw_key, stick_key = jax.random.split(key)
        outputs = jnp.zeros((len(fresh), self.world.space.outputs))
        if self.policy is not None:
            outputs, _, _ = self.policy.act(
                self.policy.start(len(fresh)), here.obs, jnp.zeros(len(fresh), bool)
            )
        again = jax.random.bernoulli(stick_key, self.settings.sticky, fresh.shape) & ~fresh
        return choose(again, last, self.world.space.sample(draw_key, outputs))

    def _sighted(self, stand: Stand, obs: Obs, flags: Any, events: Any = None) -> Stand:
        """With what an agent sees there, where one looks."""
        if self.policy is None:
            return stand
        if events is not None:
            flags = flags | jnp.bitwise_or.reduce(self.world.flag_bits(events), axis=1)
        return stand._replace(flags=flags, obs=Batch(self.world, len(flags), 1).with_flags(obs, flags))

    def _noted(self, search: Search, stepped: Step, there: Stand, ended: Bool[Array, "B"]) -> Search:
        """What was reached for the first time, and the best way so far."""
        when = there.born + 1
        met = search.first_met.at[stepped.events].min(when[:, None])
        solved = ended & (there.returned > self.solved_above)
        first = jnp.minimum(search.first_solved, jnp.where(solved, when, NEVER).min())
        best, ranks = search.best, (~solved, -there.returned, there.length)
        held = jax.tree.map(lambda x: x[there.layout], best)
        better = before(ranks, (~held.solved, -held.stand.returned, held.stand.length))
        to = jnp.where(leads(there.layout, *ranks) & better, there.layout, self.settings.layouts)
        found = Best(solved, _bare(there))
        best = jax.tree.map(lambda all, x: all.at[to].set(x, mode="drop"), best, found)
        return search._replace(best=best, first_met=met, first_solved=first)


Heard = Callable[[float, Search], None]  # progress in [0, 1], and where the search of a seed stands


def luck(key: Key, number: Int[Array, "*n"]) -> Key:
    """The keys of steps by their numbers: whoever walks a way again meets the same chance."""
    return jax.vmap(lambda n: jax.random.fold_in(jax.random.fold_in(key, LUCK), n))(number)


def explore(
    go: GoExplore, seeds: Sequence[int], steps: int, heard: Heard = lambda progress, search: None
) -> list[tuple[Search, Round]]:
    """Search with each seed, one after another, for at least `steps` environment steps: where each search ended, and
    what its rounds left, `[R, ...]`, as NumPy arrays.

    Errors: as `check`.
    """
    check(go, steps)
    calls, chunk = calls_of(go.settings.batch, steps)
    init = jax.jit(lambda seed: go.init(jax.random.key(seed)))
    run = jax.jit(
        lambda search: jax.lax.scan(lambda one, _: go.round(one), search, None, length=chunk),
        donate_argnums=0,
    )
    found = []
    for seed in seeds:
        search, left = init(jnp.uint32(seed)), []
        for call in range(calls):
            search, rounds_left = run(search)
            left.append(jax.device_get(rounds_left))
            heard((call + 1) / calls, search)
        found.append((search, jax.tree.map(lambda *parts: np.concatenate(parts), *left)))
    return found


def calls_of(batch: int, steps: int) -> tuple[int, int]:
    """How many compiled calls make at least `steps` environment steps, and of how many rounds each: all alike, so that
    the last may make a few rounds more than needed, together fewer than there are calls."""
    rounds = math.ceil(steps / batch)
    calls = math.ceil(rounds / max(1, SECOND // batch))
    return calls, math.ceil(rounds / calls)


def check(go: GoExplore, steps: int) -> None:
    """Refuse what cannot be searched. Errors: steps that cannot be made or numbered, columns that are not there, a
    policy with a memory."""
    check_steps(steps)
    made = math.prod(calls_of(go.settings.batch, steps)) * go.settings.batch
    if made >= NEVER:
        raise OutriderError(
            f"{steps} environment steps in rounds of {go.settings.batch} would be {made}, which cannot be numbered; "
            "ask for fewer steps or smaller rounds (--search.copies, --search.length)"
        )
    if go.policy is not None and jax.tree.leaves(go.policy.start(1)):
        raise OutriderError("the policy has a memory, which an archive does not keep: explore by one without")
    key, columns = jax.random.key(0), go.settings.columns
    told = len(jax.eval_shape(lambda: go.world.situation(go.world.reset(key)[0])))
    if not all(0 <= column < told for column in columns):
        raise OutriderError(
            f"search setting columns is {columns}, but a situation of {go.world.id} has {told} numbers, from 0 on"
        )


def _bare(stand: Stand) -> Stand:
    """Without what is large."""
    return stand._replace(state=(), obs=())


def _bytes(start: Stand) -> int:
    """What one state takes, with what is seen of it."""
    return sum(x.nbytes for x in jax.tree.leaves((start.state, start.obs))) // len(start.layout)
