"""The network of a Q-learning agent, and how it acts: by its values, but for epsilon."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from outrider.agents.encoder import Convolutional
from outrider.agents.features import Features
from outrider.agents.rows import RowFeatures
from outrider.ops.distribution import Discrete
from outrider.ops.layers import Layer, Norm
from outrider.ops.q_learning import epsilon_greedy
from outrider.types import Key, Obs


class QNetwork(eqx.Module):
    """The value of each action: rectified layers on features or on convolutions, and one or two linear heads.

    With `dueling`, one head tells the value of the situation and the other the advantage of each action (Wang et al.
    2016, eq. 9; there each stream has a hidden layer of its own, here both see the last common one). With `norm`,
    layers are normalised before they are rectified (Gallici et al. 2024).
    """

    encoder: Convolutional | None
    layers: list[Layer]
    norms: list[Norm]  # one a layer, or none
    advantage: Layer  # without `dueling`, the values themselves
    value: Layer | None
    features: Features | RowFeatures = eqx.field(static=True)
    space: Discrete = eqx.field(static=True)

    def __init__(
        self,
        key: Key,
        features: Features | RowFeatures,
        space: Discrete,
        width: int,
        depth: int,
        encoder: str = "flat",
        dueling: bool = False,
        norm: bool = False,
    ):
        encoder_key, advantage_key, value_key, *keys = jax.random.split(key, depth + 3)
        self.features, self.space, self.encoder = features, space, None
        sizes = [features.size, *[width] * depth]
        if encoder != "flat":
            self.encoder = Convolutional(encoder_key, features.size, features.picture, width)
            sizes = sizes[1:]
        self.layers = [Layer(k, i, o, 2**0.5) for k, i, o in zip(keys, sizes, sizes[1:], strict=False)]
        self.norms = [Norm(size) for size in sizes[1:]] if norm else []
        self.advantage = Layer(advantage_key, width, space.n, 1.0)
        self.value = Layer(value_key, width, 1, 1.0) if dueling else None

    @property
    def trained(self) -> QNetwork:
        """What is learned: all of it."""
        return self

    def retrained(self, learned: QNetwork) -> QNetwork:
        """The network that has learned."""
        return learned

    def __call__(self, features: Float[Array, "*n size"] | Int[Array, "*n"]) -> Float[Array, "*n A"]:
        x = self.encoder(features) if self.encoder else features
        for place, layer in enumerate(self.layers):
            x = layer(x)
            x = jax.nn.relu(self.norms[place](x) if self.norms else x)
        advantage = self.advantage(x)
        if self.value is None:
            return advantage
        return self.value(x) + advantage - advantage.mean(-1, keepdims=True)


class EpsilonGreedy(eqx.Module):
    """Acts by a network's values, but with probability `epsilon` by chance. Only the network is learned."""

    values: QNetwork
    epsilon: Float[Array, ""]

    @property
    def features(self) -> Features | RowFeatures:
        """Those of the network."""
        return self.values.features

    @property
    def space(self) -> Discrete:
        """That of the network."""
        return self.values.space

    def start(self, copies: int) -> tuple[()]:
        """There is no memory."""
        return ()

    def act(
        self, held: tuple[()], obs: Obs, restart: Bool[Array, "n"]
    ) -> tuple[Float[Array, "n A"], Float[Array, "n"], tuple[()]]:
        """Log-probabilities of the actions, the value of the best one, and no memory."""
        values = self.values(self.features.inputs(obs))
        return epsilon_greedy(values, self.epsilon), values.max(-1), held

    def entropy(self) -> Float[Array, ""]:
        """Of the policy, in nats: the same whatever the observation."""
        log_p = epsilon_greedy(jnp.arange(self.space.n, dtype=jnp.float32), self.epsilon)
        return -(jnp.exp(log_p) * log_p).sum()
