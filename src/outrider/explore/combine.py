"""Signals made of signals: sums, multiples, limits, and scales that learn or fall."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from outrider.explore.signal import Ground, Metrics, Signal
from outrider.ops.moments import Moments
from outrider.types import Atlas, Key, Trajectory, Transition


def chain(*signals: Signal) -> Signal:
    """The sum of what all pay; each keeps a state of its own."""

    def init(key: Key, atlas: Atlas) -> tuple:
        keys = jax.random.split(key, len(signals))
        return tuple(signal.init(key, atlas) for signal, key in zip(signals, keys, strict=True))

    def bonus(states: tuple, trajectory: Trajectory) -> Float[Array, "T B"]:
        paid = [signal.bonus(state, trajectory) for signal, state in zip(signals, states, strict=True)]
        return sum(paid[1:], paid[0])

    def update(states: tuple, trajectory: Trajectory, key: Key) -> tuple[tuple, Metrics]:
        keys = jax.random.split(key, len(signals))
        told = [s.update(state, trajectory, k) for s, state, k in zip(signals, states, keys, strict=True)]
        metrics = {f"{i}/{name}": x for i, (_, found) in enumerate(told) for name, x in found.items()}
        return tuple(state for state, _ in told), metrics

    def told(states: tuple, atlas: Atlas) -> tuple:
        return tuple(signal.told(state, atlas) for signal, state in zip(signals, states, strict=True))

    def again(states: tuple, steps: Transition) -> Float[Array, "N"]:
        paid = [pays(state, steps) for pays, state in zip(known, states, strict=True)]
        return sum(paid[1:], paid[0])

    known = [signal.again for signal in signals if signal.again]
    return Signal(init, bonus, update, told, again if len(known) == len(signals) else None)


def _again(
    signal: Signal, changed: Callable[[Any, Float[Array, "N"]], Float[Array, "N"]]
) -> Callable[[Any, Transition], Float[Array, "N"]] | None:
    """What the signal pays again, `changed`; its state is the `inner` one of that around it."""
    if not (pays := signal.again):
        return None
    return lambda state, steps: changed(state, pays(state.inner, steps))


class Scaled(NamedTuple):
    """The signal's state, and the factor: on the device, so that one compiled program serves every factor."""

    inner: Any
    by: Float[Array, ""]


def scale(signal: Signal, by: float) -> Signal:
    """`by` times what the signal pays."""

    def init(key: Key, atlas: Atlas) -> Scaled:
        return Scaled(signal.init(key, atlas), jnp.float32(by))

    def bonus(state: Scaled, trajectory: Trajectory) -> Float[Array, "T B"]:
        return state.by * signal.bonus(state.inner, trajectory)

    def update(state: Scaled, trajectory: Trajectory, key: Key) -> tuple[Scaled, Metrics]:
        inner, metrics = signal.update(state.inner, trajectory, key)
        return state._replace(inner=inner), metrics

    def told(state: Scaled, atlas: Atlas) -> Scaled:
        return state._replace(inner=signal.told(state.inner, atlas))

    return Signal(init, bonus, update, told, _again(signal, lambda state, paid: state.by * paid))


def clip(signal: Signal, most: float) -> Signal:
    """What the signal pays, but never above `most` a step nor below minus that."""
    pays = signal.again
    return signal._replace(
        bonus=lambda state, trajectory: jnp.clip(signal.bonus(state, trajectory), -most, most),
        again=pays and (lambda state, steps: jnp.clip(pays(state, steps), -most, most)),
    )


class Annealed(NamedTuple):
    """The signal's state, and the environment steps so far."""

    inner: Any
    steps: Int[Array, ""]


def anneal(signal: Signal, over: int) -> Signal:
    """What the signal pays, falling linearly to 0 over so many environment steps of the learner's whole team."""

    def left(state: Annealed) -> Float[Array, ""]:
        return jnp.maximum(0.0, 1 - state.steps / float(over))

    def bonus(state: Annealed, trajectory: Trajectory) -> Float[Array, "T B"]:
        return left(state) * signal.bonus(state.inner, trajectory)

    def update(state: Annealed, trajectory: Trajectory, key: Key) -> tuple[Annealed, Metrics]:
        inner, metrics = signal.update(state.inner, trajectory, key)
        return Annealed(inner, state.steps + trajectory.reward.size), metrics

    def told(state: Annealed, atlas: Atlas) -> Annealed:
        return state._replace(inner=signal.told(state.inner, atlas))

    def init(key: Key, atlas: Atlas) -> Annealed:
        return Annealed(signal.init(key, atlas), jnp.int32(0))

    return Signal(init, bonus, update, told, _again(signal, lambda state, paid: left(state) * paid))


class Normalised(NamedTuple):
    """The signal's state, each copy's discounted sum of what was paid so far, and the moments of these sums."""

    inner: Any
    total: Float[Array, "B"]
    moments: Moments


def normalise(signal: Signal, ground: Ground, discount: float = 0.99) -> Signal:
    """What the signal pays, over the running deviation of its discounted sums (Burda et al. 2019, section 2.4).

    The sums go on through the ends of episodes, as the paper's do. The first rollout is paid as it is.
    """

    def normal(state: Normalised, paid: Array) -> Array:
        return paid / jnp.sqrt(state.moments.variance + 1e-8)

    def bonus(state: Normalised, trajectory: Trajectory) -> Float[Array, "T B"]:
        return normal(state, signal.bonus(state.inner, trajectory))

    def update(state: Normalised, trajectory: Trajectory, key: Key) -> tuple[Normalised, Metrics]:
        def step(total: Array, paid: Array) -> tuple[Array, Array]:
            total = discount * total + paid
            return total, total

        total, sums = jax.lax.scan(step, state.total, signal.bonus(state.inner, trajectory))
        inner, metrics = signal.update(state.inner, trajectory, key)
        return Normalised(inner, total, state.moments.merged(sums.reshape(-1))), metrics

    def init(key: Key, atlas: Atlas) -> Normalised:
        return Normalised(signal.init(key, atlas), jnp.zeros(ground.copies), Moments.of())

    def told(state: Normalised, atlas: Atlas) -> Normalised:
        return state._replace(inner=signal.told(state.inner, atlas))

    return Signal(init, bonus, update, told, _again(signal, normal))
