"""Which algorithms a learner can have, by name, and settings as tables: of plans, jobs and policies. No jax."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any

from outrider.errors import OutriderError, nearest
from outrider.explore.names import parse
from outrider.learn.hierarchy_settings import HierarchySettings
from outrider.learn.imitation_settings import BCSettings, DAggerSettings
from outrider.learn.q_settings import DQNSettings, PQNSettings
from outrider.learn.settings import Settings

AnySettings = Settings | DQNSettings | PQNSettings | BCSettings | DAggerSettings | HierarchySettings
DEFAULT = "ppo"  # what a table without the key `algorithm` means
ALGORITHMS: dict[str, type[AnySettings]] = {
    "ppo": Settings,
    "dqn": DQNSettings,
    "pqn": PQNSettings,
    "bc": BCSettings,
    "dagger": DAggerSettings,
    "hierarchy": HierarchySettings,
}
# Numbers on the device (`learn/rates.py`, which needs jax; a test holds the two together): learners that differ in
# nothing else share one compiled program.
Q_RATES = ("learning_rate", "discount", "epsilon_start", "epsilon_end", "explore", "gradient_norm")
PPO_RATES = ("learning_rate", "discount", "trace", "clip", "entropy", "value_weight", "gradient_norm")
RATES = {
    "ppo": PPO_RATES,
    "dqn": Q_RATES,
    "pqn": (*Q_RATES, "trace"),
    "bc": ("learning_rate", "gradient_norm"),
    "dagger": ("learning_rate", "gradient_norm"),
    "hierarchy": (*PPO_RATES, "manager_learning_rate", "manager_entropy"),
}


def settings_from(table: Mapping[str, Any], where: str = "[learner]") -> AnySettings:
    """Settings from a table whose key `algorithm`, if any, says whose they are.

    Errors, each one line that begins with `where`: unknown algorithm, unknown key, another algorithm's key, bad value.
    """
    algorithm = table.get("algorithm", DEFAULT)
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise OutriderError(f"{where} algorithm is {algorithm!r}{nearest(str(algorithm), ALGORITHMS)}")
    given = {key: value for key, value in table.items() if key != "algorithm"}
    check_keys(given, algorithm, where)
    try:
        return ALGORITHMS[algorithm](**given)
    except (OutriderError, TypeError, ValueError) as error:
        raise OutriderError(f"{where}: {error}") from None


def check_keys(keys: Iterable[str], algorithm: str, where: str) -> None:
    """Refuse the first key that is no setting of the algorithm."""
    known = names(algorithm)
    for key in keys:
        if key in known:
            continue
        if others := [other for other in ALGORITHMS if key in names(other)]:
            raise OutriderError(
                f"{where} has the key {key!r}, a setting of {' and '.join(others)} that {algorithm} does not "
                "have: take it out, or choose another algorithm"
            )
        raise OutriderError(f"{where} has the unknown key {key!r}{nearest(key, known)}")


def names(algorithm: str) -> list[str]:
    """The settings that an algorithm has."""
    return [field.name for field in fields(ALGORITHMS[algorithm])]


def algorithm_of(settings: AnySettings) -> str:
    """The name of the algorithm whose settings these are."""
    return next(name for name, kind in ALGORITHMS.items() if type(settings) is kind)


def as_table(settings: AnySettings) -> dict[str, Any]:
    """What `settings_from` reads. PPO's is as it was before there were others, without the key `algorithm`."""
    algorithm = algorithm_of(settings)
    return ({} if algorithm == DEFAULT else {"algorithm": algorithm}) | asdict(settings)


def shape(settings: AnySettings, signal: str) -> dict[str, Any]:
    """The settings but for their rates: learners of one shape and signal share one compiled program.

    A signal that is built for a learner's discount makes that a part of it.
    """
    rates = set(RATES[algorithm_of(settings)]) - ({"discount"} if parse(signal).discounts else set())
    return {name: value for name, value in as_table(settings).items() if name not in rates}
