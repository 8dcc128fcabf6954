"""Many copies of one device world, stepped together, with optimistic resets and the memory of what was seen.

Optimistic resets (Craftax; Matthews et al. 2024): a few fresh worlds are generated a step and shared among the copies
that end in it, since generating one for each copy in every step costs more than stepping. Two copies that end in the
same step may so start alike; their later chance does not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt32

from outrider.types import Key, Obs
from outrider.worlds.experts import Gauge
from outrider.worlds.world import World

FEW_WORDS = 8  # of bits a copy: all are compared, which is faster than finding the one that is meant


class Copies(NamedTuple):
    """The state of `B` copies in the middle of their episodes."""

    world: Any
    seen: UInt32[Array, "B words"]  # one bit an event code: it occurred in this episode
    flags: UInt32[Array, "B"]  # one bit a kind of event, part of the observation
    returned: Float[Array, "B"]
    length: Int[Array, "B"]
    left: Any = ()  # [B] what the batch's gauge says; nothing where it has none


class BatchStep(NamedTuple):
    """One step of all copies. `obs` is what the next action sees; `final` is the observation before any reset."""

    copies: Copies
    obs: Obs
    final: Obs
    reward: Float[Array, "B"]
    terminated: Bool[Array, "B"]
    truncated: Bool[Array, "B"]
    events: Int[Array, "B M"]
    first: Bool[Array, "B M"]
    episode_return: Float[Array, "B"]  # of the episodes that ended in this step, else 0
    episode_length: Int[Array, "B"]
    situation: Int[Array, "B K"]  # before any reset
    reached: Any  # [B] the worlds' states before any reset
    left: Any = (
        None  # [B, 2] what the gauge says of the state before the action, and after it before any reset
    )


@dataclass(frozen=True)
class Batch:
    """`copies` copies of a world; `fresh` of them generated a step for those that end.

    An episode with a return above `solved_above` is a success. With `sparing`, fresh worlds are made only in steps in
    which a copy ends: for worlds that cost far more to make than to step. A `gauge` says of every state how many steps
    of the way are left.
    """

    world: World
    copies: int
    fresh: int
    solved_above: float = 0.0
    sparing: bool = False
    gauge: Gauge | None = None

    def share(self, learners: int) -> Batch:
        """What one of `learners` synchronous learners steps of it."""
        return replace(self, copies=self.copies // learners, fresh=max(1, self.fresh // learners))

    def reset(self, key: Key, stagger: bool = True) -> tuple[Copies, Obs]:
        """Every copy in a fresh world of its own; with `stagger`, at a random hour of its first episode.

        Without, all copies that fail would be truncated in the same step, and between those only successes would end.
        """
        reset_key, hour_key = jax.random.split(key)
        state, obs = jax.vmap(self.world.reset)(jax.random.split(reset_key, self.copies))
        if stagger:
            state, obs = jax.vmap(self.world.stagger)(jax.random.split(hour_key, self.copies), state)
        copies = Copies(
            world=state,
            seen=jnp.zeros((self.copies, -(-self.world.codes // 32)), jnp.uint32),
            flags=jnp.zeros(self.copies, jnp.uint32),
            returned=jnp.zeros(self.copies),
            length=jnp.zeros(self.copies, jnp.int32),
            left=self._left(state),
        )
        return copies, self.with_flags(obs, copies.flags)

    def step(self, key: Key, copies: Copies, action: Int[Array, "B"]) -> BatchStep:
        """One step of all copies; those that ended start anew."""
        step_key, reset_key, share_key = jax.random.split(key, 3)
        stepped = jax.vmap(self.world.step)(jax.random.split(step_key, self.copies), copies.world, action)
        done = stepped.terminated | stepped.truncated
        first, seen = _mark(copies.seen, stepped.events)
        flags = copies.flags | jnp.bitwise_or.reduce(self.world.flag_bits(stepped.events), axis=1)
        returned, length = copies.returned + stepped.reward, copies.length + 1

        def renewed(old: tuple[Any, Obs]) -> tuple[Any, Obs]:
            fresh = jax.vmap(self.world.reset)(jax.random.split(reset_key, self.fresh))
            if self.fresh < self.copies:
                # The k-th copy that ends takes fresh world k, from a random start, round and round.
                turn = jnp.cumsum(done) + jax.random.randint(share_key, (), 0, self.fresh)
                fresh = jax.tree.map(lambda x: x[turn % self.fresh], fresh)
            return jax.tree.map(
                lambda new, old: jnp.where(done.reshape(-1, *[1] * (old.ndim - 1)), new, old), fresh, old
            )

        old = stepped.state, stepped.obs
        state, obs = jax.lax.cond(done.any(), renewed, lambda old: old, old) if self.sparing else renewed(old)
        final = self.with_flags(stepped.obs, flags)
        left = now = self._left(stepped.state)
        if self.gauge:  # of fresh worlds it is asked anew
            now = jax.lax.cond(done.any(), lambda: jnp.where(done, self._left(state), left), lambda: left)
        kept = Copies(
            world=state,
            seen=jnp.where(done[:, None], 0, seen),
            flags=jnp.where(done, 0, flags),
            returned=jnp.where(done, 0.0, returned),
            length=jnp.where(done, 0, length),
            left=now,
        )
        return BatchStep(
            copies=kept,
            obs=self.with_flags(obs, kept.flags),
            final=final,
            reward=stepped.reward,
            terminated=stepped.terminated,
            truncated=stepped.truncated,
            events=stepped.events,
            first=first,
            episode_return=jnp.where(done, returned, 0.0),
            episode_length=jnp.where(done, length, 0),
            situation=jax.vmap(self.world.situation)(stepped.state),
            reached=stepped.state,
            left=jnp.stack([copies.left, left], axis=-1) if self.gauge else None,
        )

    def _left(self, state: Any) -> Any:
        return jax.vmap(self.gauge)(state) if self.gauge else ()

    def with_flags(self, obs: Obs, flags: UInt32[Array, "B"]) -> Obs:
        """What is seen, with the flags of the events met so far behind it."""
        raised = (flags[:, None] >> jnp.arange(self.world.flags, dtype=jnp.uint32)) & 1
        return obs._replace(vector=jnp.concatenate([obs.vector, raised.astype(obs.vector.dtype)], axis=-1))


def _mark(
    seen: UInt32[Array, "B words"], events: Int[Array, "B M"]
) -> tuple[Bool[Array, "B M"], UInt32[Array, "B words"]]:
    """Which events are the first of their code in the episode, and the bits after marking them."""
    rows = jnp.arange(seen.shape[0])
    words = jnp.arange(seen.shape[1])
    first = []
    for slot in range(events.shape[1]):
        code = events[:, slot]
        word, bit = code // 32, jnp.uint32(1) << (code % 32).astype(jnp.uint32)
        if seen.shape[1] <= FEW_WORDS:
            mark = jnp.where((word[:, None] == words) & (code > 0)[:, None], bit[:, None], 0)
            first.append((mark & ~seen != 0).any(axis=1))
            seen = seen | mark
            continue
        held = seen[rows, word]
        first.append((code > 0) & (held & bit == 0))
        seen = seen.at[rows, word].set(held | jnp.where(code > 0, bit, 0))
    return jnp.stack(first, axis=1), seen
