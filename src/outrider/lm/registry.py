"""From an expression such as `shuffled(relevance(embedded))` to an engine. A small parser; nothing is
evaluated.

    expression = name | name "(" expression ")"

With a cassette, the model inside is wrapped by it, so that all around it is recomputed from recorded raw
answers.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass

from outrider.errors import OutriderError
from outrider.lm.cassette import Cassette, Replay, recorded
from outrider.lm.placebo import Constant, Inverted, Random, Shuffled, WordOverlap
from outrider.lm.question import Engine
from outrider.lm.relevance import Relevance

MODELS = ("embedded",)  # engines that run a model: these are recorded
ALONE: dict[str, Callable[[int], Engine]] = {  # from a seed
    "constant": lambda seed: Constant(),
    "random": Random,
    "word-overlap": lambda seed: WordOverlap(),
}
AROUND: dict[str, Callable[[Engine, int], Engine]] = {
    "relevance": lambda engine, seed: Relevance(engine),
    "shuffled": Shuffled,
    "inverted": lambda engine, seed: Inverted(engine),
}
BY_CHANCE = frozenset({"random", "shuffled"})  # answer otherwise for another seed
SCORES_OPTIONS = frozenset(
    MODELS
)  # what `relevance` can stand around; the other wrappers need what rates captions
NAMES = (*MODELS, *ALONE, *AROUND)


@dataclass(frozen=True)
class Expression:
    """A name, and what stands in its parentheses."""

    name: str
    inner: Expression | None = None


def check(expression: str, *, rates: bool = True) -> Expression:
    """Parse and validate without loading a model. OutriderError for what cannot be built.

    `rates`: the engine must rate captions (as an arm of a plan must); False also allows a bare `embedded`.
    """
    tokens = re.findall(r"[()]|[^\s()]+", expression)
    parsed, rest = _parse(expression, tokens)
    if rest:
        raise OutriderError(f"engine `{expression}`: unexpected `{rest[0]}` after its end")
    if rates and parsed.name in SCORES_OPTIONS:
        raise OutriderError(
            f"engine `{expression}` scores options and rates no captions: write `relevance({parsed.name})`"
        )
    return parsed


def names_in(expression: str) -> frozenset[str]:
    """The names of an expression, known or not."""
    return frozenset(re.findall(r"[^\s()]+", expression))


def by_chance(expression: str) -> bool:
    """Whether an engine in it answers otherwise for another seed; unknown names do not."""
    return not BY_CHANCE.isdisjoint(names_in(expression))


def build(
    expression: str,
    *,
    seed: int = 0,
    cassette: Cassette | None = None,
    threads: int = 2,
    replay: bool = False,
    rates: bool = True,
) -> Engine:
    """The engine that an expression names. A model is loaded at its first question that the cassette does not
    hold.

    `seed`: of the placebos that draw. `replay`: answer from the cassette alone, without model or weights.
    OutriderError as `check`, for missing weights, and for a replay of a cassette that does not hold exactly one
    engine of each model named.
    """
    return _build(check(expression, rates=rates), seed, cassette, threads, replay)


def _build(
    expression: Expression, seed: int, cassette: Cassette | None, threads: int, replay: bool
) -> Engine:
    if expression.inner:
        return AROUND[expression.name](_build(expression.inner, seed, cassette, threads, replay), seed)
    if expression.name in ALONE:
        return ALONE[expression.name](seed)
    if replay:
        return _replay(expression.name, cassette)
    from outrider.lm.embedded import Embedded

    model = Embedded(threads=threads)
    return model if cassette is None else recorded(model, cassette)


def _replay(family: str, cassette: Cassette | None) -> Engine:
    if cassette is None:
        raise OutriderError(f"a replay of `{family}` needs a cassette")
    names = [name for name in cassette.engines() if name.split(" ")[0] == family]
    if len(names) != 1:
        held = ", ".join(f"`{name}`" for name in names) or "none"
        raise OutriderError(f"a replay needs exactly one `{family}` engine on the cassette; it holds {held}")
    return Replay(cassette, names[0])


def _parse(source: str, tokens: list[str]) -> tuple[Expression, list[str]]:
    """The expression that `tokens` begin with, and the tokens after it."""
    if not tokens or tokens[0] in "()":
        raise OutriderError(f"engine `{source}`: a name is missing, for example relevance(embedded)")
    name, *rest = tokens
    if name not in NAMES:
        near = difflib.get_close_matches(name.lower(), NAMES, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(NAMES)}"
        raise OutriderError(f"engine `{source}`: unknown name `{name}`; {hint}")
    if not rest or rest[0] != "(":
        if name in AROUND:
            raise OutriderError(f"engine `{source}`: `{name}` needs an engine in parentheses")
        return Expression(name), rest
    if name not in AROUND:
        raise OutriderError(f"engine `{source}`: `{name}` takes nothing in parentheses")
    inner, rest = _parse(source, rest[1:])
    if not rest or rest[0] != ")":
        raise OutriderError(f"engine `{source}`: a closing parenthesis is missing")
    if (name == "relevance") != (inner.name in SCORES_OPTIONS):
        needs = (
            "scores options, such as embedded"
            if name == "relevance"
            else "rates captions, such as relevance(embedded)"
        )
        raise OutriderError(
            f"engine `{source}`: `{name}` stands around an engine that {needs}, not `{inner.name}`"
        )
    return Expression(name, inner), rest[1:]
