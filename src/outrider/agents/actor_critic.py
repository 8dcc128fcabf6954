"""The network of a policy-gradient agent: a policy and a value, each its own perceptron, on features or on a trunk.

Without a trunk both see the features themselves. With one they see what a shared encoder and, if there is one, a memory
make of them.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from outrider.agents.encoder import Convolutional, Encoder, Flat
from outrider.agents.features import Features
from outrider.agents.gtrxl import GTrXL
from outrider.agents.memory import GRU
from outrider.agents.rows import RowFeatures
from outrider.ops.distribution import Continuous, Space
from outrider.ops.keys import apart
from outrider.ops.layers import Perceptron
from outrider.types import Key, Obs

MEMORIES = {"none": None, "gru": GRU, "gtrxl": GTrXL}


class ActorCritic(eqx.Module):
    """What a policy gives for each observation (`space.outputs` numbers) and the value."""

    encoder: Encoder | None
    memory: Any  # None, or one of `MEMORIES`
    actor: Perceptron
    critic: Perceptron
    log_std: Float[Array, "size"] | None  # of continuous actions, whatever the observation
    features: Features | RowFeatures = eqx.field(static=True)
    space: Space = eqx.field(static=True)

    def __init__(
        self,
        key: Key,
        features: Features | RowFeatures,
        space: Space,
        width: int,
        depth: int,
        encoder: str = "flat",
        memory: str = "none",
    ):
        actor_key, critic_key = jax.random.split(key)
        self.features, self.space, self.encoder, self.memory = features, space, None, None
        hidden = [width] * depth
        inputs = features.size
        if encoder != "flat" or memory != "none":
            encoder_key, memory_key = jax.random.split(apart(key))
            self.encoder = (
                Flat(encoder_key, inputs, width)
                if encoder == "flat"
                else Convolutional(encoder_key, inputs, features.picture, width)
            )
            inputs, hidden = width, hidden[1:]
            if made := MEMORIES[memory]:
                self.memory = made(memory_key, width)
        continuous = isinstance(space, Continuous)
        outputs = space.size if continuous else space.outputs
        self.actor = Perceptron(actor_key, (inputs, *hidden, outputs), gain=0.01)
        self.critic = Perceptron(critic_key, (inputs, *hidden, 1), gain=1.0)
        self.log_std = jnp.zeros(space.size) if continuous else None

    def start(self, copies: int) -> Any:
        """The memory of `copies` fresh episodes; nothing where there is none."""
        return self.memory.start(copies) if self.memory else ()

    def act(
        self, held: Any, obs: Obs, restart: Bool[Array, "n"]
    ) -> tuple[Float[Array, "n outputs"], Float[Array, "n"], Any]:
        """Outputs, values and the memory after one step; `restart` where it begins an episode."""
        x = self.features.inputs(obs)
        if self.encoder:
            x = self.encoder(x)
        if self.memory:
            held, x = self.memory.step(held, x, restart)
        return *self._heads(x), held

    def over(
        self,
        held: Any,
        features: Float[Array, "n *T size"] | Int[Array, "n *T"],
        restart: Bool[Array, "n *T"],
    ) -> tuple[Float[Array, "n *T outputs"], Float[Array, "n *T"]]:
        """Outputs and values of rows: single steps without a memory; with one, `T` steps that begin with `held`."""
        x = self.encoder(features) if self.encoder else features
        if self.memory:
            x = self.memory.unroll(held, x, restart)
        return self._heads(x)

    def _heads(self, x: Float[Array, "*n inputs"]) -> tuple[Float[Array, "*n outputs"], Float[Array, "*n"]]:
        outputs = self.actor(x)
        if self.log_std is not None:
            spread = jnp.broadcast_to(self.log_std, outputs.shape)
            outputs = jnp.concatenate([outputs, spread], axis=-1)
        return outputs, self.critic(x)[..., 0]
