"""The worlds taken from gymnax. They have no captions yet. No jax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from outrider.worlds.facts import WorldFacts

DEEP_SEAS = (8, 10, 14, 20, 30, 40, 50)
MEMORIES = (5, 10, 20)


@dataclass(frozen=True, kw_only=True)
class GymnaxFacts(WorldFacts):
    """`make` is gymnax's id; `size` of a DeepSea, or steps from the cue to the question of a memory chain."""

    make: str
    size: int = 0
    copies_a_reset: int = 1
    drawn: bool = False


def _deep_sea(size: int) -> GymnaxFacts:
    return GymnaxFacts(
        name=f"gymnax/deepsea-{size}",
        make="DeepSea-bsuite",
        size=size,
        timed=False,
        actions=("one way", "the other"),  # which is right differs by cell
        mission="dive to the bottom on the right, where the treasure is",
        horizon=size,
        description=f"{size} right moves in a row, each a cost, before the only reward; bsuite",
    )


def _memory(length: int) -> GymnaxFacts:
    return GymnaxFacts(
        name=f"gymnax/memorychain-{length}",
        make="MemoryChain-bsuite",
        size=length,
        timed=False,
        actions=("zero", "one"),
        mission="remember the cue and name it at the end",
        horizon=length + 1,
        description=f"name a cue that was shown {length} steps before; bsuite",
    )


WORLDS = {
    facts.name: facts
    for facts in (
        GymnaxFacts(
            name="gymnax/cartpole",
            make="CartPole-v1",
            actions=("left", "right"),
            mission="balance the pole on the cart",
            horizon=500,
            description="keep the pole up for 500 steps",
            solved_above=474.5,  # Gymnasium's threshold is 475
        ),
        GymnaxFacts(
            name="gymnax/mountaincar",
            make="MountainCar-v0",
            actions=("left", "coast", "right"),
            mission="drive the car to the top of the right hill",
            horizon=200,
            description="swing up a hill that is too steep; -1 a step until the top",
            solved_above=-199.5,
        ),
        *map(_deep_sea, DEEP_SEAS),
        *map(_memory, MEMORIES),
    )
}


@dataclass(frozen=True)
class GymnaxFamily:
    """As `Family` says; without words."""

    package: str = "gymnax"
    worlds: Mapping[str, GymnaxFacts] = field(default_factory=lambda: WORLDS)
    options: Mapping[str, str] = field(default_factory=dict)

    def sentences(self, name: str, options: frozenset[str]) -> dict[int, str]:
        """None."""
        return {}

    def kind(self, code: int) -> str:
        """Nothing happens in words."""
        return "no event"

    def situation_text(self, name: str, code: tuple[int, ...]) -> str:
        """Nothing is said."""
        return ""
