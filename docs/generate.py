"""Fills what README and docs take from files: code, tables, measurements, pictures. Nothing of it is typed.

    python docs/generate.py            # says what is out of step with its file, and fails
    python docs/generate.py --write    # brings it in step

A block in a page is `<!-- KIND:WHAT:begin -->`, what was generated, `<!-- KIND:end -->`. Kinds:

    code:PATH::SYMBOL                   a function or class of a Python file (`Class.method` for a method)
    code:PATH::SYMBOL "FROM" to "TO"    the lines of it from the first that contains FROM to the next with TO,
                                        and on to where brackets close
    bench:NAME                          benchmarks/results/NAME.json as a table
    worlds:all                          the table of worlds
    worlds:kinds                        a row for each kind of world
    coverage:all                        benchmarks/results/caption_coverage.json as a chart and a table
    picture:CLAIM                       learning curves and film of a claim, from its evidence
    sweep:NAME                          the table of sweeps/NAME/record.json
    board:all                           the claims board, for pages beside README (`outrider claims` fills that)
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
COVERAGE = ROOT / "docs" / "pictures" / "caption-coverage.svg"
SCORES = ROOT / "src" / "outrider" / "worlds" / "scores.json"
sys.path.insert(0, str(Path(__file__).parent))

from coverage import coverage_chart  # noqa: E402
from picture import learning_curves  # noqa: E402

from outrider.report.board import readme_table  # noqa: E402
from outrider.sweep.record import table as sweep_table  # noqa: E402
from outrider.worlds import listing  # noqa: E402
from outrider.worlds.names import FAMILIES, WORLDS  # noqa: E402

BLOCK = re.compile(
    r"(<!-- (?P<kind>code|bench|worlds|coverage|picture|board|sweep):(?P<what>[^\n]+?):begin -->\n)"
    r".*?(<!-- (?P=kind):end -->)",
    re.DOTALL,
)
MANY = 5  # options of one name that are still listed one by one
EXCERPT = re.compile(r'(?P<path>[^:]+)::(?P<symbol>[\w.]+)(?: "(?P<start>.+)" to "(?P<end>.+)")?')


def pages() -> list[Path]:
    """Every page that may hold blocks."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def filled(page: Path) -> str:
    """The text of a page with every block generated anew."""

    def fill(found: re.Match[str]) -> str:
        try:
            body = KINDS[found["kind"]](found["what"], page)
        except (LookupError, OSError, ValueError) as error:
            raise SystemExit(f"{page.relative_to(ROOT)}: {found['kind']}:{found['what']}: {error}") from error
        return f"{found[1]}{body.rstrip()}\n{found[4]}"

    return BLOCK.sub(fill, page.read_text(encoding="utf-8"))


def code(what: str, page: Path) -> str:
    """An excerpt as a fenced block, dedented, with the file that it is from."""
    asked = EXCERPT.fullmatch(what)
    if not asked:
        raise ValueError('write PATH::SYMBOL or PATH::SYMBOL "FROM" to "TO"')
    text = (ROOT / asked["path"]).read_text(encoding="utf-8")
    lines = text.splitlines()[slice(*_span_of(ast.parse(text), asked["symbol"]))]
    if asked["start"]:
        first = next((i for i, line in enumerate(lines) if asked["start"] in line), None)
        if first is None:
            raise LookupError(f"no line contains {asked['start']!r}")
        last = next((i for i in range(first, len(lines)) if asked["end"] in lines[i]), None)
        if last is None:
            raise LookupError(f"no line after it contains {asked['end']!r}")
        while _unclosed(lines[first : last + 1]):
            last += 1
        lines = lines[first : last + 1]
    source = os.path.relpath(ROOT / asked["path"], page.parent)
    told = f"`{asked['path']}`, `{asked['symbol']}`"
    label = f"[{told}]({source})" if page.parent == ROOT else told
    return f"{label}\n\n```python\n{textwrap.dedent(chr(10).join(lines))}\n```"


def _unclosed(lines: list[str]) -> bool:
    text = "".join(lines)
    return sum(text.count(c) for c in "([{") > sum(text.count(c) for c in ")]}")


def _span_of(tree: ast.AST, symbol: str) -> tuple[int, int]:
    """First and last line of a function or class; decorators belong to it."""
    node: Any = tree
    for name in symbol.split("."):
        found = [child for child in ast.walk(node) if getattr(child, "name", None) == name]
        if not found:
            raise LookupError(f"no {symbol!r} in that file")
        node = found[0]
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    return first - 1, node.end_lineno


