"""The hyperparameters that are numbers on the device: learners of one compiled program may each have their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from outrider.learn.algorithms import AnySettings
from outrider.learn.hierarchy_settings import HierarchySettings
from outrider.learn.imitation_settings import ImitationSettings
from outrider.learn.q_settings import DQNSettings, PQNSettings
from outrider.learn.settings import Settings


def _own(settings: AnySettings | ImitationSettings, names: Sequence[str]) -> Iterator[Float[Array, ""]]:
    """Settings of these names, as arrays."""
    return (jnp.float32(getattr(settings, name)) for name in names)


class Rates(NamedTuple):
    """As in `Settings`; of a group of learners `[n]`."""

    learning_rate: Float[Array, ""]
    discount: Float[Array, ""]
    trace: Float[Array, ""]
    clip: Float[Array, ""]
    entropy: Float[Array, ""]
    value_weight: Float[Array, ""]
    gradient_norm: Float[Array, ""]

    @classmethod
    def of(cls, settings: Settings) -> Rates:
        """The settings' own."""
        return cls(*_own(settings, cls._fields))


class QRates(NamedTuple):
    """As in `DQNSettings` and `PQNSettings`; of a group of learners `[n]`."""

    learning_rate: Float[Array, ""]
    discount: Float[Array, ""]
    trace: Float[Array, ""]  # 0 where the algorithm has none
    epsilon_start: Float[Array, ""]
    epsilon_end: Float[Array, ""]
    explore: Float[Array, ""]
    gradient_norm: Float[Array, ""]

    @classmethod
    def of(cls, settings: DQNSettings | PQNSettings) -> QRates:
        """The settings' own."""
        return cls(*(jnp.float32(getattr(settings, name, 0.0)) for name in cls._fields))


class ImitationRates(NamedTuple):
    """As in `BCSettings` and `DAggerSettings`; of a group of learners `[n]`."""

    learning_rate: Float[Array, ""]
    gradient_norm: Float[Array, ""]

    @classmethod
    def of(cls, settings: ImitationSettings) -> ImitationRates:
        """The settings' own."""
        return cls(*_own(settings, cls._fields))


class HierarchyRates(NamedTuple):
    """As in `HierarchySettings`; of a group of learners `[n]`."""

    learning_rate: Float[Array, ""]
    manager_learning_rate: Float[Array, ""]
    discount: Float[Array, ""]
    trace: Float[Array, ""]
    clip: Float[Array, ""]
    entropy: Float[Array, ""]
    manager_entropy: Float[Array, ""]
    value_weight: Float[Array, ""]
    gradient_norm: Float[Array, ""]

    @classmethod
    def of(cls, settings: HierarchySettings) -> HierarchyRates:
        """The settings' own."""
        return cls(*_own(settings, cls._fields))


AnyRates = Rates | QRates | ImitationRates | HierarchyRates


def rates_of(settings: AnySettings) -> AnyRates:
    """Those of one learner."""
    if isinstance(settings, Settings):
        return Rates.of(settings)
    if isinstance(settings, HierarchySettings):
        return HierarchyRates.of(settings)
    return ImitationRates.of(settings) if isinstance(settings, ImitationSettings) else QRates.of(settings)


def stacked(settings: Sequence[AnySettings]) -> AnyRates:
    """Of a group of learners of one algorithm, one after another `[n]`."""
    return jax.tree.map(lambda *rates: jnp.stack(rates), *map(rates_of, settings))
