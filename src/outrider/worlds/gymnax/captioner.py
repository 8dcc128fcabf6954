"""Says what just happened in gymnax's worlds, and what holds now, as small integer codes computed inside `jit`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from outrider.worlds.gymnax.words import CODE, HILL, SWING


@dataclass(frozen=True)
class Captioner:
    """`event` of the world's parameters, the state before, the action, the state after and the reward; `situation` of
    the parameters and a state."""

    event: Callable[[Any, Any, Array, Any, Float[Array, ""]], Int[Array, ""]]
    situation: Callable[[Any, Any], list[Any]]


def _when(*cases: tuple[Bool[Array, ""], Any]) -> Int[Array, ""]:
    """The code of the first case that holds, by name or number; 0 of none."""
    code: Any = 0
    for holds, name in reversed(cases):
        code = jnp.where(holds, CODE[name] if isinstance(name, str) else name, code)
    return jnp.asarray(code, jnp.int32)


def _climbed(
    before: Int[Array, ""], after: Int[Array, ""], name: str
) -> tuple[Bool[Array, ""], Int[Array, ""]]:
    """The case of a higher band, whose number is in the name of its event."""
    return after > before, CODE[f"{name} 1"] - 1 + after


def _sea(params: Any, state: Any, action: Array, after: Any, reward: Array) -> Int[Array, ""]:
    size = state.action_mapping.shape[0]
    right = action == state.action_mapping[state.row, state.column]
    over = after.row == size
    return _when(
        (over & (reward > 0), "treasure"), (over, "sea floor"), (right, "sea right"), (~right, "sea left")
    )


def _chain(params: Any, state: Any, action: Array, after: Any, reward: Array) -> Int[Array, ""]:
    return _when((reward > 0, "right"), (reward < 0, "wrong"))


def _chain_situation(params: Any, state: Any) -> list[Any]:
    shown = state.time <= 1  # as in bsuite, a step shows what was to be seen before it
    return [
        shown,
        jnp.where(shown, 0, jnp.maximum(params.memory_length - state.time, 0)),
        shown * state.context[0],
    ]


VALLEY = -math.pi / 6  # where Gymnasium's hills, sin(3 x), are lowest


def _way(params: Any, state: Any) -> Int[Array, ""]:
    """The band of a car's way from the valley to the flag or to the left wall, 0 in the valley."""
    right = (state.position - VALLEY) / (params.goal_position - VALLEY)
    left = (state.position - VALLEY) / (params.min_position - VALLEY)
    return jnp.minimum((jnp.maximum(right, left) * HILL).astype(jnp.int32), HILL - 1)


def _car(params: Any, state: Any, action: Array, after: Any, reward: Array) -> Int[Array, ""]:
    flag = (after.position >= params.goal_position) & (after.velocity >= params.goal_velocity)
    wall = (after.position <= params.min_position) & (state.position > params.min_position)
    return _when((flag, "flag"), (wall, "wall"), _climbed(_way(params, state), _way(params, after), "height"))


def _car_situation(params: Any, state: Any) -> list[Any]:
    pace = jnp.minimum((state.velocity / params.max_speed * 2 + 2).astype(jnp.int32), 3)
    return [state.position > VALLEY, _way(params, state), pace]


def _pole(params: Any, state: Any, action: Array, after: Any, reward: Array) -> Int[Array, ""]:
    fell = jnp.abs(after.theta) > params.theta_threshold_radians
    return _when((fell, "fell"), (jnp.abs(after.x) > params.x_threshold, "left track"))


def _quarter(x: Array, most: Any) -> Int[Array, ""]:
    """0 far left, 1 left, 2 right, 3 far right."""
    return (x >= -most / 2).astype(jnp.int32) + (x >= 0) + (x >= most / 2)


def _pole_situation(params: Any, state: Any) -> list[Any]:
    place, angle = (
        _quarter(state.x, params.x_threshold),
        _quarter(state.theta, params.theta_threshold_radians),
    )
    return [place, state.x_dot >= 0, angle, state.theta_dot >= 0]


def _tip(state: Any) -> Int[Array, ""]:
    """The band of the tip's height on its way from hanging to one link's length above the bar."""
    height = -jnp.cos(state.joint_angle1) - jnp.cos(state.joint_angle1 + state.joint_angle2)
    return jnp.clip((height + 2) / 3 * SWING, 0, SWING).astype(jnp.int32)


def _acrobot(params: Any, state: Any, action: Array, after: Any, reward: Array) -> Int[Array, ""]:
    before, now = _tip(state), jnp.minimum(_tip(after), SWING - 1)
    return _when((reward == 0, "tip over"), _climbed(before, now, "swing"))


def _acrobot_situation(params: Any, state: Any) -> list[Any]:
    return [_tip(state), state.velocity_1 >= 0, state.velocity_2 >= 0]


def _discount(params: Any, state: Any, action: Array, after: Any, reward: Array) -> Int[Array, ""]:
    return _when(
        (state.time == 0, CODE["chose 0"] + action), (reward > 0, "paid")
    )  # the first chain pays at once


CAPTIONERS = {
    "deepsea": Captioner(_sea, lambda params, state: [state.row, state.column]),
    "memorychain": Captioner(_chain, _chain_situation),
    "mountaincar": Captioner(_car, _car_situation),
    "cartpole": Captioner(_pole, _pole_situation),
    "acrobot": Captioner(_acrobot, _acrobot_situation),
    "discounting": Captioner(_discount, lambda params, state: [state.context + 1, state.time]),
}
