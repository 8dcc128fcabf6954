"""Signals by name, for plans and the command line: `event-count`, `scale(rnd, 0.1)`, `chain(event-count, noveld)`.

No jax: plans are checked against these names. `explore/registry.py` builds what they name.

    expression = name | wrapper "(" expression {"," expression or number} ")"
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from outrider.errors import OutriderError, nearest

MOST_STEPS = 2_000_000_000  # of one run
NONE = "none"
EVENTS = ("event-count", "event-constant")  # pay captioned events by the weights that an engine gives
PLAIN = (
    "observation-count",
    "situation-count",
    "episodic-observation-count",
    "episodic-situation-count",
    "rnd",
    "icm",
    "noveld",
    "ride",
    "e3b",
    "disagreement",
)
WAYS = (
    "way-progress",
    "way-gain",
    "way-potential",
)  # pay for coming nearer, as the world's expert measures it
LOOKING = tuple(name for name in PLAIN if "situation" not in name)  # at what steps led to
ALONE = (NONE, *EVENTS, *PLAIN, *WAYS)
NUMBERED = {"scale": "a factor", "clip": "the most a step pays", "anneal": "environment steps"}
AROUND = ("episodic", "normalise")
NAMES = (*ALONE, "chain", *NUMBERED, *AROUND)


@dataclass(frozen=True)
class Expression:
    """A name, the signals in its parentheses, and the number after them."""

    name: str
    inner: tuple[Expression, ...] = ()
    number: float = 0.0

    @property
    def names(self) -> frozenset[str]:
        """The signals in it, without what stands around them."""
        inner = frozenset().union(*(one.names for one in self.inner))
        return inner | {self.name} if self.name in ALONE else inner

    @property
    def looks(self) -> bool:
        """Whether it looks at what steps led to."""
        return self.name in ("episodic", *LOOKING) or any(one.looks for one in self.inner)

    @property
    def situations(self) -> bool:
        """Whether it looks at situations."""
        return any("situation" in name for name in self.names)

    @property
    def ways(self) -> bool:
        """Whether it asks how far the way to success still is."""
        return not self.names.isdisjoint(WAYS)

    @property
    def discounts(self) -> bool:
        """Whether it is built for the learner's discount."""
        return "way-potential" in self.names

    @property
    def events(self) -> bool:
        """Whether it pays captioned events, whose weights an engine must give."""
        return not self.names.isdisjoint(EVENTS)


def parse(text: str) -> Expression:
    """The expression that a text is. Errors: a name that is unknown, something missing, too many, or no number."""
    tokens = re.findall(r"[(),]|[^\s(),]+", text)
    found, rest = _expression(text, tokens)
    if rest:
        raise OutriderError(f"signal `{text}`: unexpected `{rest[0]}` after its end; take it away")
    return found


def _expression(text: str, tokens: list[str]) -> tuple[Expression, list[str]]:
    if not tokens or tokens[0] in "(),":
        raise OutriderError(f"signal `{text}`: a name is missing, for example scale(rnd, 0.1)")
    name, *rest = tokens
    if name not in NAMES:
        raise OutriderError(f"signal `{text}`: unknown name {name!r}{nearest(name, NAMES)}")
    opened = rest[:1] == ["("]
    if name in ALONE:
        if opened:
            raise OutriderError(f"signal `{text}`: {name} takes nothing in parentheses; take them away")
        return Expression(name), rest
    if not opened:
        raise OutriderError(
            f"signal `{text}`: {name} needs a signal in parentheses, for example {_example(name)}"
        )
    inner: list[Expression] = []
    number = None
    rest = [",", *rest[1:]]  # a list, each part behind a comma
    while rest[0] == ",":
        rest = rest[1:]
        if inner and name in NUMBERED and number is None:
            number, rest = _number(text, name, rest), rest[1:]
        else:
            one, rest = _expression(text, rest)
            inner.append(one)
        if not rest:
            raise OutriderError(f"signal `{text}`: a closing parenthesis is missing; add it")
    if rest[0] != ")":
        raise OutriderError(
            f"signal `{text}`: unexpected `{rest[0]}`; a comma or a closing parenthesis belongs there"
        )
    if (name == "chain" and len(inner) < 2) or (name != "chain" and len(inner) > 1):
        raise OutriderError(
            f"signal `{text}`: {name} holds {len(inner)} signals; write for example {_example(name)}"
        )
    if name in NUMBERED and number is None:
        raise OutriderError(f"signal `{text}`: {name} needs {NUMBERED[name]}, for example {_example(name)}")
    return Expression(name, tuple(inner), number or 0.0), rest[1:]


def _number(text: str, name: str, rest: list[str]) -> float:
    try:
        number = float(rest[0])
    except (ValueError, IndexError):
        number = -1.0
    whole = name != "anneal" or (number >= 1 and number % 1 == 0 and number <= MOST_STEPS)
    if not (0 < number < float("inf") and whole):
        found, above = (
            (rest[0] if rest else "nothing"),
            f"from 1 to {MOST_STEPS}" if name == "anneal" else "above 0",
        )
        raise OutriderError(
            f"signal `{text}`: {name} needs {NUMBERED[name]} {above}, not `{found}`; for example {_example(name)}"
        )
    return number


def _example(name: str) -> str:
    if name == "chain":
        return "chain(rnd, observation-count)"
    if name in NUMBERED:
        return f"{name}(rnd, {1_000_000 if name == 'anneal' else 0.1})"
    return f"{name}(observation-count)"


def simplest(found: Expression) -> Expression:
    """The same without factors of 1, so that two ways to write a signal are one."""
    inner = tuple(simplest(one) for one in found.inner)
    return inner[0] if found.name == "scale" and found.number == 1 else replace(found, inner=inner)


def check(text: str, engine: str) -> Expression:
    """The expression, whose captioned events an engine must rate. Errors: as `parse`; an engine too few or too many."""
    found = parse(text)
    if found.events and not engine:
        raise OutriderError(
            f"signal `{text}` pays captioned events by their weights; name an engine that gives them, such as constant"
        )
    if engine and not found.events:
        raise OutriderError(
            f"signal `{text}` pays no captioned events, which engine `{engine}` rates; "
            f"leave the engine out, or use {' or '.join(EVENTS)}"
        )
    return found
