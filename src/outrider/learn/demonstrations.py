"""Demonstrations: whole episodes that somebody shows, an expert or a trained policy, and how they are recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool

from outrider.agents.agent import Agent
from outrider.errors import OutriderError
from outrider.ops.distribution import Continuous, Discrete, Space
from outrider.types import Key, Obs, shown_shape
from outrider.worlds.batch import Batch
from outrider.worlds.experts import Expert
from outrider.worlds.world import World

COPIES, CHUNK = 64, 32  # worlds that are played at once, and steps of a compiled call


@dataclass(frozen=True)
class Demonstrations:
    """Whole episodes, one after another, as NumPy arrays: `N` steps of `E` episodes."""

    world: str  # its id; empty where nobody wrote it down
    by: str  # who shows them
    obs: Obs  # [N, ...] as an agent sees them before the action, event flags among them
    action: np.ndarray  # [N] or [N, K]
    reward: np.ndarray  # [N] the world's own
    terminated: np.ndarray  # [N]
    truncated: np.ndarray  # [N] every episode's last step is terminated or truncated
    final: Obs  # [E, ...] what each episode ended in

    @property
    def ends(self) -> np.ndarray:
        """The last step of each episode `[E]`."""
        return np.flatnonzero(self.terminated | self.truncated)

    @property
    def returns(self) -> np.ndarray:
        """The return of each episode `[E]`, undiscounted."""
        begins = np.concatenate([[0], self.ends[:-1] + 1])
        return np.add.reduceat(self.reward.astype(np.float64), begins)


class Row(NamedTuple):
    """What is kept of a step while it is played, `[T, B, ...]`."""

    obs: Obs
    action: Array
    reward: Array
    terminated: Array
    truncated: Array
    final: Obs
    counts: Bool[Array, "T B"]  # it belongs to a copy's first episode


Actor = Callable[[Any, Any, Obs, Array, Key], tuple[Array, Any]]


def by_expert(expert: Expert) -> tuple[Actor, Any]:
    """How an expert acts, and that it has no memory."""
    return lambda worlds, memory, obs, restart, key: (jax.vmap(expert)(worlds), memory), ()


def by_agent(network: Agent, copies: int = COPIES) -> tuple[Actor, Any]:
    """How a trained network acts, by chance as in training, and its memory of `copies` fresh episodes."""

    def act(worlds: Any, memory: Any, obs: Obs, restart: Array, key: Key) -> tuple[Array, Any]:
        outputs, _, memory = network.act(memory, obs, restart)
        return network.space.sample(key, outputs), memory

    return act, network.start(copies)


def record(
    world: World, shown_by: tuple[Actor, Any], episodes: int, key: Key, by: str = ""
) -> Demonstrations:
    """`episodes` fresh episodes, each played to its end. Which are kept does not hang on how they go.

    `shown_by` is what `by_expert` or `by_agent` made. Errors: no episodes asked for.
    """
    if episodes < 1:
        raise OutriderError(f"{episodes} episodes cannot be demonstrated; ask for 1 or more")
    (act, memory), batch = shown_by, Batch(world, COPIES, fresh=1, sparing=True)
    reset = jax.jit(lambda key: batch.reset(key, stagger=False))

    @jax.jit
    def advance(carry: tuple, key: Key) -> tuple[tuple, Row]:
        def step(carry: tuple, key: Key) -> tuple[tuple, Row]:
            copies, memory, obs, restart, over = carry
            act_key, world_key = jax.random.split(key)
            action, memory = act(copies.world, memory, obs, restart, act_key)
            after = batch.step(world_key, copies, action)
            done = after.terminated | after.truncated
            row = Row(obs, action, after.reward, after.terminated, after.truncated, after.final, ~over)
            return (after.copies, memory, after.obs, done, over | done), row

        return jax.lax.scan(step, carry, jax.random.split(key, CHUNK))

    taken, never = [], jnp.zeros(COPIES, bool)
    for first in range(0, episodes, COPIES):
        reset_key, key = jax.random.split(jax.random.fold_in(key, first))
        copies, obs = reset(reset_key)
        carry, rows, whose = (copies, memory, obs, never, never), [], []
        while not carry[-1].all():
            chunk_key, key = jax.random.split(key)
            carry, told = advance(carry, chunk_key)
            told = jax.device_get(told)
            wanted = told.counts & (np.arange(COPIES) < episodes - first)
            rows.append(jax.tree.map(lambda x, wanted=wanted: x[wanted], told))
            whose.append(np.nonzero(wanted)[1])
        order = np.argsort(np.concatenate(whose), kind="stable")  # episode by episode, each in its time
        taken.append(jax.tree.map(lambda *parts, order=order: np.concatenate(parts)[order], *rows))
    steps = jax.tree.map(lambda *parts: np.concatenate(parts), *taken)
    ends = steps.terminated | steps.truncated
    return Demonstrations(
        world=world.id,
        by=by,
        obs=steps.obs,
        action=steps.action,
        reward=steps.reward,
        terminated=steps.terminated,
        truncated=steps.truncated,
        final=jax.tree.map(lambda x: x[ends], steps.final),
    )


def check_shown(shown: Demonstrations, world: World, where: str) -> None:
    """Refuse sights or actions that the world does not have, and numbers that are not finite.

    Another world's with the same will do.
    """
    want = (world.view, shown_shape(shown.obs, world.vector + world.flags))
    found = (shown.obs.grid.shape[1:], shown.obs.vector.shape[1:])
    if found != want:
        raise OutriderError(
            f"{where} shows a grid and a vector of the shapes {found}, and {world.id} has {want}; "
            "record demonstrations in that world"
        )
    space, action = world.space, shown.action
    columns, kind = _form(space)
    if action.shape[1:] != columns or not np.issubdtype(action.dtype, kind):
        raise OutriderError(f"{where} shows other actions than {world.id} has; record them in that world")
    floats = [x for x in (shown.obs.vector, action) if np.issubdtype(x.dtype, np.floating)]
    if not all(np.isfinite(x).all() for x in floats):
        raise OutriderError(f"{where} shows numbers that are not finite; record these episodes anew")
    if isinstance(space, Continuous):
        return
    counts = (space.n,) if isinstance(space, Discrete) else space.sizes
    if not ((action >= 0) & (action < np.array(counts).reshape(columns))).all():
        raise OutriderError(
            f"{where} shows actions beyond the {' x '.join(map(str, counts))} of {world.id}; "
            "record them in that world"
        )


def _form(space: Space) -> tuple[tuple[int, ...], type]:
    """The shape of one action, and what kind of number it is of."""
    if isinstance(space, Discrete):
        return (), np.integer
    if isinstance(space, Continuous):
        return (space.size,), np.floating
    return (len(space.sizes),), np.integer
