"""The worlds taken from gymnax. No jax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from outrider.worlds.facts import MAXIMUM, RULES, SOLVED, Reference, WorldFacts, between, by_chance
from outrider.worlds.gymnax import words

DEEP_SEA = "DeepSea-bsuite"
DEEP_SEAS = (8, 10, 14, 20, 30, 40, 50)
MEMORIES = (5, 10, 20)
GYMNASIUM = "Gymnasium's reward threshold"


@dataclass(frozen=True, kw_only=True)
class GymnaxFacts(WorldFacts):
    """`make` is gymnax's id; `size` of a DeepSea, or steps from a memory chain's beginning to its question."""

    make: str
    size: int = 0
    continuous: bool = False
    copies_a_reset: int = 1
    drawn: bool = False


def _deep_sea(size: int) -> GymnaxFacts:
    return GymnaxFacts(
        name=f"gymnax/deepsea-{size}",
        make=DEEP_SEA,
        size=size,
        timed=False,
        actions=("one way", "the other"),  # which is right differs by cell
        mission="dive to the bottom on the right, where the treasure is",
        horizon=size,
        description=f"{size} right moves in a row, each a cost, before the only reward; bsuite",
        references=between(0.5**size - 0.005, 0.99, measured=False),  # half of the moves cost 0.01 / size
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
        description=f"name a cue that was last seen {length - 1} steps before; bsuite",
        references=between(0.0, 1.0, measured=False),
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
            references=(
                *by_chance("gymnax/cartpole"),
                Reference(MAXIMUM, 500.0, RULES),
                Reference(SOLVED, 475.0, GYMNASIUM),
            ),
        ),
        GymnaxFacts(
            name="gymnax/mountaincar",
            make="MountainCar-v0",
            actions=("left", "coast", "right"),
            mission="drive the car to the top of the right hill",
            horizon=200,
            description="swing up a hill that is too steep; -1 a step until the top",
            solved_above=-199.5,  # the flag in the very last step returns what no flag does
            references=(*by_chance("gymnax/mountaincar"), Reference(SOLVED, -110.0, GYMNASIUM)),
        ),
        GymnaxFacts(
            name="gymnax/mountaincar-continuous",
            make="MountainCarContinuous-v0",
            mission="drive the car to the top of the right hill",
            horizon=999,
            description="swing up a hill that is too steep, by throttle: 100 at the top, less what the engine used",
            continuous=True,
            references=(*by_chance("gymnax/mountaincar-continuous"), Reference(SOLVED, 90.0, GYMNASIUM)),
        ),
        GymnaxFacts(
            name="gymnax/acrobot",
            make="Acrobot-v1",
            mission="swing the lower link up over the bar",
            horizon=500,
            description="swing two links up by the joint between them; -1 a step until the tip is high",
            solved_above=-499.5,
            actions=("push left", "wait", "push right"),
            references=(*by_chance("gymnax/acrobot"), Reference(SOLVED, -100.0, GYMNASIUM)),
        ),
        GymnaxFacts(
            name="gymnax/discounting",
            make="DiscountingChain-bsuite",
            actions=tuple(f"chain {k + 1}" for k in range(words.CHAINS)),  # the first counts
            mission="choose the chain that pays most, however late",
            horizon=100,
            description="the first action chooses when to be paid, and one chain pays a tenth more; bsuite",
            solved_above=1.05,
            references=between(1.02, 1.1, measured=False),
            timed=False,  # it pays by the clock, and ends with it
        ),
        *map(_deep_sea, DEEP_SEAS),
        *map(_memory, MEMORIES),
    )
}


@dataclass(frozen=True)
class GymnaxFamily:
    """As `Family` says."""

    package: str = "gymnax"
    worlds: Mapping[str, GymnaxFacts] = field(default_factory=lambda: WORLDS)
    options: Mapping[str, str] = field(default_factory=dict)

    def sentences(self, name: str, options: frozenset[str]) -> dict[int, str]:
        """The rows of the world's kind."""
        codes = (words.CODE[event] for event in words.KINDS[words.kind_name(name)].events)
        return {code: words.ROWS[code - 1][1] for code in codes}

    def kind(self, code: int) -> str:
        """The event itself."""
        return words.ROWS[code - 1][0] if code else "no event"

    def situation_text(self, name: str, code: tuple[int, ...]) -> str:
        """Where the diver, car, cart or tip is, or what is to be done now."""
        return words.KINDS[words.kind_name(name)].situation(code)
