"""What acts, whatever it learns by: policies, and values with an epsilon, look alike to whoever plays with them."""

from __future__ import annotations

from typing import Any, Protocol

from jaxtyping import Array, Bool, Float

from outrider.agents.features import Features
from outrider.agents.rows import RowFeatures
from outrider.ops.distribution import Space
from outrider.types import Obs


class Agent(Protocol):
    """`space.sample` draws an action from the outputs that `act` gives beside the values and the memory."""

    @property
    def features(self) -> Features | RowFeatures: ...
    @property
    def space(self) -> Space: ...
    def start(self, copies: int) -> Any: ...
    def act(
        self, held: Any, obs: Obs, restart: Bool[Array, "n"]
    ) -> tuple[Float[Array, "n outputs"], Float[Array, "n"], Any]: ...
