"""Fills what README and docs take from files: code, tables, measurements, pictures. Nothing of it is typed.

    python docs/generate.py            # says what is out of step with its file, and fails
    python docs/generate.py --write    # brings it in step

A block in a page is `<!-- KIND:WHAT:begin -->`, what was generated, `<!-- KIND:end -->`. Kinds:

    code:PATH::SYMBOL                   a function or class of a Python file (`Class.method` for a method)
    code:PATH::SYMBOL "FROM" to "TO"    the lines of it from the first that contains FROM to the next with TO,
                                        and on to where brackets close
    bench:NAME                          benchmarks/results/NAME.json as a table
    worlds:all                          the table of worlds; worlds:options and worlds:scores beside it
    worlds:kinds                        a row for each kind of world
    coverage:all                        benchmarks/results/caption_coverage.json as a chart and a table
    picture:CLAIM                       learning curves and film of a claim, from its evidence
    sweep:NAME                          the table of sweeps/NAME/record.json
    board:all                           the claims board, for pages beside README (`outrider claims` fills that)
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from coverage import coverage_chart, of_each_kind
from picture import learning_curves
from tables import ROOT, bench, for_package, result, scores_for_package, sweep, table, worlds

from outrider.errors import OutriderError
from outrider.report.board import readme_table

COVERAGE = ROOT / "docs" / "pictures" / "caption-coverage.svg"
SCORES = ROOT / "src" / "outrider" / "worlds" / "scores.json"
BLOCK = re.compile(
    r"(<!-- (?P<kind>code|bench|worlds|coverage|picture|board|sweep):(?P<what>[^\n]+?):begin -->\n)"
    r".*?(<!-- (?P=kind):end -->)",
    re.DOTALL,
)
EXCERPT = re.compile(r'(?P<path>[^:]+)::(?P<symbol>[\w.]+)(?: "(?P<start>.+)" to "(?P<end>.+)")?')


def pages() -> list[Path]:
    """Every page that may hold blocks."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def filled(page: Path) -> str:
    """The text of a page with every block generated anew."""

    def fill(found: re.Match[str]) -> str:
        try:
            body = KINDS[found["kind"]](found["what"], page)
        except (LookupError, OSError, ValueError, OutriderError) as error:
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


def coverage(what: str, page: Path) -> str:
    """Which captions are seen: the chart, and the table."""
    if not (measured := result("caption_coverage")):
        return "Not measured yet."
    drawn = os.path.relpath(COVERAGE, page.parent)
    told = "Distinct situations over steps, for one world of each kind, by chance and trained"
    return f"![{told}]({drawn})\n\n{table(measured)}"


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
    return readme_table(ROOT / "claims", os.path.relpath(ROOT / "claims", page.parent))


KINDS = {
    "code": code,
    "bench": bench,
    "worlds": worlds,
    "coverage": coverage,
    "picture": picture,
    "board": board,
    "sweep": sweep,
}


def wanted() -> dict[Path, str]:
    """Every generated file with the text it should have."""
    texts = {page: filled(page) for page in pages()}
    for verdict in sorted(ROOT.glob("claims/*/evidence/verdict.json")):
        claim = verdict.parents[1]
        texts[_picture_path(claim.name)] = learning_curves(claim / "evidence")
    if measured := result("caption_coverage"):
        texts[COVERAGE] = coverage_chart(of_each_kind(measured["rows"]))
    if measured := result("world_rates"):
        texts[ROOT / "src" / "outrider" / "worlds" / "measured.json"] = for_package(measured)
    texts[SCORES] = scores_for_package(result("random_scores"), result("shortest_ways"))
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
