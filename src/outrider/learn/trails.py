"""The ways that a search of Go-Explore took: read back from its rounds, walked again, and made into demonstrations.

A step is known by its number. A round tells where each copy returned to, by the number of the step that led there, and
what it did from there; so the way to any step is read from its end, and no cell that is replaced later can change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from outrider.errors import OutriderError
from outrider.learn.demonstrations import Demonstrations
from outrider.learn.go_explore import GoExplore, Round, Search, luck
from outrider.types import Key, Obs
from outrider.worlds.batch import Batch

PORTION = 128  # ways that are walked at once


@dataclass(frozen=True)
class Trail:
    """The way to one step: the layout that it begins in, and the numbers of its steps `[N]`, in order."""

    layout: int
    steps: np.ndarray


@dataclass(frozen=True)
class Walked:
    """Ways walked again, as NumPy arrays: `E` ways of at most `T` steps; what is beyond a way's end means nothing."""

    states: Any  # [E, T + 1, ...] of the world
    obs: Obs  # [E, T + 1, ...] as an agent sees it, event flags among it
    action: np.ndarray  # [E, T, ...]
    reward: Float[np.ndarray, "E T"]
    terminated: Bool[np.ndarray, "E T"]
    truncated: Bool[np.ndarray, "E T"]
    events: Int[np.ndarray, "E T M"]


def trail(rounds: Round, born: int) -> Trail:
    """The way to a step, or to a layout's beginning. `rounds` are those that `explore` returned."""
    _, length, copies = rounds.ended.shape
    parts = [np.zeros(0, np.int64)]
    while born >= 0:
        step, copy = divmod(born, copies)
        of, t = divmod(step, length)
        ends = np.flatnonzero(rounds.ended[of, :t, copy])
        since = ends[-1] + 1 if len(ends) else 0
        parts.append((of * length + np.arange(since, t + 1)) * copies + copy)
        born = int(rounds.begin[of, copy])
    return Trail(-1 - born, np.concatenate(parts[::-1]))


def walk(go: GoExplore, key: Key, rounds: Round, trails: Sequence[Trail], states: bool = False) -> Walked:
    """Walk ways again from their layouts' beginnings, each step with the chance that it had: `key` is the search's.

    States are kept only where they are asked for: they are large.
    """
    longest = max([1, *(len(way.steps) for way in trails)])
    longest = 1 << (longest - 1).bit_length()  # few compiled shapes
    count = len(trails) if len(trails) < PORTION else -(-len(trails) // PORTION) * PORTION
    numbers = np.zeros((count, longest), np.int32)
    for row, way in zip(numbers, trails, strict=False):
        row[: len(way.steps)] = way.steps
    done = np.asarray(rounds.action).reshape(-1, *rounds.action.shape[3:])[numbers]
    layout = np.array([way.layout for way in trails] + [0] * (count - len(trails)))
    walked = jax.jit(lambda *way: _walk(go, key, states, *way))
    parts = [
        jax.device_get(walked(layout[at : at + PORTION], numbers[at : at + PORTION], done[at : at + PORTION]))
        for at in range(0, count, PORTION)
    ]
    kept, obs, *told = jax.tree.map(
        lambda *x: np.concatenate(x, axis=1).swapaxes(0, 1)[: len(trails)], *parts
    )
    reward, terminated, truncated, events = told
    return Walked(kept, obs, done[: len(trails)], reward, terminated, truncated, events)


def _walk(
    go: GoExplore, key: Key, states: bool, layout: Array, numbers: Int[Array, "E T"], action: Array
) -> tuple[Any, Obs, Array, Array, Array, Array]:
    """What `Walked` holds but for the action, with time first."""
    world, flagged = go.world, Batch(go.world, len(layout), 1).with_flags
    start, seen = go.layouts(key)
    state, obs = jax.tree.map(lambda x: x[layout], (start.state, seen))
    flags = jnp.zeros(len(layout), jnp.uint32)

    def step(carry: tuple, now: tuple[Array, Array]) -> tuple[tuple, tuple]:
        state, flags = carry
        stepped = jax.vmap(world.step)(luck(key, now[0]), state, now[1])
        flags = flags | jnp.bitwise_or.reduce(world.flag_bits(stepped.events), axis=1)
        kept = stepped.state if states else ()
        told = (stepped.reward, stepped.terminated, stepped.truncated, stepped.events)
        return (stepped.state, flags), (kept, flagged(stepped.obs, flags), *told)

    begin = (state if states else (), flagged(obs, flags))
    _, (*after, reward, terminated, truncated, events) = jax.lax.scan(
        step, (state, flags), (numbers.T, action.swapaxes(0, 1))
    )
    whole = jax.tree.map(lambda first, rest: jnp.concatenate([first[None], rest]), begin, tuple(after))
    return (*whole, reward, terminated, truncated, events)


def demonstrations(go: GoExplore, search: Search, rounds: Round) -> Demonstrations:
    """The best way of each layout in which one was found, whole: of those solved, or where none is, of all.

    A way that its world did not end is cut where it was best, which is written down as truncation. Errors: no way has
    more return than doing nothing, and none is a success.
    """
    best = jax.device_get(search.best)
    gained = best.solved if best.solved.any() else best.stand.returned > 0
    if not gained.any():
        raise OutriderError(
            f"nothing worth showing was found in {go.world.id}: search for more steps, or by other cells"
        )
    trails = [trail(rounds, int(born)) for born in best.stand.born[gained]]
    told = walk(go, search.key, rounds, trails)
    mine = np.arange(told.reward.shape[1]) < np.array([[len(way.steps)] for way in trails])
    last = np.array([len(way.steps) for way in trails])
    ends = np.arange(told.reward.shape[1]) == last[:, None] - 1
    return Demonstrations(
        world=go.world.id,
        by="go-explore",
        obs=jax.tree.map(lambda x: x[:, :-1][mine], told.obs),
        action=told.action[mine],
        reward=told.reward[mine],
        terminated=told.terminated[mine],
        truncated=(told.truncated | (ends & ~told.terminated))[mine],
        final=jax.tree.map(lambda x: x[np.arange(len(last)), last], told.obs),
    )
