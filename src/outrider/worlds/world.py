"""What every device world has: pure functions of one world, jitted and vmapped by others."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from jaxtyping import Array, Int, UInt32

from outrider.ops.distribution import Space
from outrider.types import Key, Obs, Step


class World(Protocol):
    """A partially observable environment beside its captioner's event codes; no reset inside a step."""

    @property
    def id(self) -> str: ...
    @property
    def horizon(self) -> int:
        """Steps after which an episode is truncated."""
        ...

    @property
    def space(self) -> Space: ...
    @property
    def view(self) -> tuple[int, int]:
        """Height and width of the observation's grid; zeros where there is none."""
        ...

    @property
    def vector(self) -> int:
        """Length of the observation's vector, without the flags, in whichever of its forms it is given (`Obs`).

        A grid or flags beside it leave only the long one.
        """
        ...

    @property
    def flags(self) -> int:
        """Kinds of event that the observation's flags tell apart."""
        ...

    @property
    def codes(self) -> int:
        """Event codes are below this; 0 is silence."""
        ...

    def reset(self, key: Key) -> tuple[Any, Obs]: ...
    def step(self, key: Key, state: Any, action: Array) -> Step: ...
    def stagger(self, key: Key, state: Any) -> tuple[Any, Obs]:
        """A fresh world at a random hour of its episode, and what is seen of it then; as it is where hours matter."""
        ...

    def flag_bits(self, codes: Int[Array, "..."]) -> UInt32[Array, "..."]: ...
    def situation(self, state: Any) -> Int[Array, "K"]:
        """What holds now, in small numbers of 0 and more; `situation_text` of the world's family says it in words."""
        ...


class Drawn(World, Protocol):
    """A world of which a picture can be made: its facts say `drawn`."""

    def render(self, state: Any) -> np.ndarray:
        """An image of one state, `[H, W, 3]` bytes."""
        ...
