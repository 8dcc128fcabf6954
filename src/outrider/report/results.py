"""What the runs say: the sections from the comparisons to what the agents did."""

from __future__ import annotations

import functools
from typing import Any

from outrider.report import charts, svg, words
from outrider.report.curves import Curve, curve, score
from outrider.report.markup import Safe, data_island, number, table, tag
from outrider.report.read import Arm, Evidence

TELEVISION = "The television shows "  # how every caption of a television world's irrelevant events begins
SHOWN_EVENTS = 12
SHARE = (0.0, 1.0)  # the ends that a share, as success is, cannot pass
SIGNS = {"better": "▲", "worse": "▼", "equal": "=", "not-better": "≯", "unclear": "?"}
OTHER_CURVES = (
    ("return", "Return"),
    ("length", "Episode length, steps"),
    ("bonus", "Bonus a step"),
    ("entropy", "Policy entropy, nats"),
)


def section(name: str, heading: str, *children: object) -> Safe:
    """A section with its heading and a name to link to."""
    return tag("section", tag("h2", heading, id=name), *children, aria_labelledby=name)


def note(*children: object) -> Safe:
    """A quiet sentence on how to read what stands above or below."""
    return tag("p", *children, class_="note")


def arm_label(arm: Arm | None, name: str) -> Safe:
    """An arm's name beside its line and marker."""
    return tag("span", svg.swatch(arm.slot) if arm else None, name, class_="arm-name")


def comparisons(e: Evidence) -> Safe:
    """Every comparison: effect, interval, adjusted p and outcome, drawn and as a table."""
    rows, smallest = e.verdict.get("comparisons") or [], e.plan.smallest_effect
    if not rows:
        return section("comparisons", "The comparisons", note("The verdict holds no comparison."))
    arms = {arm.name: arm for arm in e.arms}
    treatment, metric = e.treatment.name, e.plan.metric.replace("_", " ")
    head = [
        "against",
        "outcome",
        *(
            _right(h)
            for h in ("difference", "interval", "p of “no better”", f"p of “better by {smallest:g}”", "pairs")
        ),
    ]
    said = [tag("li", c["words"]) for c in rows if c.get("words")]
    return section(
        "comparisons",
        "The comparisons",
        note(
            f"Each line is {treatment} minus another arm in {metric}, from paired seeds: the mark is the mean difference, "
            f"the bar its {1 - e.plan.alpha:.0%} interval. Right of zero, {treatment} did better. "
            f"Inside the shaded band (±{smallest:g}) a difference is too small to matter."
        ),
        charts.forest(rows, arms, treatment, smallest),
        tag("ul", *said, class_="said") if said else None,
        table(head, [_comparison(c, arms, e.plan.seeds) for c in rows], "Every comparison of the plan"),
        note(
            "Both p values are adjusted (Holm) for the number of comparisons, so that the chance of one false finding anywhere in the "
            f"table stays below {e.plan.alpha:g}. A small first p speaks for the claim, a small second one against it."
        ),
    )


def _comparison(c: dict[str, Any], arms: dict[str, Arm], seeds: int) -> list[object]:
    n = c.get("n")
    return [
        arm_label(arms.get(c["against"]), c["against"]),
        tag("td", outcome(c)),
        number(words.signed(c.get("difference"))),
        number(words.interval(c.get("low"), c.get("high"))),
        number(
            words.probability(c.get("p_adjusted")),
            title=f"before adjustment: {words.probability(c.get('p'))}",
        ),
        number(
            words.probability(c.get("p_refuting_adjusted")),
            title=f"before adjustment: {words.probability(c.get('p_refuting'))}",
        ),
        number(words.count(n) if n == seeds else f"{words.count(n)} of {seeds}"),
    ]


