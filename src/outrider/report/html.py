"""The report: one page from one evidence folder, that opens with no network."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from outrider.files import write_file
from outrider.report import doings, frontier, gold, learning, model, record, results, tuned, words
from outrider.report.markup import Safe, join, tag
from outrider.report.read import Evidence, load

BADGES = {"supported": "✓", "refuted": "✕", "inconclusive": "?"}
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
CONTENTS = (
    ("comparisons", "comparisons"),
    ("learning", "learning"),
    ("seeds", "seeds"),
    ("solving", "time to solve"),
    ("doings", "what they did"),
    ("frontier", "how far they got"),
    ("film", "film"),
    ("model", "the model"),
    ("gold", "its judgement"),
    ("costs", "costs"),
    ("plan", "plan"),
    ("tuned", "tuning"),
    ("environment", "machine"),
    ("again", "again"),
)


def render(folder: str | Path) -> Path:
    """Write `report.html` into an evidence folder, whole or not at all, and return its path.

    The same evidence gives the same page, byte for byte. Raises OutriderError where it cannot be read.
    """
    folder = Path(folder)
    target = folder / "report.html"
    write_file(target, page(load(folder)))
    return target


def page(e: Evidence) -> str:
    """The page as text: the verdict first, then what it rests on, then how to check it."""
    verdict = str(e.verdict.get("verdict", "inconclusive"))
    title = f"{verdict.capitalize()}: {e.plan.sentence}"
    body = join(
        [
            head(e, verdict),
            tag(
                "main",
                results.comparisons(e),
                learning.learning(e),
                results.seeds(e),
                results.solving(e),
                doings.doings(e),
                frontier.frontier(e),
                record.film(e),
                model.answers(e),
                gold.gold(e),
                record.costs(e),
                record.plan(e),
                tuned.tuned(e),
                record.environment(e),
                record.again(e),
            ),
            tag(
                "footer",
                tag(
                    "p",
                    "Made by Outrider from the evidence folder of ",
                    tag("code", e.plan.id),
                    ". Language models scout, agents learn, statistics judge.",
                ),
            ),
        ]
    )
    meta = join(
        [
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag(
                "meta",
                http_equiv="Content-Security-Policy",
                content=POLICY,
            ),
            tag("title", title),
            tag("style", Safe(_asset("style.css"))),
        ]
    )
    script = tag("script", Safe(_asset("report.js")))
    return f"<!doctype html>\n{tag('html', tag('head', meta), tag('body', body, script), lang='en')}\n"


def head(e: Evidence, verdict: str) -> Safe:
    """The claim with its verdict, what follows from it in plain words, and the study in five numbers."""
    known = verdict if verdict in BADGES else "inconclusive"
    badge = tag(
        "span",
        tag("span", BADGES[known], aria_hidden="true", class_="sign"),
        verdict.capitalize(),
        class_=f"badge {known}",
    )
    links = [tag("a", label, href=f"#{name}") for name, label in CONTENTS if name != "tuned" or e.plan.tuning]
    return tag(
        "header",
        tag("p", "Outrider · ", tag("code", e.plan.id), " · ", tag("code", e.plan.world), class_="over"),
        tag(
            "h1",
            badge,
            tag("span", ": ", class_="only-read"),
            tag("span", e.plan.sentence, class_="sentence"),
        ),
        tag("p", e.verdict["headline"], class_="headline") if e.verdict.get("headline") else None,
        tag(
            "dl",
            *(tag("div", tag("dt", name), tag("dd", value)) for name, value in figures(e)),
            class_="figures-row",
        ),
        tag("nav", *links, aria_label="Sections"),
    )


def figures(e: Evidence) -> list[tuple[str, str]]:
    """The study in a few numbers; those that the evidence does not hold are left out."""
    runs = sum(len(runs) for runs in e.runs.values())
    found = [("paired seeds", f"{e.plan.seeds} × {words.plural(len(e.arms), 'arm')}")]
    found.append(
        ("environment steps", f"{words.short(e.plan.steps)} a run, {words.short(e.plan.steps * runs)} in all")
    )
    total = record.total_cost(e)
    if total.seconds is not None:
        found.append(("time", words.duration(total.seconds)))
    if total.tokens is not None:
        found.append(
            (
                "language model",
                f"{words.short(total.tokens)} tokens, answered in {words.duration(total.answering)}",
            )
        )
    return found


def _asset(name: str) -> str:
    return files("outrider.report").joinpath(name).read_text(encoding="utf-8")
