"""What the agents did: the most frequent events of every arm, and how much of it was television."""

from __future__ import annotations

import functools
from typing import Any

from outrider.report import words
from outrider.report.markup import Safe, number, table, tag
from outrider.report.parts import arm_label, note, right, section
from outrider.report.read import Arm, Evidence

TELEVISION = "The television shows "  # how every caption of a television world's irrelevant events begins


SHOWN_EVENTS = 12


def doings(e: Evidence) -> Safe:
    """What the agents did: the most frequent events of every arm, and how much of it was television."""
    totals = {arm.name: _sum(e.runs.get(arm.name, []), "events") for arm in e.arms}
    kinds = {arm.name: _sum(e.runs.get(arm.name, []), "kinds") for arm in e.arms}
    sums = {
        name: sum(n for kind, n in kinds[name].items() if kind != "no event") or sum(events.values())
        for name, events in totals.items()
    }
    if not any(sums.values()):
        return section("doings", "What the agents did", note("The runs record no events."))
    merged = {name: _merge_television(events, kinds[name]) for name, events in totals.items()}
    score = {
        event: max(merged[n].get(event, 0) / (sums[n] or 1) for n in merged)
        for event in {k for m in merged.values() for k in m}
    }
    top = sorted(score, key=lambda event: (-score[event], event))[:SHOWN_EVENTS]
    head = ["event", *(right(arm.name) for arm in e.arms)]
    body = [
        [_event_name(event), *(_share(merged[arm.name].get(event, 0), sums[arm.name]) for arm in e.arms)]
        for event in top
    ]
    trapped = any("television" in counts for counts in kinds.values())
    bars = [_bar(arm, kinds[arm.name].get("television", 0), sum(kinds[arm.name].values())) for arm in e.arms]
    bars = bars if trapped else []
    return section(
        "doings",
        "What the agents did",
        tag("div", *bars, class_="bars") if bars else None,
        note(
            "The share of all environment steps that an arm spent on making the television show something. "
            "An agent that is paid for novelty alone finds endless novelty there."
        )
        if bars
        else None,
        table(
            head,
            body,
            "The most frequent events, as shares of all events of each arm",
            class_="heat",
        ),
        note(
            "Over the whole of training. Plain steps and turns are no events; of each run the 50 most frequent "
            "sentences are recorded."
        ),
    )


def _event_name(event: str) -> Safe:
    return tag(
        "th", tag("em", "any picture on the television") if event == TELEVISION else event, scope="row"
    )


def _share(occurred: int, total: int) -> Safe:
    share = occurred / total if total else 0.0
    title = f"{words.count(occurred)} times"
    return number(words.percent(share) if occurred else words.NONE, style=f"--share:{share:.3f}", title=title)


def _bar(arm: Arm, occurred: int, total: int) -> Safe:
    share = occurred / total if total else 0.0
    fill = tag("span", class_="bar-fill", style=f"width:{share * 100:.1f}%")
    return tag(
        "div",
        arm_label(arm, arm.name),
        tag("span", fill, class_="bar-track"),
        tag("span", words.percent(share), class_="figures"),
        class_="bar-row",
    )


def _sum(runs: list[dict[str, Any]], what: str) -> dict[str, int]:
    def add(total: dict[str, int], run: dict[str, Any]) -> dict[str, int]:
        return total | {event: total.get(event, 0) + n for event, n in (run.get(what) or {}).items()}

    return functools.reduce(add, runs, {})


def _merge_television(events: dict[str, int], kinds: dict[str, int]) -> dict[str, int]:
    """One row for all pictures; their number is that of the kind, since single pictures are rarely recorded."""
    shown = kinds.get("television", sum(n for event, n in events.items() if event.startswith(TELEVISION)))
    rest = {event: n for event, n in events.items() if not event.startswith(TELEVISION)}
    return rest | ({TELEVISION: shown} if shown else {})
