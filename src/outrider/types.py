"""Array containers shared by all rooms that compute on the device; every field with its shape.

`T` steps, `B` worlds of one learner, `M` event slots a step, `F` seen flags, `E` event codes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from jaxtyping import Array, Bool, Float, Int, Shaped, UInt8

Key = Shaped[Array, "..."]
Number = Float[Array, ""] | float  # on the device, or in the program


class Obs(NamedTuple):
    """What an agent sees: a grid of cells (none where a world has no grid), and a vector of flags and numbers.

    A vector of zeros and a single one may be said by the one's place: an int32 `[*batch, 1]`, and nothing but zeros by
    the vector's length. Networks take both forms alike; this one is looked up where the other is multiplied.
    """

    grid: UInt8[Array, "*batch h w"]
    vector: Shaped[Array, "*batch k"]  # bytes or floats, or the place of the only one


def shown_shape(obs: Obs, length: int) -> tuple[int, ...]:
    """The shape that one observation's vector of that `length` has in the form in which `obs` gives it."""
    return (1,) if obs.vector.dtype == "int32" else (length,)


class Transition(NamedTuple):
    """One environment step `[N, ...]` for itself, with observations as the world gave them and not as features."""

    obs: Obs
    action: Int[Array, "N"]
    reward: Float[Array, "N"]
    terminated: Bool[Array, "N"]
    next: Obs  # what the step led to, before any reset; without meaning where it terminated
    situation: Any = None  # [N, K] codes of what held there, where a signal may want to know


class Atlas(NamedTuple):
    """A language model's answers as arrays, looked up by event code; unknown where it was not asked or abstained."""

    weight: Float[Array, "E"]  # in [0, 1]; 0 where unknown
    known: Bool[Array, "E"]


class Step(NamedTuple):
    """What one step of a device world returns; no reset inside."""

    state: Any
    obs: Obs
    reward: Float[Array, ""]
    terminated: Bool[Array, ""]
    truncated: Bool[Array, ""]
    events: Int[Array, "M"]  # codes of what just happened, 0 where a slot is empty


class Trajectory(NamedTuple):
    """What one rollout of `B` worlds over `T` steps leaves for the learner and the signals."""

    obs: Obs  # [T, B, ...] before the action
    action: Int[Array, "T B"]
    log_prob: Float[Array, "T B"]
    value: Float[Array, "T B"]
    reward: Float[Array, "T B"]  # extrinsic
    terminated: Bool[Array, "T B"]
    truncated: Bool[Array, "T B"]
    events: Int[Array, "T B M"]
    first: Bool[Array, "T B M"]  # the event occurs for the first time in its episode
    episode_return: Float[Array, "T B"]  # of the episode that ended here, else 0
    episode_length: Int[Array, "T B"]
    situation: Any = None  # [T, B, K] codes of what held where the step led to, before any reset
    idle: Any = None  # [T, B] the action was ignored: the step only began an episode, as some host worlds' do
    advice: Any = None  # [T, B] what an expert would have done, where one is asked
    held: Any = None  # [T, B, ...] the agent's memory after the action, where one asks for it
    left: Any = (
        None  # [T, B, 2] steps that the world's expert would still need, before the action and after it
    )
    reached: Any = None  # Obs [T, B, ...] of that; after a terminated step without meaning
