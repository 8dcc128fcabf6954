"""A plan: arms, world, budget, metric and decision rule, checked and hashed before the first step.

Every mistake is one line that says what is wrong, where (file and key) and what to do.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outrider.errors import OutriderError
from outrider.learn.algorithms import DEFAULT
from outrider.verify import tables
from outrider.verify.arms import check_twins
from outrider.verify.candidates import Tuning, parse_tuning
from outrider.verify.metrics import STEADINESS
from outrider.verify.names import DEFAULT_NAMES, Names, nearest

SEEDS_PER_JOB = (
    4  # seeds that one process trains together; fixed, so that results never depend on the workers
)
NO_SIGNAL = "none"

KEYS = {
    "claim": ("id", "sentence"),
    "study": ("world", "seeds", "steps", "metric"),
    "rule": ("treatment", "smallest_effect", "alpha"),
}
DRAFT = "draft"  # why the plan may not be run yet
FIRST_SEED = "first_seed"
NO_WORSE = "no_worse"
OPTIONAL = {"claim": (DRAFT,), "study": (FIRST_SEED,), "rule": (NO_WORSE,)}
MOST_SEED = 2**31  # seeds are 32 bits on the device
ARM_KEYS = ("signal", "engine", "learner")


@dataclass(frozen=True)
class Arm:
    """One way to train. `signal` is "none" and `engine` empty where nothing guides it.

    `learner` holds the settings that it has of its own; `Plan.settings` says by which it learns.
    """

    name: str
    signal: str = NO_SIGNAL
    engine: str = ""
    learner: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A study fixed before its first step, of so many `seeds`; `steps` are environment steps a run."""

    id: str
    sentence: str
    world: str
    seeds: int
    steps: int
    metric: str
    treatment: str
    smallest_effect: float
    alpha: float
    arms: tuple[Arm, ...]
    learner: Mapping[str, Any] = field(default_factory=dict)
    draft: str = ""  # why it may not be run yet; a plan without it may
    first_seed: int = 0  # above those on which something was chosen
    no_worse: str = ""  # a metric in which the treatment must be no worse, beside being better in `metric`
    tuning: Tuning | None = None  # what each arm is chosen from
    sha256: str = ""
    text: str = field(default="", repr=False, compare=False)  # the file, letter for letter

    def arm(self, name: str) -> Arm:
        """The arm of this name; KeyError where there is none."""
        return {arm.name: arm for arm in self.arms}[name]

    def settings(self, arm: Arm) -> Mapping[str, Any]:
        """The table of settings by which an arm learns: its own, and what it does not say, from `[learner]`.

        An arm with another algorithm than `[learner]`'s takes nothing from there: it begins with that one's defaults.
        """
        common = self.learner.get("algorithm", DEFAULT)
        alike = arm.learner.get("algorithm", common) == common
        return {**self.learner, **arm.learner} if alike else arm.learner

    @property
    def every_seed(self) -> range:
        """The seeds of the study."""
        return range(self.first_seed, self.first_seed + self.seeds)

    @property
    def controls(self) -> tuple[Arm, ...]:
        """Every arm but the treatment, in the order of the plan."""
        return tuple(arm for arm in self.arms if arm.name != self.treatment)

    @property
    def engines(self) -> tuple[str, ...]:
        """The distinct engine expressions, in the order in which the arms name them."""
        return tuple(dict.fromkeys(arm.engine for arm in self.arms if arm.engine))


