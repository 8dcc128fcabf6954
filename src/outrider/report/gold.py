"""How far a scorer can be believed: its order of caption pairs of which people know the better one."""

from __future__ import annotations

from typing import Any

from outrider.report import words
from outrider.report.markup import Safe, number, table, tag
from outrider.report.parts import note, right, section
from outrider.report.read import Evidence

OUTCOMES = ("right", "wrong", "tie", "abstained")


def gold(e: Evidence) -> Safe:
    """How often each scorer put the better of two captions first, and every pair where it did not."""
    heading = "Is the model’s judgement any good?"
    if not e.gold:
        missing = "There is no gold.json in this evidence: the scorers were not validated on gold pairs."
        return section("gold", heading, note(missing))
    head = ["scorer", *map(right, ("right", "wrong", "ties", "abstained", "accuracy", "p of a coin"))]
    return section(
        "gold",
        heading,
        note(
            "Pairs of captions of which people know the better one: does the scorer give it the higher "
            "weight? Accuracy counts a tie as half, as a coin would get it, and leaves abstentions out."
        ),
        table(
            head,
            [_row(*item) for item in e.gold.items()],
            "How each scorer ordered the gold pairs",
            class_="heat",
        ),
        *(_not_right(*item) for item in e.gold.items()),
    )


def _row(name: str, record: dict[str, Any]) -> list[Safe]:
    said = [pair.get("outcome") for pair in record.get("pairs", [])]
    accuracy = record.get("accuracy")
    return [
        tag("th", tag("code", name), scope="row"),
        *(number(said.count(outcome)) for outcome in OUTCOMES),
        number(words.percent(accuracy), style=f"--share:{accuracy or 0:.3f}"),
        number(words.probability(record.get("p"))),
    ]


def _not_right(name: str, record: dict[str, Any]) -> Safe | None:
    pairs = [pair for pair in record.get("pairs", []) if pair.get("outcome") != "right"]
    if not pairs:
        return None
    body = [
        [
            pair["better"],
            number(words.fixed(pair.get("better_score"))),
            tag("td", pair["worse"]),
            number(words.fixed(pair.get("worse_score"))),
            tag("td", pair.get("outcome")),
        ]
        for pair in pairs
    ]
    head = ["the better caption", right("weight"), "the worse caption", right("weight"), "outcome"]
    summary = tag(
        "summary", tag("code", name), f": {words.plural(len(pairs), 'pair')} not in the right order"
    )
    return tag("details", summary, table(head, body, f"Pairs that {name} did not order rightly"))
