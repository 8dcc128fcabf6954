"""What the runs say: the comparisons, every seed, and the time to solve."""

from __future__ import annotations

from typing import Any

from outrider.report import charts, words
from outrider.report.curves import SHARE, score
from outrider.report.markup import Safe, number, table, tag
from outrider.report.parts import arm_label, note, right, section
from outrider.report.read import Arm, Evidence
from outrider.verify.metrics import of_one_run

SIGNS = {"better": "▲", "worse": "▼", "equal": "=", "not-better": "≯", "unclear": "?"}


def comparisons(e: Evidence) -> Safe:
    """Every comparison: effect, interval, adjusted p and outcome, drawn and as a table."""
    rows, smallest = e.verdict.get("comparisons") or [], e.plan.smallest_effect
    if not rows:
        return section("comparisons", "The comparisons", note("The verdict holds no comparison."))
    arms = {arm.name: arm for arm in e.arms}
    treatment, metric = e.treatment.name, e.plan.metric.replace("_", " ")
    numbers = ("difference", "interval", "p of “no better”", f"p of “better by {smallest:g}”", "pairs")
    head = ["against", "outcome", *(right(name) for name in numbers)]
    said = [tag("li", c["words"]) for c in rows if c.get("words")]
    return section(
        "comparisons",
        "The comparisons",
        note(
            f"Each line is {treatment} minus another arm in {metric}, from paired seeds: the mark is the "
            f"mean difference, the bar its {words.percent(1 - e.plan.alpha)} interval. Right of zero, "
            f"{treatment} did better. "
            f"Inside the shaded band (±{smallest:g}) a difference is too small to matter."
        ),
        charts.forest(rows, treatment, smallest),
        table(head, [_comparison(c, arms) for c in rows], "Every comparison of the plan"),
        note(
            "Both p values are adjusted (Holm) for the number of comparisons, so that the chance of one "
            f"false finding stays below {e.plan.alpha:g} for each of the two questions. A small first p speaks "
            "for the claim, a small second one against it."
        ),
        tag("details", tag("summary", "Why, comparison by comparison"), tag("ul", *said)) if said else None,
    )


def _comparison(c: dict[str, Any], arms: dict[str, Arm]) -> list[object]:
    n, missing = c.get("n"), c.get("missing")
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
        number(f"{words.count(n)} of {n + missing}" if n is not None and missing else words.count(n)),
    ]


def outcome(c: dict[str, Any]) -> Safe:
    """The outcome as a sign and words: what is known about the two arms, and what that does to the claim."""
    relation, result = str(c.get("relation") or "unclear"), str(c.get("outcome") or "not said")
    sign = tag("span", SIGNS.get(relation, "?"), aria_hidden="true", class_="sign")
    return tag("span", sign, f" {relation.replace('-', ' ')}, {result}", class_=f"outcome is-{result}")


def seeds(e: Evidence) -> Safe:
    """The final score of every seed."""
    metric = of_one_run(e.plan.metric)
    scores = [
        (arm, {run["seed"]: score(run, metric) for run in e.runs[arm.name]})
        for arm in e.arms
        if arm.name in e.runs
    ]
    head = ["seed", *(right(arm.name) for arm, _ in scores)]
    every = sorted({seed for _, row in scores for seed in row})
    body = [[seed, *(number(words.fixed(row.get(seed), 3)) for _, row in scores)] for seed in every]
    return section(
        "seeds",
        "Every seed",
        note(
            f"Each mark is one run's {metric.replace('_', ' ')}; the upright line is the arm's mean. A "
            f"hairline joins the runs that began from the same seed."
        ),
        charts.strip(scores, metric, SHARE),
        tag(
            "details",
            tag("summary", "The same as a table"),
            table(head, body, f"{metric.replace('_', ' ')} of every seed and arm"),
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
        pips = "●" * int(solved or 0) + "○" * (int(n or 0) - int(solved or 0)) if int(n or 0) <= 20 else ""
        dots = tag("span", pips, class_="pips", aria_hidden="true")
        body.append(
            [
                arm_label(arm, arm.name),
                tag("td", f"{words.count(solved)} of {words.count(n)} ", dots),
                number(words.short(row.get("median_steps_to_solve"))),
                number(words.fixed(row.get("mean"))),
                number(words.span(row.get("low"), row.get("high"))),
            ]
        )
    numbers = ("median steps to solve", "mean score", "interval of the mean")
    head = ["arm", "seeds that solved it", *(right(name) for name in numbers)]
    rule = e.verdict.get("solved_means")
    said = f"Solved means that {rule}. " if rule else ""
    return section(
        "solving",
        "Time to solve",
        table(head, body, "Seeds solved and steps needed"),
        note(said, "Without a median: half of the seeds or more never got there."),
    )
