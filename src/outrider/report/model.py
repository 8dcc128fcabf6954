"""What the language model was asked and said, and how far it can be believed."""

from __future__ import annotations

import math
from typing import Any

from outrider.report import charts, words
from outrider.report.markup import Safe, join, number, table, tag
from outrider.report.read import Asked, Evidence, asked
from outrider.report.results import note, section

MOST_ROWS = 2_500  # of captions on the page; the rest stays in answers.json


def answers(e: Evidence) -> Safe:
    """Every caption that an engine was asked about, with its weight; the treatment's engine first."""
    if not e.answers:
        return section(
            "model",
            "What the model said",
            note("There is no answers.json in this evidence: no engine's answers were recorded."),
        )
    first = e.treatment.engine
    names = sorted(e.answers, key=lambda name: name != first)
    main, others = names[0], names[1:]
    return section(
        "model",
        "What the model said",
        _engine(main, e, primary=True),
        *(
            tag(
                "details",
                tag("summary", tag("code", name), ": ", _summary(asked(e.answers[name]))),
                _engine(name, e),
            )
            for name in others
        ),
    )


def _engine(name: str, e: Evidence, primary: bool = False) -> Safe:
    record, rows = e.answers[name], asked(e.answers[name])
    weights = [row.weight for row in rows if row.weight is not None]
    used = [arm.name for arm in e.arms if arm.engine == name]
    about = [
        f"{key}: {value}"
        for key, value in record.items()
        if isinstance(value, (str, int, float)) and not isinstance(value, bool)
    ]
    if weights and len(rows) > 1 and len(set(weights)) == 1 and not any(row.parts for row in rows):
        return join([note(f"Every caption weighs {words.fixed(weights[0])}."), _abstained(rows)])
    paid = [w for w in weights if w > 0]
    parts = (
        ("with a weight above 0", len(paid), "paid"),
        ("with weight exactly 0", len(weights) - len(paid), "nil"),
        ("abstained", len(rows) - len(weights), "mute"),
    )
    drawing = (
        charts.histogram(
            paid, f"How the {words.plural(len(paid), 'weight')} above 0 by {name} spread from 0 to 1"
        )
        if paid
        else None
    )
    return join(
        [
            tag(
                "p",
                tag("code", name),
                f" in the arm {', '.join(used)}" if used else "",
                ": ",
                _summary(rows),
                class_="engine",
            ),
            note(" · ".join(about)) if about else None,
            charts.shares(parts, ", ".join(f"{n} {said}" for said, n, _ in parts)),
            drawing,
            note("How many captions have which weight, of those with a weight above 0.") if drawing else None,
            _abstained(rows),
            _captions(rows, name, primary),
        ]
    )


def _summary(rows: list[Asked]) -> str:
    paid = sum(row.weight is not None and row.weight > 0 for row in rows)
    silent = sum(row.weight is None for row in rows)
    return f"{words.plural(len(rows), 'caption')} asked, {words.count(paid)} given a weight above 0, {words.plural(silent, 'abstention')}."


def _abstained(rows: list[Asked]) -> Safe | None:
    reasons: dict[str, int] = {}
    for row in rows:
        if row.weight is None:
            reasons[row.abstention] = reasons.get(row.abstention, 0) + 1
    if not reasons:
        return None
    told = [
        tag("li", f"{words.count(n)} × {reason}")
        for reason, n in sorted(reasons.items(), key=lambda item: -item[1])
    ]
    return join([tag("p", "Abstentions, with their reasons:"), tag("ul", *told)])


def _captions(rows: list[Asked], name: str, primary: bool) -> Safe:
    """The table of captions, heaviest first; searched, filtered and sorted by the page's script."""
    parts = list(dict.fromkeys(part for row in rows for part in row.parts))
    ordered = sorted(rows, key=lambda row: (row.weight is None, -(row.weight or 0.0), row.caption))
    head = [
        _sorter("caption", "text"),
        _sorter("weight", "n"),
        *(_sorter(part.replace("_", " "), "n") for part in parts),
    ]
    body = [
        [
            row.caption,
            _weight(row),
            *(
                number(words.fixed(row.parts.get(part)), data_value=_plain(row.parts.get(part)))
                for part in parts
            ),
        ]
        for row in ordered[:MOST_ROWS]
    ]
    left = len(ordered) - len(body)
    controls = tag(
        "div",
        tag(
            "label",
            "Search ",
            tag("input", type="search", placeholder="key, door, television …", data_search=True),
        ),
        tag(
            "label",
            "Show ",
            tag(
                "select",
                *(
                    tag("option", label, value=value)
                    for value, label in (
                        ("all", "all"),
                        ("paid", "weight above 0"),
                        ("zero", "weight 0"),
                        ("none", "abstentions"),
                    )
                ),
                data_filter=True,
            ),
        ),
        tag("output", words.plural(len(body), "caption"), data_count=True),
        class_="controls",
    )
    return tag(
        "div",
        controls,
        table(head, body, f"Every caption that {name} was asked about", class_="captions"),
        note(f"{words.plural(left, 'caption')} more in answers.json, left out here to keep the page light.")
        if left
        else None,
        class_="asked tall" if primary else "asked tall secondary",
    )


def _sorter(label: str, kind: str) -> Safe:
    button = tag("button", label, type="button", class_="sorter")
    return tag("th", button, scope="col", aria_sort="none", class_=kind if kind == "n" else None)


def _weight(row: Asked) -> Safe:
    if row.weight is None:
        return number(tag("span", "abstained", class_="silent"), title=row.abstention, data_value="")
    return number(
        words.fixed(row.weight),
        data_value=_plain(row.weight),
        style=f"--share:{min(max(row.weight, 0), 1):.3f}",
    )


def _plain(value: float | None) -> str:
    """A number for the script that sorts."""
    return "" if value is None else f"{value:.6g}"


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
            "Pairs of captions of which people know the better one. A coin puts half of them in the right order. The interval is Wilson's."
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
