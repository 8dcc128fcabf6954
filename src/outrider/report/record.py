"""What the study cost, what was fixed before it, where it ran, and how to do it again."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from outrider.report import words
from outrider.report.markup import Safe, number, table, tag
from outrider.report.parts import arm_label, note, right, section
from outrider.report.read import Arm, Evidence

WALL = ("wall_seconds", "seconds")
TRAINING = ("run_seconds", *WALL)  # without starting and compiling, where that was timed apart
STEPS = ("environment_steps", "steps")


def pick(record: dict[str, Any], names: tuple[str, ...]) -> float | None:
    """The first of several names that a record knows, as a number."""
    return next((float(record[name]) for name in names if isinstance(record.get(name), (int, float))), None)


def arm_costs(e: Evidence) -> dict[str, dict[str, Any]]:
    """The costs of every arm that has them."""
    found = e.costs.get("arms") or {}
    return {name: record for name, record in found.items() if isinstance(record, dict)}


@dataclass(frozen=True)
class Total:
    """What a study cost in seconds, tokens and seconds of answering; None where it was not recorded."""

    seconds: float | None
    tokens: float | None
    answering: float | None


def total_cost(e: Evidence) -> Total:
    """The study from its first question to its verdict; where that was not timed, the sum over its arms."""
    walls = [wall for r in arm_costs(e).values() if (wall := pick(r, WALL)) is not None]
    study = pick(e.costs.get("study") or {}, WALL)
    engines = engine_costs(e).values()
    tokens, answering = (sum(pick(r, (key,)) or 0.0 for r in engines) for key in ("tokens", "seconds"))
    seconds = study if study is not None else sum(walls) if walls else None
    return Total(seconds, tokens if engines else None, answering if engines else None)


def costs(e: Evidence) -> Safe:
    """Wall-clock, speed and model time."""
    arms, engines = arm_costs(e), engine_costs(e)
    if not arms and not engines:
        told = "There is no costs.json in this evidence: time and tokens were not recorded."
        return section("costs", "What it cost", note(told))
    others = sorted({key for r in arms.values() for key in r if key.endswith("_seconds")} - set(WALL))
    unguided = next((arm.name for arm in e.arms if arm.slot == 1), "")
    base = pick(arms.get(unguided, {}), TRAINING)
    head = [
        "arm",
        *map(right, ("wall-clock", *map(_seconds_name, others), "environment steps", "steps a second")),
    ]
    head += [right(f"against {unguided}")] if base else []
    rows = [_arm_row(arm, arms.get(arm.name, {}), others, base) for arm in e.arms]
    engine_head = ["model", *map(right, ("questions", "abstentions", "tokens", "answering"))]
    guided = pick(arms.get(e.treatment.name, {}), TRAINING)
    told = (
        f"{e.treatment.name} took {guided / base:.2f} times as long to train as {unguided}, "
        if guided and base
        else ""
    )
    return section(
        "costs",
        "What it cost",
        tag("p", told, "the model’s answering time apart.") if told else None,
        table(head, rows, "Cost of every arm, all seeds together") if arms else None,
        note("Wall-clock of an arm: the time of its processes, added up; they may have run side by side.")
        if arms
        else None,
        table(engine_head, [_engine_row(*item) for item in engines.items()], "Cost of every model")
        if engines
        else None,
    )


def engine_costs(e: Evidence) -> dict[str, dict[str, Any]]:
    """The costs of every engine that has them."""
    return {
        name: record for name, record in (e.costs.get("engines") or {}).items() if isinstance(record, dict)
    }


def _arm_row(arm: Arm, record: dict[str, Any], others: list[str], base: float | None) -> list[Safe]:
    wall, trained, steps = pick(record, WALL), pick(record, TRAINING), pick(record, STEPS)
    cells = [arm_label(arm, arm.name), number(words.duration(wall))]
    cells += [number(words.duration(pick(record, (key,)))) for key in others]
    cells += [number(words.short(steps)), number(words.short(steps / trained if steps and trained else None))]
    return [*cells, number(f"{words.fixed(trained / base)} ×" if trained else words.NONE)] if base else cells


def _engine_row(name: str, record: dict[str, Any]) -> list[Safe]:
    counts = [number(words.count(pick(record, (key,)))) for key in ("questions", "abstentions", "tokens")]
    return [
        tag("th", tag("code", name), scope="row"),
        *counts,
        number(words.duration(pick(record, ("seconds",)))),
    ]


def _seconds_name(key: str) -> str:
    name = key.removesuffix("_seconds").replace("_", " ")
    return {"compile": "of it compiling", "run": "of it training"}.get(name, name)


def film(e: Evidence) -> Safe:
    """The GIF of an episode, inside the page."""
    heading = "Watch the trained agent"
    if e.gif is None:
        return section("film", heading, note("There is no watch.gif in this evidence."))
    source = "data:image/gif;base64," + base64.b64encode(e.gif).decode()
    alt = f"One episode of a trained {e.treatment.name} agent, with captions, bonuses and rewards below."
    picture = tag("img", src=source, alt=alt)
    told = (
        f"An episode of a trained {e.treatment.name} agent, the one of median length among those that it solved "
        f"of 64, if it solved any. Below the picture: what the captioner says "
        f"just happened, "
        "and the bonus that it paid when it was new."
    )
    return section("film", heading, tag("figure", picture, tag("figcaption", told)))


def plan(e: Evidence) -> Safe:
    """The plan, letter for letter, with its hash."""
    recorded = {record.get("plan_content_sha256") for record in (e.verdict, e.manifest)} - {None}
    agrees = " It is the hash that the verdict was given for." if recorded == {e.plan.sha256} else None
    if recorded - {e.plan.sha256}:
        agrees = tag(
            "strong",
            " The verdict was given for another plan: this one was changed afterwards.",
        )
    return section(
        "plan",
        "The plan, fixed before the first step",
        tag("p", "SHA-256 of its content: ", tag("code", e.plan.sha256, class_="hash"), ".", agrees),
        tag("pre", tag("code", e.plan_text.rstrip()), tabindex="0"),
    )


def environment(e: Evidence) -> Safe:
    """Where the study ran."""
    if not e.environment:
        return section("environment", "Where it ran", note("There is no environment.json in this evidence."))
    flat = {key: value for key, value in e.environment.items() if not isinstance(value, dict)}
    nested = {key: value for key, value in e.environment.items() if isinstance(value, dict)}
    parts = (
        [
            table(
                ["", ""],
                [[_name(k), tag("td", _value(v))] for k, v in flat.items()],
                "Machine and software",
                class_="pairs",
            )
        ]
        if flat
        else []
    )
    for key, value in nested.items():
        rows = [[k, tag("td", _value(v))] for k, v in value.items()]
        parts.append(
            tag(
                "details",
                tag("summary", f"{_name(key)} ({len(rows)})"),
                table(["", ""], rows, _name(key), class_="pairs"),
            )
        )
    return section("environment", "Where it ran", *parts)


def again(e: Evidence) -> Safe:
    """How to run the study again and how to check this page."""
    place = f"claims/{e.plan.id}"
    code = 'print(check(".")[1] or "nothing was changed")'
    checks = f"python -c 'from outrider.verify.evidence import check\n{code}'"
    return section(
        "again",
        "Do it again, and check",
        tag("p", "To run the study again, from the repository:"),
        tag("pre", tag("code", f"outrider verify {place} --out out/again"), tabindex="0"),
        tag(
            "p",
            "Replayed from the recorded answers (cassette.jsonl.gz), runs.jsonl comes out byte for byte "
            "the same, with no model, key or network. "
            "To compare every file with the manifest and derive the verdict again from plan.toml and "
            "runs.jsonl, in the folder of this page; that needs neither JAX nor a model:",
        ),
        tag("pre", tag("code", checks), tabindex="0"),
        note(f"Not in this evidence: {', '.join(e.missing)}.") if e.missing else None,
    )


def _name(key: str) -> str:
    name = key.replace("_", " ")  # the code's hash covers the versions of the packages that it runs on
    return name.replace("training code changed", "training code or packages changed")


def _value(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or words.NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    return words.NONE if value in (None, "") else str(value)