def bench(what: str, page: Path) -> str:
    """A measurement: what was measured, a table, and where."""
    result = ROOT / "benchmarks" / "results" / f"{what}.json"
    if not result.exists():
        return "Not measured yet."
    measured = json.loads(result.read_text(encoding="utf-8"))
    return _table(measured)


def _table(measured: dict[str, Any]) -> str:
    rows = measured["rows"]
    columns = list(rows[0])
    return "\n".join(
        [
            f"{measured['what']}\n",
            f"| {' | '.join(columns)} |",
            f"| {' | '.join('---' if isinstance(rows[0][c], str) else '---:' for c in columns)} |",
            *(f"| {' | '.join(_cell(row[c]) for c in columns)} |" for row in rows),
            f"\nMeasured on {_where(measured)} by `{measured['command']}`.",
        ]
    )


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def sweep(what: str, page: Path) -> str:
    """A sweep's candidates, and what was chosen beside the present settings."""
    record = ROOT / "sweeps" / what / "record.json"
    return sweep_table(json.loads(record.read_text(encoding="utf-8"))) if record.exists() else "Not run yet."


def worlds(what: str, page: Path) -> str:
    """The table of worlds: all that a plan can name, or a row for each kind."""
    return _kinds_of_worlds() if what == "kinds" else _all_worlds()


def _all_worlds() -> str:
    rates = _result("world_rates") or {"rows": []}
    measured = {row["world"]: row for row in rates["rows"]}
    rows = []
    for name, facts in WORLDS.items():
        row = measured.get(name, {})
        rate = row.get("random steps a second")
        scores = "<br>".join(
            f"{one.name} {one.score:.4g} ({_source(one.source)})" for one in facts.references
        )
        options = _told(listing.options(name))
        rows.append(
            f"| `{name}` | {facts.description} | {facts.mission} | {row.get('sees', '-')} "
            f"| {row.get('actions', len(facts.actions) or '-')} | {facts.horizon:,} | {listing.captions(name):,} "
            f"| {f'{rate:,.0f}' if rate else '-'} | {scores} | {options} |"
        )
    head = "| world | what to do | mission | sees | actions | longest episode, steps | captions | random steps/s "
    where = f"\n\nRates: {rates['what']} Measured on {_where(rates)}." if rates["rows"] else ""
    return (
        "\n".join(
            [
                head + "| scores, with their source | options, with all events |",
                "| --- | --- | --- | --- | ---: | ---: | ---: | ---: | --- | --- |",
                *rows,
            ]
        )
        + where
    )


def _kinds_of_worlds() -> str:
    rows = []
    for kind, names in listing.kinds().items():
        facts = WORLDS[names[0]]
        captions = sorted({listing.captions(name) for name in names})
        horizons = sorted({WORLDS[name].horizon for name in names})
        sizes = ", ".join(name.removeprefix(kind).lstrip("-") for name in names) if len(names) > 1 else ""
        rows.append(
            f"| `{kind if len(names) > 1 else names[0]}` | {sizes} | {facts.description} | {_span(horizons)} "
            f"| {_span(captions)} |"
        )
    head = "| world | sizes | what to do, in the first | longest episode, steps | captions |"
    families = [f"{name}: {_offered(family.options)}." for name, family in FAMILIES.items() if family.options]
    return "\n".join(
        [
            head,
            "| --- | --- | --- | ---: | ---: |",
            *rows,
            "",
            "Options, behind the name. " + " ".join(families),
        ]
    )


def _offered(options: Mapping[str, str]) -> str:
    """Options by name, with their values where these are few."""
    groups: dict[str, list[str]] = {}
    for option in options:
        groups.setdefault(option.partition("=")[0], []).append(option)
    return ", ".join(
        f"`+{name}=...` ({len(group)} of them)" if len(group) > MANY else ", ".join(f"`+{o}`" for o in group)
        for name, group in groups.items()
    )


def _told(options: dict[str, int]) -> str:
    """Options with the events that a world then tells apart; those of one name as one where they are many."""
    groups: dict[str, list[tuple[str, int]]] = {}
    for option, events in options.items():
        groups.setdefault(option.partition("=")[0], []).append((option, events))
    return ", ".join(
        f"`+{name}=...` ({len(group)} of them) {max(events for _, events in group):,}"
        if len(group) > MANY
        else ", ".join(f"`+{option}` {events:,}" for option, events in group)
        for name, group in groups.items()
    )


