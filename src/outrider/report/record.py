"""What the study cost, what was fixed before it, where it ran, and how to do it again."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from outrider.report import words
from outrider.report.markup import Safe, number, table, tag
from outrider.report.parts import arm_label, note, right, section
from outrider.report.read import Evidence

WALL = ("wall_seconds", "wall_clock_seconds", "wall_clock", "seconds")
COMPILE = ("compile_seconds", "compile")
STEPS = ("env_steps", "environment_steps", "steps")


def pick(record: dict[str, Any], names: tuple[str, ...]) -> float | None:
    """The first of several names that a record knows, as a number."""
    return next((float(record[name]) for name in names if isinstance(record.get(name), (int, float))), None)


def arm_costs(e: Evidence) -> dict[str, dict[str, Any]]:
    """The costs of every arm that has them."""
    found = e.costs.get("arms") or {}
    return {name: record for name, record in found.items() if isinstance(record, dict)}


@dataclass(frozen=True)
class Total:
    """What a study cost: seconds of training, tokens, seconds of answering; None where it was not recorded."""

    seconds: float | None
    tokens: float | None
    answering: float | None


def total_cost(e: Evidence) -> Total:
    """The sums over all arms and all engines."""
    walls = [wall for r in arm_costs(e).values() if (wall := pick(r, WALL)) is not None]
    engines = [r for r in (e.costs.get("engines") or {}).values() if isinstance(r, dict)]
    tokens, seconds = (sum(pick(r, (key,)) or 0.0 for r in engines) for key in ("tokens", "seconds"))
    return Total(sum(walls) if walls else None, tokens if engines else None, seconds if engines else None)


def costs(e: Evidence) -> Safe:
    """Wall-clock, speed and model time."""
    arms, engines = (
        arm_costs(e),
        {k: v for k, v in (e.costs.get("engines") or {}).items() if isinstance(v, dict)},
    )
    if not arms and not engines:
        return section(
            "costs",
            "What it cost",
            note("There is no costs.json in this evidence: time and tokens were not recorded."),
        )
    base = pick(arms.get(next((arm.name for arm in e.arms if arm.slot == 1), ""), {}), WALL)
    rows = []
    for arm in e.arms:
        record = arms.get(arm.name, {})
        wall, steps = pick(record, WALL), pick(record, STEPS)
        ratio = wall / base if wall and base else None
        rows.append(
            [
                arm_label(arm, arm.name),
                number(words.duration(wall)),
                number(words.duration(pick(record, COMPILE))),
                number(words.short(steps)),
                number(words.short(steps / wall if steps and wall else None)),
                number(words.fixed(ratio) + (" ×" if ratio else "")),
            ]
        )
    head = [
        "arm",
        *(
            right(h)
            for h in (
                "wall-clock",
                "of it compiling",
                "environment steps",
                "steps a second",
                "against unguided",
            )
        ),
    ]
    asked = [
        [
            tag("th", tag("code", name), scope="row"),
            number(words.count(pick(r, ("questions",)))),
            number(words.count(pick(r, ("tokens",)))),
            number(words.duration(pick(r, ("seconds",)))),
        ]
        for name, r in engines.items()
    ]
    engine_head = ["engine", *(right(h) for h in ("questions", "tokens", "seconds of answering"))]
    guided = pick(arms.get(e.treatment.name, {}), WALL)
    told = (
        f"{e.treatment.name} took {guided / base:.2f} times the wall-clock of unguided, answering time apart."
        if guided and base
        else None
    )
    return section(
        "costs",
        "What it cost",
        tag("p", told) if told else None,
        table(head, rows, "Cost of every arm, all seeds together") if arms else None,
        table(engine_head, asked, "Cost of every engine") if asked else None,
    )


def film(e: Evidence) -> Safe:
    """The GIF of an episode, inside the page."""
    heading = "Watch the trained agent"
    if e.gif is None:
        return section("film", heading, note("There is no watch.gif in this evidence."))
    source = "data:image/gif;base64," + base64.b64encode(e.gif).decode()
    alt = f"One episode of a trained {e.treatment.name} agent, with captions, bonuses and rewards below."
    picture = tag("img", src=source, alt=alt, loading="lazy")
    told = (
        f"An episode of a trained {e.treatment.name} agent. Below the picture: what the captioner says "
        f"just happened, "
        "and what the agent was paid for it."
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
    code = f'print(check("{place}/evidence")[1] or "nothing was changed")'
    checks = f"python -c 'from outrider.verify.evidence import check; {code}'"
    return section(
        "again",
        "Do it again, and check",
        tag("p", "To run the study again, from the repository:"),
        tag("pre", tag("code", f"outrider verify {place}"), tabindex="0"),
        tag(
            "p",
            "Replayed from the recorded answers (cassette.jsonl.gz), runs.jsonl comes out byte for byte "
            "the same, with no model, key or network. "
            "To compare every file with the manifest and derive the verdict again from plan.toml and "
            "runs.jsonl, which needs neither JAX nor a model:",
        ),
        tag("pre", tag("code", checks), tabindex="0"),
        note(f"Not in this evidence: {', '.join(e.missing)}.") if e.missing else None,
    )


def _name(key: str) -> str:
    return key.replace("_", " ")


def _value(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or words.NONE
    return words.NONE if value in (None, "") else str(value)