def outcome(c: dict[str, Any]) -> Safe:
    """The outcome of a comparison as a sign and words: what is known about the two arms, and what it does to the claim."""
    relation, result = str(c.get("relation") or "unclear"), str(c.get("outcome") or "not said")
    sign = tag("span", SIGNS.get(relation, "?"), aria_hidden="true", class_="sign")
    return tag("span", sign, f" {relation.replace('-', ' ')}, {result}", class_=f"outcome is-{result}")


def learning(e: Evidence) -> Safe:
    """Learning curves of every arm with intervals and single seeds; toggled and read out by the page's script."""
    found = [(arm, curve(e.runs[arm.name], "success", SHARE)) for arm in e.arms if arm.name in e.runs]
    title = "Learning curves, success over environment steps: " + "; ".join(
        f"{arm.name} ends at {words.fixed(c.last)}" for arm, c in found
    )
    legend = [
        tag(
            "button",
            svg.swatch(arm.slot),
            arm.name,
            type="button",
            aria_pressed="true",
            data_arm=arm.slot,
            class_="toggle",
        )
        for arm, _ in found
    ]
    single = tag(
        "button", "single seeds", type="button", aria_pressed="true", data_seeds=True, class_="toggle"
    )
    thinned = [c for _, c in found if c.thinned]
    island = data_island({"arms": [_hover(arm, c) for arm, c in found]}, "curves")
    more = [
        tag(
            "figure",
            tag("figcaption", label),
            charts.learning(others, f"{label} over environment steps", None, 170, seeds=False),
        )
        for other, label in OTHER_CURVES
        if (others := [(a, curve(e.runs[a.name], other)) for a in e.arms if a.name in e.runs])
        and _any(others)
    ]
    return section(
        "learning",
        "How the arms learned",
        tag("div", *legend, single, class_="legend", role="group", aria_label="Arms and seeds to show"),
        tag(
            "div",
            charts.learning(found, title, SHARE),
            tag("div", class_="readout", hidden=True),
            class_="plot",
            id="learning-plot",
        ),
        note(
            "Success of the episodes that ended since the point before, over environment steps of a run. Thick: the mean of the seeds. "
            "Band: the pointwise 95 % interval of that mean (Gaffke’s, as in the verdict). Thin: single seeds. Where no episode of a "
            "seed ended there is no value, and the mean is over the others.",
            f" Drawn with {len(thinned[0].steps)} of {thinned[0].recorded} recorded points."
            if thinned
            else None,
        ),
        _more(more) if more else None,
        island,
    )


def _more(figures: list[Safe]) -> Safe:
    told = note("Thick: the mean of the seeds. Band: from the lowest to the highest seed.")
    return tag(
        "details",
        tag("summary", "Return, episode length, bonus and entropy"),
        told,
        tag("div", *figures, class_="small-multiples"),
    )


def seeds(e: Evidence) -> Safe:
    """The final score of every seed."""
    metric = e.plan.metric
    scores = [
        (arm, {run["seed"]: score(run, metric) for run in e.runs[arm.name]})
        for arm in e.arms
        if arm.name in e.runs
    ]
    head = ["seed", *(_right(arm.name) for arm, _ in scores)]
    every = sorted({seed for _, row in scores for seed in row})
    body = [[seed, *(number(words.fixed(row.get(seed), 3)) for _, row in scores)] for seed in every]
    return section(
        "seeds",
        "Every seed",
        note(
            f"Each mark is one run's {metric.replace('_', ' ')}; the upright line is the arm's mean. A hairline joins the runs that began from the same seed."
        ),
        charts.strip(scores, metric, SHARE),
        tag(
            "details",
            tag("summary", "The same as a table"),
            table(head, body, f"{metric} of every seed and arm"),
        ),
    )