def _span(numbers: list[int]) -> str:
    return f"{numbers[0]:,}" if len(numbers) == 1 else f"{numbers[0]:,} to {numbers[-1]:,}"


def _source(source: str) -> str:
    return f"[source]({source})" if source.startswith("http") else source


def _where(measured: dict[str, Any]) -> str:
    machine = measured["machine"]
    return machine if isinstance(machine, str) else f"{machine['cores']} cores of {machine['processor']}"


def _result(name: str) -> dict[str, Any] | None:
    path = ROOT / "benchmarks" / "results" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def coverage(what: str, page: Path) -> str:
    """Which captions are seen: the chart, and the table."""
    if not (measured := _result("caption_coverage")):
        return "Not measured yet."
    drawn = os.path.relpath(COVERAGE, page.parent)
    return f"![Distinct situations over steps, for each world and policy]({drawn})\n\n{_table(measured)}"


def picture(what: str, page: Path) -> str:
    """Learning curves and film of a claim; nothing where there is no evidence yet."""
    evidence = ROOT / "claims" / what / "evidence"
    if not (evidence / "verdict.json").exists():
        return "*(The demo's learning curves stand here once its evidence is in the repository.)*"
    drawn = os.path.relpath(_picture_path(what), page.parent)
    told = f"![Learning curves of every arm of {what}, mean over the seeds with its interval]({drawn})"
    if page.parent == ROOT and (evidence / "watch.gif").exists():
        film = os.path.relpath(evidence / "watch.gif", page.parent)
        told += f"\n\n![An episode of the trained agent, captions and bonuses drawn in]({film})"
    return told


def _picture_path(claim: str) -> Path:
    return ROOT / "docs" / "pictures" / f"{claim}.svg"


def board(what: str, page: Path) -> str:
    """The claims board."""
    return readme_table(ROOT / "claims", os.path.relpath(ROOT / "docs" / "claims", page.parent))


KINDS = {
    "code": code,
    "bench": bench,
    "worlds": worlds,
    "coverage": coverage,
    "picture": picture,
    "board": board,
    "sweep": sweep,
}


def _for_package(measured: dict[str, Any]) -> str:
    """What `outrider worlds` reads of the rates where no benchmarks are."""
    found = {
        row["world"]: {
            "observation": row["sees"],
            "actions": row["actions"],
            "rate": row["random steps a second"],
        }
        for row in measured["rows"]
    }
    return json.dumps({"machine": _where(measured), "worlds": found}, indent=1) + "\n"


def _scores(chance: dict[str, Any] | None, shortest: dict[str, Any] | None) -> str:
    """The references that benchmarks measured, for the facts of worlds where no benchmarks are."""
    rows = chance["rows"] if chance else []
    random = {row["world"]: row["mean return"] for row in rows}
    random |= {
        f"{row['world']}+only={goal}": share
        for row in rows
        for goal, share in row.get("achieved", {}).items()
    }
    best = {row["world"]: row["mean return"] for row in (shortest["rows"] if shortest else [])}
    return json.dumps({"random": random, "shortest": best}, indent=1) + "\n"


def wanted() -> dict[Path, str]:
    """Every generated file with the text it should have."""
    texts = {page: filled(page) for page in pages()}
    for verdict in sorted(ROOT.glob("claims/*/evidence/verdict.json")):
        claim = verdict.parents[1]
        texts[_picture_path(claim.name)] = learning_curves(claim / "evidence")
    if measured := _result("caption_coverage"):
        texts[COVERAGE] = coverage_chart(measured["rows"])
    if measured := _result("world_rates"):
        texts[ROOT / "src" / "outrider" / "worlds" / "measured.json"] = _for_package(measured)
    scores = _scores(_result("random_scores"), _result("shortest_ways"))
    texts[SCORES] = scores
    return texts


def main(arguments: list[str]) -> int:
    """Write what is out of step, or say what is."""
    drifted = {p: t for p, t in wanted().items() if not p.exists() or p.read_text(encoding="utf-8") != t}
    for path, text in drifted.items():
        print(f"{'written' if '--write' in arguments else 'out of step'}: {path.relative_to(ROOT)}")
        if "--write" in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if SCORES in drifted and "--write" in arguments:
        return subprocess.call([sys.executable, __file__, *arguments])  # once more: pages tell the new scores
    if drifted and "--write" not in arguments:
        print("run `make sync`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
