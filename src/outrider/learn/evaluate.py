"""What a trained policy solves: whole fresh episodes, each played to its end, none counted twice."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from outrider.agents.actor_critic import ActorCritic
from outrider.ops.distribution import sample
from outrider.types import Key
from outrider.worlds.batch import Batch
from outrider.worlds.minigrid.world import MiniGrid

EPISODES = 64


def solved(network: ActorCritic, world: MiniGrid, key: Key) -> Int[Array, ""]:
    """How many of `EPISODES` fresh episodes the policy solves, acting by chance as it did in training.

    Unlike the curve, where an episode is counted when it ends, this does not favour short episodes over long ones.
    """
    batch = Batch(world, EPISODES, fresh=1)
    reset_key, steps_key = jax.random.split(key)
    copies, obs = batch.reset(reset_key, stagger=False)

    def step(carry: tuple, key: Key) -> tuple[tuple, None]:
        copies, obs, over, won = carry
        act_key, world_key = jax.random.split(key)
        after = batch.step(world_key, copies, sample(act_key, network(obs)[0]))
        won = won | (~over & after.terminated & (after.episode_return > 0))
        over = over | after.terminated | after.truncated
        return (after.copies, after.obs, over, won), None

    never = jnp.zeros(EPISODES, bool)
    keys = jax.random.split(steps_key, world.horizon)
    (_, _, _, won), _ = jax.lax.scan(step, (copies, obs, never, never), keys)
    return won.sum()