def load_plan(path: Path, names: Names | None = DEFAULT_NAMES) -> Plan:
    """Read and check a plan; raises OutriderError. `names` None skips other rooms' names (for audits)."""
    path = Path(path)
    if path.is_dir():
        path = path / "plan.toml"
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        raise OutriderError(f"no plan at {path}: name a plan.toml or a folder that holds one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise OutriderError(f"{path} cannot be read ({error}): it must be a TOML file in UTF-8") from None
    return parse_plan(text, str(path), names)


def parse_plan(text: str, where: str = "plan.toml", names: Names | None = DEFAULT_NAMES) -> Plan:
    """Check the text of a plan; `where` is how its mistakes name the file. Raises OutriderError."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OutriderError(f"{where} is not valid TOML: {error}; mend that place") from None
    tables.known(content, ("claim", "study", "rule", "learner", "arms", "tuning"), where, "the file")
    parts = {name: tables.table(content, name, where) for name in KEYS}
    for name, keys in KEYS.items():
        tables.known(parts[name], (*keys, *OPTIONAL[name]), where, f"[{name}]")
        for key in keys:
            if key not in parts[name]:
                raise OutriderError(f"{where}: [{name}] lacks the key {key!r}: add it")
    claim, study, rule = parts["claim"], parts["study"], parts["rule"]
    learner = tables.table(content, "learner", where) if "learner" in content else {}
    arms = tuple(_arm(name, table, where) for name, table in tables.table(content, "arms", where).items())
    plan = Plan(
        id=tables.name(claim["id"], where, "[claim] id"),
        sentence=tables.text(claim["sentence"], where, "[claim] sentence"),
        world=tables.text(study["world"], where, "[study] world"),
        seeds=tables.count(study["seeds"], where, "[study] seeds"),
        steps=tables.count(study["steps"], where, "[study] steps"),
        metric=tables.text(study["metric"], where, "[study] metric"),
        treatment=tables.text(rule["treatment"], where, "[rule] treatment"),
        smallest_effect=tables.fraction(rule["smallest_effect"], where, "[rule] smallest_effect"),
        alpha=tables.fraction(rule["alpha"], where, "[rule] alpha"),
        arms=arms,
        learner=learner,
        draft=tables.text(claim[DRAFT], where, "[claim] draft") if DRAFT in claim else "",
        first_seed=tables.count(study.get(FIRST_SEED, 0), where, "[study] first_seed", least=0),
        no_worse=tables.text(rule[NO_WORSE], where, "[rule] no_worse") if NO_WORSE in rule else "",
        tuning=_tuning(content, where, [arm.name for arm in arms], str(rule["treatment"])),
        sha256=canonical_hash(content),
        text=text,
    )
    _check_arms(plan, where)
    _check_seeds(plan, where)
    if plan.no_worse == plan.metric:
        raise OutriderError(
            f"{where}: [rule] no_worse is the metric itself, in which the treatment must be better: take it out"
        )
    if names is not None:
        names.check(plan, where)
    return plan


def canonical_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 of the parsed content: comments, the order of keys and ways to write a number do not matter."""
    return hashlib.sha256(
        json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str).encode()
    ).hexdigest()


def _arm(name: str, table: Any, where: str) -> Arm:
    tables.name(name, where, f"[arms.{name}]")
    if not isinstance(table, dict):
        raise OutriderError(
            f"{where}: arm {name!r} must be a table: write [arms.{name}] on a line of its own"
        )
    if "algorithm" in table:
        raise OutriderError(
            f"{where}: [arms.{name}] has the unknown key 'algorithm': write it into [arms.{name}.learner]"
        )
    tables.known(table, ARM_KEYS, where, f"[arms.{name}]")
    signal = tables.text(table.get("signal", NO_SIGNAL), where, f"[arms.{name}] signal")
    engine = tables.text(table["engine"], where, f"[arms.{name}] engine") if "engine" in table else ""
    if engine and signal == NO_SIGNAL:
        raise OutriderError(f"{where}: [arms.{name}] has an engine and no signal: name both, or neither")
    learner = table.get("learner", {})
    if not isinstance(learner, dict):
        raise OutriderError(
            f"{where}: [arms.{name}] learner is {learner!r}: write a table of settings, [arms.{name}.learner]"
        )
    return Arm(name, signal, engine, learner)


def _tuning(content: Mapping[str, Any], where: str, arms: Sequence[str], treatment: str) -> Tuning | None:
    if "tuning" not in content:
        return None
    return parse_tuning(tables.table(content, "tuning", where), where, arms, treatment)


def _check_seeds(plan: Plan, where: str) -> None:
    for table, seeds in (
        ("study", plan.every_seed),
        ("tuning", plan.tuning.every_seed if plan.tuning else range(1)),
    ):
        if seeds.stop > MOST_SEED:
            raise OutriderError(
                f"{where}: [{table}] first_seed is {seeds.start}: the last seed must be below {MOST_SEED}"
            )
    if plan.metric == STEADINESS and plan.seeds % 2:
        raise OutriderError(
            f"{where}: [study] seeds is {plan.seeds}: steadiness compares seeds two by two, write an even number"
        )
    if plan.tuning and (shared := set(plan.every_seed) & set(plan.tuning.every_seed)):
        raise OutriderError(
            f"{where}: [tuning] tries seed {min(shared)}, which the study judges by: set [study] first_seed or "
            "[tuning] first_seed apart"
        )


def _check_arms(plan: Plan, where: str) -> None:
    names = [arm.name for arm in plan.arms]
    if len(names) < 2:
        raise OutriderError(
            f"{where}: [arms] has {len(names)} arm: a claim compares at least 2, add a control"
        )
    if plan.treatment not in names:
        near = nearest(plan.treatment, names)
        raise OutriderError(f"{where}: [rule] treatment names {plan.treatment!r}, which is no arm{near}")
    check_twins(plan, [dict(plan.settings(arm)) for arm in plan.arms], where)
