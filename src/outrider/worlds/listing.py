"""All worlds as a reader looks for them: by pattern, by kind, with what was measured of them. No jax.

`measured.json` is made from `benchmarks/results/world_rates.json` by `docs/generate.py`, so that an installed package
can tell rates, observations and actions without building a world.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module, resources

from outrider.errors import OutriderError
from outrider.worlds.names import HOST, WORLDS, event_kind, event_sentences, options_of, unknown

_SIZE = re.compile(r"-[a-z]?\d[\dxrs-]*$")  # what tells worlds of one kind apart: -8x8, -20, -s7


@dataclass(frozen=True)
class Measured:
    """What was found by building a world and stepping it at random."""

    observation: str
    actions: str
    rate: float  # steps a second of random actions, captions and resets included


@cache
def measured() -> Mapping[str, Measured]:
    """By world; a world that came later is not in it."""
    file = resources.files("outrider.worlds") / "measured.json"
    table = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {"worlds": {}}
    return {name: Measured(**row) for name, row in table["worlds"].items()}


def machine() -> str:
    """Where the rates were measured."""
    file = resources.files("outrider.worlds") / "measured.json"
    return json.loads(file.read_text(encoding="utf-8"))["machine"] if file.is_file() else "no machine yet"


def kind_of(name: str) -> str:
    """The name without what tells sizes apart: `minigrid/doorkey-8x8` is of kind `minigrid/doorkey`."""
    return _SIZE.sub("", name)


def kinds() -> dict[str, tuple[str, ...]]:
    """The device worlds of each kind."""
    found: dict[str, list[str]] = {}
    for name in WORLDS:
        found.setdefault(kind_of(name), []).append(name)
    return {kind: tuple(names) for kind, names in found.items()}


def captions(world_id: str) -> int:
    """How many sentences a world's events have."""
    return len(set(event_sentences(world_id).values()))


def options(name: str) -> dict[str, int]:
    """The options that a world takes, each with how many events the world then tells apart."""
    found = {}
    for option in options_of(name):
        try:
            found[option] = len(event_sentences(f"{name}+{option}"))
        except OutriderError:  # an option of its family that this world lacks
            continue
    return found


def sentences_by_kind(world_id: str) -> dict[str, tuple[str, ...]]:
    """Every sentence of a world once, by the kind of its event."""
    found: dict[str, dict[str, None]] = {}
    for code, sentence in event_sentences(world_id).items():
        found.setdefault(event_kind(world_id, code), {})[sentence] = None
    return {kind: tuple(said) for kind, said in found.items()}


def matching(pattern: str) -> tuple[str, ...]:
    """Device worlds whose name contains the pattern, or fits it where it has a `*` or `?`. Errors: none does."""
    found = tuple(name for name in WORLDS if matches(name, pattern))
    if not found:
        raise OutriderError(unknown(f"world or part of a world's name {pattern!r}", pattern, tuple(WORLDS)))
    return found


def matches(name: str, pattern: str) -> bool:
    """Whether a name contains a pattern, or fits one with signs for any letters; capitals do not count."""
    name, pattern = name.lower(), pattern.lower()
    return fnmatchcase(name, pattern) if set(pattern) & set("*?[") else pattern in name


def host_ids(family: str) -> tuple[str, ...]:
    """Every id of a family of host worlds. Errors: its package is not installed."""
    try:
        module = import_module(f"outrider.worlds.host.{family}")
    except ImportError:
        raise OutriderError(
            f"to list {family}'s worlds install Gymnasium: pip install 'outrider[host]'"
        ) from None
    return tuple(f"{family}/{name}" for name in sorted(module.names()))


def host_groups(ids: Sequence[str], least: int = 20) -> dict[str, int]:
    """How many ids begin with the same word, `envpool/MiniGrid-*`; small groups together as `envpool/*`."""
    heads = {world_id: world_id.partition("-")[0] for world_id in ids}
    counts = Counter(heads.values())
    groups: Counter[str] = Counter()
    for head in heads.values():
        groups[f"{head}-*" if counts[head] >= least else f"{head.partition('/')[0]}/* (others)"] += 1
    return dict(groups.most_common())


def host_matching(pattern: str) -> tuple[str, ...]:
    """Host worlds that fit a pattern which names their package. Errors: not installed; none fits."""
    family, _, rest = pattern.partition("/")
    if family not in HOST:
        raise OutriderError(
            f"host worlds are {' or '.join(f'{head}/NAME' for head in HOST)}, not {pattern!r}"
        )
    ids = host_ids(family)
    found = tuple(world_id for world_id in ids if matches(world_id.partition("/")[2], rest or "*"))
    if not found:
        raise OutriderError(unknown(f"world {pattern!r}", pattern, ids))
    return found
