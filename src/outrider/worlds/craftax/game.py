"""What the two games of craftax differ in for a world: their rules and pictures, and the captioner beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jaxtyping import Array, Bool, Float, Int

from outrider.types import Key
from outrider.worlds.craftax.captions import Glance

Advance = Callable[[Key, Any, Int[Array, ""], Any], tuple[Any, Float[Array, ""]]]
Events = Callable[[Any, Glance, Int[Array, ""], Any, Glance], Int[Array, "SLOTS"]]


@dataclass(frozen=True)
class Game:
    """One of craftax's games, as pure functions of single states.

    `advance` leads from a key, a state, an action and craftax's parameters to the state after and the reward; `over` is
    death or victory. `ahead` is the place before the player, `glance` what is there and in sight. `events` is asked of
    the state before, its glance, the action, the state after, and its glance at the same place.
    """

    actions: int
    vector: int  # numbers of the observation
    parameters: Callable[..., Any]  # makes craftax's parameters
    generate: Callable[[Key, Any], Any]  # a fresh state, from a key and the parameters
    advance: Advance
    over: Callable[[Any], Bool[Array, ""]]
    observe: Callable[[Any], Float[Array, "vector"]]
    ahead: Callable[[Any], Int[Array, "2"]]
    glance: Callable[[Any, Int[Array, "2"]], Glance]
    events: Events
    situation: Callable[[Any], Int[Array, "K"]]