def solving(e: Evidence) -> Safe:
    """How many seeds of each arm solved the world, and after how many steps."""
    by_name = {row.get("arm"): row for row in e.verdict.get("arms") or []}
    if not by_name:
        return section("solving", "Time to solve", note("The verdict holds no line per arm."))
    body = []
    for arm in e.arms:
        row = by_name.get(arm.name, {})
        solved, n = row.get("solved"), row.get("seeds")
        dots = (
            tag(
                "span",
                "●" * int(solved or 0) + "○" * (int(n or 0) - int(solved or 0)),
                class_="pips",
                aria_hidden="true",
            )
            if n and n <= 20
            else None
        )
        body.append(
            [
                arm_label(arm, arm.name),
                tag("td", f"{words.count(solved)} of {words.count(n)} ", dots),
                number(words.short(row.get("median_steps_to_solve"))),
                number(words.fixed(row.get("mean"))),
                number(words.span(row.get("low"), row.get("high"))),
            ]
        )
    head = [
        "arm",
        "seeds that solved it",
        _right("median steps to solve"),
        _right("mean score"),
        _right("interval of the mean"),
    ]
    rule = e.verdict.get("solved_means")
    said = f"Solved means that {rule}. " if rule else ""
    return section(
        "solving",
        "Time to solve",
        table(head, body, "Seeds solved and steps needed"),
        note(said, "Without a median: half of the seeds or more never got there."),
    )


def doings(e: Evidence) -> Safe:
    """What the agents did: the most frequent events of every arm, and how much of it was television."""
    totals = {arm.name: _events(e.runs.get(arm.name, [])) for arm in e.arms}
    sums = {name: sum(events.values()) for name, events in totals.items()}
    if not any(sums.values()):
        return section("doings", "What the agents did", note("The runs record no events."))
    merged = {name: _merge_television(events) for name, events in totals.items()}
    score = {
        event: max(merged[n].get(event, 0) / (sums[n] or 1) for n in merged)
        for event in {k for m in merged.values() for k in m}
    }
    top = sorted(score, key=lambda event: (-score[event], event))[:SHOWN_EVENTS]
    head = ["event", *(_right(arm.name) for arm in e.arms)]
    body = [
        [_event_name(event), *(_share(merged[arm.name].get(event, 0), sums[arm.name]) for arm in e.arms)]
        for event in top
    ]
    trapped = any(TELEVISION in m for m in merged.values())
    bars = (
        [_bar(arm, merged[arm.name].get(TELEVISION, 0), sums[arm.name]) for arm in e.arms] if trapped else []
    )
    return section(
        "doings",
        "What the agents did",
        tag("div", *bars, class_="bars") if bars else None,
        note(
            "The share of television among an arm's recorded events. An agent that is paid for novelty alone finds endless novelty there."
        )
        if bars
        else None,
        table(
            head,
            body,
            "The most frequent events, as shares of the recorded events of each arm",
            class_="heat",
        ),
        note(
            "Shares are of the events that the runs record (the 50 most frequent of each run), over the whole of training."
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


def _events(runs: list[dict[str, Any]]) -> dict[str, int]:
    def add(total: dict[str, int], run: dict[str, Any]) -> dict[str, int]:
        return total | {event: total.get(event, 0) + n for event, n in (run.get("events") or {}).items()}

    return functools.reduce(add, runs, {})


def _merge_television(events: dict[str, int]) -> dict[str, int]:
    shown = sum(n for event, n in events.items() if event.startswith(TELEVISION))
    rest = {event: n for event, n in events.items() if not event.startswith(TELEVISION)}
    return rest | ({TELEVISION: shown} if shown else {})


def _any(curves: list[tuple[Arm, Curve]]) -> bool:
    return any((c.n > 0).any() for _, c in curves)


def _hover(arm: Arm, c: Curve) -> dict[str, Any]:
    def rounded(values: Any) -> list[float | None]:
        return [None if v != v else round(float(v), 3) for v in values]

    return {
        "name": arm.name,
        "slot": arm.slot,
        "steps": [int(s) for s in c.steps],
        "mean": rounded(c.mean),
        "low": rounded(c.low),
        "high": rounded(c.high),
        "n": c.n.tolist(),
    }


def _right(heading: str) -> Safe:
    return tag("th", heading, scope="col", class_="n")
