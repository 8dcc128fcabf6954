"""A sweep's specification: worlds, budget, candidates, space; checked and hashed before the first step. No jax."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outrider.errors import OutriderError
from outrider.learn.algorithms import DEFAULT, settings_from
from outrider.learn.settings import check_steps
from outrider.learn.together import check_together
from outrider.sweep.halving import Rung, rungs, steps_of_run
from outrider.sweep.space import USUAL, draw, parse_space
from outrider.verify import tables
from outrider.verify.plan import canonical_hash

FILE = "sweep.toml"
GUIDE = "docs/how-to/tune-a-baseline.md"
SCORES = ("success", "return")
COMBINE = ("rank", "mean")
DEFAULTS: dict[str, Any] = {
    "candidates": 16, "seeds": 2, "keep": 4, "score": "success", "combine": "rank", "held_out": 8, "draw": 0,
}  # fmt: skip
LEAST = {"steps": 1, "candidates": 2, "seeds": 1, "keep": 2, "held_out": 1, "draw": 0}


@dataclass(frozen=True)
class Sweep:
    """`steps` are environment steps of the whole search; the comparison on held-out seeds comes on top."""

    worlds: tuple[str, ...]
    steps: int
    candidates: int
    seeds: int
    keep: int  # of so many candidates one goes on to the next rung
    score: str
    combine: str
    held_out: int  # seeds on which the winner meets the present settings
    draw: int  # seed of the random search
    signal: str
    engine: str
    settings: tuple[dict[str, Any], ...]  # of each candidate; the first has the present ones
    space: Mapping[str, Any]
    sha256: str
    text: str  # the file, letter for letter

    @property
    def rungs(self) -> list[Rung]:
        """How the budget is spent."""
        return rungs(self.steps, self.candidates, self.keep, self.seeds * len(self.worlds))


def load_sweep(path: Path, changed: Mapping[str, Any]) -> Sweep:
    """Read and check a specification, or the one in a folder; `changed` has values in place of its own."""
    path = path / FILE if path.is_dir() else path
    try:
        text = path.read_bytes().decode()
        content = tomllib.loads(text)
    except FileNotFoundError:
        raise OutriderError(f"no sweep at {path}; name a {FILE}, its folder, or a world") from None
    except (OSError, UnicodeDecodeError) as error:
        raise OutriderError(f"{path} cannot be read ({error}); it must be a TOML file in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise OutriderError(f"{path} is not valid TOML: {error}; mend that place") from None
    if changed:
        content = _with(content, changed)
        text = _toml(content)
    return parse_sweep(content, text, str(path))


def sweep_of_world(world: str, changed: Mapping[str, Any]) -> Sweep:
    """The usual search on one world."""
    if "steps" not in changed:
        raise OutriderError(
            "a sweep of a world needs its budget: give --steps, environment steps of the search"
        )
    content = _with({"sweep": {"worlds": [world], **DEFAULTS}, "space": USUAL}, changed)
    return parse_sweep(content, _toml(content), "the command line")


def parse_sweep(content: Mapping[str, Any], text: str, where: str) -> Sweep:
    """Check a specification; `where` is how its mistakes name the file. Raises OutriderError."""
    tables.known(content, ("sweep", "signal", "learner", "space"), where, "the file")
    parts = {name: tables.table(content, name, where, GUIDE) for name in ("sweep", "space")}
    parts |= {
        name: tables.table(content, name, where, GUIDE) if name in content else {}
        for name in ("signal", "learner")
    }
    given = {**DEFAULTS, **parts["sweep"]}
    tables.known(given, ("worlds", "steps", *DEFAULTS), where, "[sweep]")
    tables.known(parts["signal"], ("name", "engine"), where, "[signal]")
    worlds = _worlds(given.get("worlds"), where)
    for name, least in LEAST.items():
        value = given.get(name)
        if type(value) is not int or value < least:
            raise OutriderError(
                f"{where}: [sweep] {name} is {value!r}; write a whole number of at least {least}"
            )
    for name, known in (("score", SCORES), ("combine", COMBINE)):
        if given[name] not in known:
            raise OutriderError(f"{where}: [sweep] {name} is {given[name]!r}; use one of {', '.join(known)}")
    signal, engine = _signal(parts["signal"], where)
    base = parts["learner"]
    settings_from(base, f"{where}: [learner]")
    space = parse_space(parts["space"], base.get("algorithm", DEFAULT), where)
    sweep = Sweep(
        worlds=worlds,
        **{name: given[name] for name in ("steps", *DEFAULTS)},
        signal=signal,
        engine=engine,
        settings=tuple(draw(space, base, given["candidates"], given["draw"], where)),
        space=parts["space"],
        sha256=canonical_hash(content),
        text=text,
    )
    for settings in sweep.settings:
        steps_of_run(sweep.rungs[0].steps, settings_from(settings).batch, where)
    check_steps(sweep.rungs[-1].steps)
    for world in sweep.worlds:
        for settings in sweep.settings:
            try:
                check_together(world, settings_from(settings), signal, engine)
            except OutriderError as error:
                raise OutriderError(f"{where}: {error}") from None
    return sweep


def _worlds(worlds: Any, where: str) -> tuple[str, ...]:
    from outrider.worlds.names import check_known

    if not isinstance(worlds, list) or not worlds or len(set(map(str, worlds))) < len(worlds):
        raise OutriderError(f"{where}: [sweep] worlds is {worlds!r}; list at least one world, each once")
    for world in worlds:
        try:
            check_known(str(world))
        except OutriderError as error:
            raise OutriderError(f"{where}: [sweep] worlds: {error}") from None
    return tuple(map(str, worlds))


def _signal(table: Mapping[str, Any], where: str) -> tuple[str, str]:
    from outrider.explore.names import check as check_signal
    from outrider.lm.registry import check

    name, engine = str(table.get("name", "none")), table.get("engine", "")
    try:
        check_signal(name, engine)
    except OutriderError as error:
        raise OutriderError(f"{where}: [signal] {error}") from None
    if engine:
        check(engine)
    return name, engine


def _with(content: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """The content with changed budget, sizes, signal or engine."""
    new = {name: dict(table) if isinstance(table, dict) else table for name, table in content.items()}
    for name, value in changed.items():
        table, key = (
            ("signal", {"signal": "name"}.get(name, name))
            if name in ("signal", "engine")
            else ("sweep", name)
        )
        new.setdefault(table, {})[key] = value
    return new


def _toml(content: Mapping[str, Any]) -> str:
    """Tables of numbers, texts, lists and inline tables, as TOML."""

    def told(value: Any) -> str:
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{key} = {told(inner)}" for key, inner in value.items()) + " }"
        return json.dumps(value, ensure_ascii=False)

    tables = [
        "\n".join([f"[{name}]", *(f"{key} = {told(value)}" for key, value in table.items())])
        for name, table in content.items()
    ]
    return "\n\n".join(tables) + "\n"
