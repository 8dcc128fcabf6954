"""Signals by name, for plans and the command line: `event-count`, `scale(rnd, 0.1)`, `chain(event-count, noveld)`.

No jax: plans are checked against these names. `explore/registry.py` builds what they name.

    expression = name | wrapper "(" expression {"," expression or number} ")"
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from outrider.errors import OutriderError, nearest

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
ALONE = (NONE, *EVENTS, *PLAIN)
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
    def looks(self) -> bool:
        """Whether it looks at what steps led to."""
        here = (self.name in PLAIN and "situation" not in self.name) or self.name == "episodic"
        return here or any(one.looks for one in self.inner)

    @property
    def situations(self) -> bool:
        """Whether it looks at situations."""
        return "situation" in self.name or any(one.situations for one in self.inner)

    @property
    def events(self) -> bool:
        """Whether it pays captioned events, whose weights an engine must give."""
        return self.name in EVENTS or any(one.events for one in self.inner)


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
    while rest[0] in "(,":
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
    if not 0 < number < float("inf"):
        found = rest[0] if rest else "nothing"
        raise OutriderError(
            f"signal `{text}`: {name} needs {NUMBERED[name]} above 0, not `{found}`; for example {_example(name)}"
        )
    return number


def _example(name: str) -> str:
    if name == "chain":
        return "chain(rnd, observation-count)"
    if name in NUMBERED:
        return f"{name}(rnd, {1_000_000 if name == 'anneal' else 0.1})"
    return f"{name}(observation-count)"


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
