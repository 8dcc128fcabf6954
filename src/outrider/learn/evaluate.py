"""What a trained policy solves: whole fresh episodes, each played to its end, none counted twice."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from outrider.agents.agent import Agent
from outrider.types import Key
from outrider.worlds.batch import Batch
from outrider.worlds.world import World

EPISODES = 64


def solved(
    network: Agent, world: World, key: Key, above: float = 0.0, sparing: bool = False
) -> tuple[Int[Array, ""], Float[Array, ""]]:
    """How many of `EPISODES` fresh episodes the policy solves, and their mean return, acting by chance as in training.

    An episode is solved if its return is above `above`; `sparing` as in `Batch`. Ends with the last episode.
    Unlike the curve, where an episode is counted when it ends, this does not favour short episodes over long ones.
    """
    batch = Batch(world, EPISODES, fresh=1, sparing=sparing)
    reset_key, steps_key = jax.random.split(key)
    copies, obs = batch.reset(reset_key, stagger=False)

    def step(carry: tuple) -> tuple:
        t, copies, memory, obs, over, won, returned = carry
        act_key, world_key = jax.random.split(keys[t])
        outputs, _, memory = network.act(memory, obs, never)
        after = batch.step(world_key, copies, network.space.sample(act_key, outputs))
        ended = after.terminated | after.truncated
        won = won | (~over & ended & (after.episode_return > above))
        returned = jnp.where(over, returned, returned + after.reward)
        over = over | ended
        return t + 1, after.copies, memory, after.obs, over, won, returned

    never = jnp.zeros(EPISODES, bool)
    keys = jax.random.split(steps_key, world.horizon)
    begin = (jnp.int32(0), copies, network.start(EPISODES), obs, never, never, jnp.zeros(EPISODES))
    *_, won, returned = jax.lax.while_loop(lambda c: (c[0] < world.horizon) & ~c[4].all(), step, begin)
    return won.sum(), returned.mean()
