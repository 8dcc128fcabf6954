"""What the language model was asked and said, and how far it can be believed."""

from __future__ import annotations

from outrider.lm.registry import by_chance
from outrider.report import charts, words
from outrider.report.markup import Safe, join, number, table, tag
from outrider.report.parts import note, section
from outrider.report.read import Asked, Evidence, asked

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
    drawn = (
        note("It draws: the answers of the first seed are shown, every seed has its own.")
        if by_chance(name)
        else None
    )
    where = f" in the arm {', '.join(used)}" if used else ""
    return join(
        [
            tag("p", tag("code", name), where, ": ", _summary(rows), class_="engine") if primary else None,
            note(" · ".join(about)) if about else None,
            drawn,
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
    asked_, silent_ = words.plural(len(rows), "caption"), words.plural(silent, "abstention")
    return f"{asked_} asked, {words.count(paid)} given a weight above 0, {silent_}."


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
