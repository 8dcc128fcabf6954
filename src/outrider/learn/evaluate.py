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


def solved(network: Agent, world: World, key: Key) -> tuple[Int[Array, ""], Float[Array, ""]]:
    """How many of `EPISODES` fresh episodes the policy solves, and their mean return, acting by chance as in training.

    Unlike the curve, where an episode is counted when it ends, this does not favour short episodes over long ones.
    """
    batch = Batch(world, EPISODES, fresh=1)
    reset_key, steps_key = jax.random.split(key)
    copies, obs = batch.reset(reset_key, stagger=False)

    def step(carry: tuple, key: Key) -> tuple[tuple, None]:
        copies, memory, obs, over, won, returned = carry
        act_key, world_key = jax.random.split(key)
        outputs, _, memory = network.act(memory, obs, never)
        after = batch.step(world_key, copies, network.space.sample(act_key, outputs))
        won = won | (~over & after.terminated & (after.episode_return > 0))
        returned = jnp.where(over, returned, returned + after.reward)
        over = over | after.terminated | after.truncated
        return (after.copies, memory, after.obs, over, won, returned), None

    never = jnp.zeros(EPISODES, bool)
    begin = (copies, network.start(EPISODES), obs, never, never, jnp.zeros(EPISODES))
    (*_, won, returned), _ = jax.lax.scan(step, begin, jax.random.split(steps_key, world.horizon))
    return won.sum(), returned.mean()
