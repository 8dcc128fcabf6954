"""Where the time of a configuration goes: rollout, learning, compiling; and how near it comes to the limit."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import PartitionSpec as Spec

from outrider.errors import OutriderError
from outrider.learn import limit
from outrider.learn.collect import collect
from outrider.learn.ppo import PPO, SHARES, Learner
from outrider.learn.settings import Settings
from outrider.learn.team import mesh, place, spread
from outrider.learn.train import learner_for
from outrider.types import Atlas

CALL_STEPS = 32_768  # at least so many environment steps a timed call: a call's own cost vanishes
Advance = Callable[[Learner], tuple[Learner, Any]]


@dataclass(frozen=True)
class Timing:
    """Seconds of one update, medians over interleaved rounds; `learning` is what an update takes beyond its rollout."""

    update: float
    rollout: float
    stepping: float  # the bare world's part of the limit
    products: float  # the bare matrix products' part
    compile: float  # once, of the update's program
    batch: int  # environment steps of an update
    flops: int  # of the matrix products of an update, all learners together
    rounds: tuple[dict[str, float], ...]  # what each round measured
    alone: float | None = (
        None  # of host worlds: learning by itself, of which training hides a part in the next rollout
    )

    @property
    def learning(self) -> float:
        """Everything but the rollout."""
        return max(0.0, self.update - self.rollout)

    @property
    def limit(self) -> float:
        """The least time that an update can take; host worlds step while others act and learn, at best all the time."""
        both = (self.stepping, self.products)
        return sum(both) if self.alone is None else max(both)

    @property
    def ratio(self) -> float:
        """The limit's time over the actual one: at most 1, but for the noise of the clock."""
        return self.limit / self.update

    @property
    def rate(self) -> float:
        """Environment steps per second of training."""
        return self.batch / self.update


def measure(world: str, settings: Settings, signal: str, atlas: Atlas, rounds: int = 5) -> Timing:
    """Time one learner (or team) `rounds` times, the parts in turn. Errors: as `train`, or fewer rounds than one."""
    if rounds < 1:
        raise OutriderError(f"--rounds is {rounds}; it must be at least 1")
    updates = max(1, CALL_STEPS // settings.batch)
    ppo = learner_for(world, settings, signal, 1000 * updates)
    assert isinstance(ppo, PPO)
    make = jax.jit(jax.vmap(lambda key: ppo.init(key, atlas)))
    state = make(jax.random.key(0)[None])
    one = jax.tree.map(lambda x: x[0], state)
    work = limit.of_update(ppo, one)

    began = time.perf_counter()
    programs = {"update": _program(ppo, ppo.update, state, updates)}
    compile_seconds = time.perf_counter() - began
    programs["rollout"] = _program(ppo, _rollout(ppo), make(jax.random.key(1)[None]), updates)
    bare = limit.stepping(ppo, one.network)
    programs["stepping"] = _program(ppo, bare, make(jax.random.key(2)[None]), updates)
    programs["products"] = time_products(settings.learners, work, updates)

    for call in programs.values():
        call()  # the first one pays for pages and caches
    found = tuple({name: call() for name, call in programs.items()} for _ in range(rounds))
    median = {name: statistics.median(times[name] for times in found) for name in programs}
    flops = limit.flops(work) * settings.learners
    return Timing(**median, compile=compile_seconds, batch=settings.batch, flops=flops, rounds=found)


def _rollout(ppo: PPO) -> Advance:
    """A rollout as an update makes it, without what is learned from it."""
    batch = ppo.batch.share(ppo.team.size)

    def advance(learner: Learner) -> tuple[Learner, Any]:
        key, own = jax.random.split(learner.key)
        own = ppo.team.own_key(own)
        rollout = collect(batch, learner.network, learner.copies, learner.sight, own, ppo.settings.rollout)
        learner = learner._replace(key=key, copies=rollout.copies, sight=rollout.end)
        return learner, limit.touch((rollout.trajectory, jax.tree.map(lambda x: x[None], rollout.cut)))

    return advance


def _program(ppo: PPO, advance: Advance, state: Learner, updates: int) -> Callable[[], float]:
    """`updates` times `advance` in one compiled call, as training calls it; seconds of each one when called."""

    def many(state: Learner) -> tuple[Learner, Any]:
        return jax.lax.scan(lambda one, _: advance(one), state, None, length=updates)

    def group(state: Learner) -> tuple[Learner, Any]:
        return jax.lax.map(many, state)

    size = ppo.settings.learners
    if size > 1:
        group, state = spread(group, mesh(size), SHARES), place(state, mesh(size), SHARES)
    compiled = jax.jit(group, donate_argnums=0).lower(state).compile()
    return _timed(lambda now: compiled(now)[0], state, updates)


def time_products(size: int, work: limit.Work, updates: int) -> Callable[[], float]:
    """The products of `updates` updates in one compiled call, by every learner of a team at once."""

    def many(own: list[Any], shared: dict[str, Any]) -> list[Any]:
        again = lambda now, _: (limit.run(work, now, shared), None)  # noqa: E731
        return jax.lax.scan(again, own, None, length=updates)[0]

    own, shared = limit.operands(work)
    every = many
    if size > 1:
        every = jax.shard_map(
            many, mesh=mesh(size), in_specs=(Spec(), Spec()), out_specs=Spec(), check_vma=False
        )
        own, shared = (place(x, mesh(size), jax.tree.map(lambda _: Spec(), x)) for x in (own, shared))
    compiled = jax.jit(every, donate_argnums=0).lower(own, shared).compile()
    return _timed(lambda now: compiled(now, shared), own, updates)


def _timed(call: Callable[[Any], Any], state: Any, updates: int) -> Callable[[], float]:
    held = [state]

    def once() -> float:
        began = time.perf_counter()
        held[0] = jax.block_until_ready(call(held[0]))
        return (time.perf_counter() - began) / updates

    return once


def even_atlas(codes: int) -> Atlas:
    """Every event pays the same: the time of a signal does not depend on what an engine says."""
    return Atlas(jnp.ones(codes).at[0].set(0.0), jnp.ones(codes, bool))
