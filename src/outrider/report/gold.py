"""How far a scorer can be believed: its order of caption pairs of which people know the better one."""

from __future__ import annotations

import math
from typing import Any

from outrider.report import words
from outrider.report.markup import Safe, number, table, tag
from outrider.report.parts import note, section
from outrider.report.read import Evidence


def gold(e: Evidence) -> Safe:
    """How often each scorer put the better of two captions first, against answers that people wrote."""
    heading = "Is the model's judgement any good?"
    if not e.gold:
        return section(
            "gold",
            heading,
            note("There is no gold.json in this evidence: the scorers were not validated on gold pairs."),
        )
    scored = [(name, _pairs(record), record) for name, record in e.gold.items()]
    rows = []
    for name, pairs, record in scored:
        n = len(pairs) or int(record.get("n") or record.get("pairs_total") or 0)
        right = sum(p["right"] for p in pairs) if pairs else round(float(record.get("accuracy") or 0) * n)
        low, high = wilson(right, n)
        share = right / n if n else 0.0
        rows.append(
            [
                tag("th", tag("code", name), scope="row"),
                number(f"{right} of {n}"),
                number(words.percent(right / n if n else None), style=f"--share:{share:.3f}"),
                number(f"{words.percent(low)} to {words.percent(high)}"),
            ]
        )
    head = [
        "scorer",
        *(
            tag("th", h, scope="col", class_="n")
            for h in ("pairs in the right order", "accuracy", "95 % interval")
        ),
    ]
    return section(
        "gold",
        heading,
        note(
            "Pairs of captions of which people know the better one. A coin puts half of them in the right "
            "order. The interval is Wilson's."
        ),
        table(head, rows, "Accuracy on the gold pairs", class_="heat"),
        *(_wrong(name, pairs) for name, pairs, _ in scored),
    )


def _wrong(name: str, pairs: list[dict[str, Any]]) -> Safe | None:
    wrong = [p for p in pairs if not p["right"]]
    if not wrong:
        return None
    body = [
        [
            p["better"],
            number(words.fixed(p["better_score"])),
            tag("td", p["worse"]),
            number(words.fixed(p["worse_score"])),
        ]
        for p in wrong
    ]
    head = [
        "the better caption",
        tag("th", "score", scope="col", class_="n"),
        "the worse caption, put first",
        tag("th", "score", scope="col", class_="n"),
    ]
    summary = tag("summary", tag("code", name), f": {words.plural(len(wrong), 'pair')} ordered wrongly")
    return tag("details", summary, table(head, body, f"Pairs that {name} ordered wrongly"))


def _pairs(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The gold pairs of a scorer, whatever the words that its record uses for right and wrong."""
    pairs = record.get("pairs", record.get("answers", []))
    out = []
    for p in pairs if isinstance(pairs, list) else []:
        high, low = p.get("better_score"), p.get("worse_score")
        right = p.get("right", p.get("correct", high is not None and low is not None and high > low))
        out.append(
            {
                "better": p.get("better"),
                "worse": p.get("worse"),
                "better_score": high,
                "worse_score": low,
                "right": bool(right),
            }
        )
    return out


def wilson(right: int, n: int, z: float = 1.959964) -> tuple[float | None, float | None]:
    """Wilson's 95 % interval of a share (Wilson 1927)."""
    if n == 0:
        return None, None
    p, denominator = right / n, 1 + z * z / n
    middle = (p + z * z / (2 * n)) / denominator
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / denominator
    return max(0.0, middle - half), min(1.0, middle + half)
