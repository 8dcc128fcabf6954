"""How the arms learned: the section with the curves."""

from __future__ import annotations

from typing import Any

from outrider.report import lines, svg, words
from outrider.report.curves import SHARE, Curve, curve
from outrider.report.markup import Safe, data_island, tag
from outrider.report.parts import note, section
from outrider.report.read import Arm, Evidence

MOST_LINES = 60  # single seeds, beyond which they are hidden at first: more hide the means


def learning(e: Evidence) -> Safe:
    """Learning curves of every arm with bands and single seeds; the page's script toggles them."""
    found = [(arm, curve(e.runs[arm.name], "success", SHARE)) for arm in e.arms if arm.name in e.runs]
    title = "Learning curves, success over environment steps: " + "; ".join(
        f"{arm.name} ends at {words.fixed(c.last)}" for arm, c in found
    )
    many = sum(len(c.values) for _, c in found) > MOST_LINES
    look = {"type": "button", "class_": "toggle"}
    legend = [
        tag("button", svg.swatch(arm.slot), arm.name, data_arm=arm.slot, aria_pressed="true", **look)
        for arm, _ in found
    ]
    single = tag("button", "single seeds", data_seeds=True, aria_pressed="false" if many else "true", **look)
    thinned = [c for _, c in found if c.thinned]
    island = data_island({"arms": [_hover(arm, c) for arm, c in found]}, "curves")
    runs = {name: [{**run, "share": bonus_share(run)} for run in those] for name, those in e.runs.items()}
    more = [
        tag(
            "figure",
            tag("figcaption", label),
            lines.draw(others, f"{label} over environment steps", None, 170, seeds=False),
        )
        for other, label in OTHER_CURVES
        if (others := [(a, curve(runs[a.name], other)) for a in e.arms if a.name in runs]) and _any(others)
    ]
    return section(
        "learning",
        "How the arms learned",
        tag("div", *legend, single, class_="legend", role="group", aria_label="Arms and seeds to show"),
        tag(
            "div",
            lines.draw(found, title, SHARE),
            tag("div", class_="readout", hidden=True),
            class_="plot no-seeds" if many else "plot",
            id="learning-plot",
        ),
        note(
            "Success of the episodes that ended since the point before, over environment steps of a run. "
            "Thick: the mean of the seeds. Band: the pointwise 95 % interval of that mean (Gaffke’s, as in "
            f"the verdict). Thin: single seeds{', once their button is pressed' if many else ''}. Where no "
            "episode of a seed ended there is no value, and the mean is over the others.",
            *(f" Drawn with {len(c.steps)} of {c.recorded} recorded points." for c in thinned[:1]),
            *(f" In {arm.name}, no episode ever ended." for arm, c in found if c.last is None),
        ),
        _more(more) if more else None,
        island,
    )


def bonus_share(run: dict[str, Any]) -> list[float | None]:
    """What part of all that was paid was bonus, point by point, rewards counted without their sign.

    The reward a step is that of the episodes that ended; None where none did, or where nothing was paid.
    """
    told = zip(run.get("bonus") or [], run.get("return") or [], run.get("length") or [], strict=False)
    return [_share(*point) for point in told]


def _share(bonus: float, returned: float | None, length: float | None) -> float | None:
    if returned is None or not length:
        return None
    paid = abs(bonus) + abs(returned) / length
    return abs(bonus) / paid if paid else None


def _more(figures: list[Safe]) -> Safe:
    told = note("Thick: the mean of the seeds. Band: from the lowest to the highest seed.")
    return tag(
        "details",
        tag("summary", "Return, episode length, bonus and its share, entropy and situations"),
        told,
        tag("div", *figures, class_="small-multiples"),
    )


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


OTHER_CURVES = (
    ("return", "Return"),
    ("length", "Episode length, steps"),
    ("bonus", "Bonus a step"),
    ("share", "Bonus, as a share of bonus and reward"),
    ("entropy", "Policy entropy, nats"),
    ("situations", "Distinct situations so far"),
)
