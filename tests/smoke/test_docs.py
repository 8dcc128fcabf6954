"""README and docs say what their sources say: blocks, links, commands, the claims board, the site."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from outrider.report.board import sync

ROOT = Path(__file__).parents[2]
GENERATE = ROOT / "docs" / "generate.py"


def generator():
    spec = importlib.util.spec_from_file_location("docs_generate", GENERATE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def generate():
    return generator()


def test_generated_blocks_and_pictures_are_in_step(generate):
    drifted = [str(path) for path, text in generate.wanted().items() if path.read_text() != text]
    assert drifted == [], "run `make sync`"


def test_the_claims_board_is_in_step_with_its_evidence():
    assert sync(ROOT / "README.md", ROOT / "claims", check=True) == [], "run `make sync`"


def test_every_page_opens_and_closes_its_blocks(generate):
    for page in generate.pages():
        text = page.read_text()
        begun = len(re.findall(r"<!-- (?:code|bench|worlds|coverage|picture|board|sweep):.*:begin -->", text))
        ended = len(re.findall(r"<!-- (?:code|bench|worlds|coverage|picture|board|sweep):end -->", text))
        assert begun == ended == len(generate.BLOCK.findall(text)), page


def test_no_page_holds_the_marks_of_a_merge(generate):
    for page in (*generate.pages(), ROOT / "CHANGELOG.md"):
        assert not re.search(r"^(<{7} |={7}$|>{7} )", page.read_text(), re.MULTILINE), page


def test_a_changed_excerpt_is_seen(generate, tmp_path):
    page = tmp_path / "page.md"
    begin = "<!-- code:src/outrider/explore/signal.py::nothing:begin -->\n"
    page.write_text(f"before\n{begin}old\n<!-- code:end -->\nafter\n")
    text = generate.filled(page)
    assert "def nothing() -> Signal:" in text
    assert text.startswith(f"before\n{begin}")
    assert text.endswith("\n<!-- code:end -->\nafter\n")
    page.write_text(text)
    assert generate.filled(page) == text


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("src/outrider/ops/advantage.py::gone", "no 'gone'"),
        ('src/outrider/ops/advantage.py::gae "not there" to "x"', "no line contains 'not there'"),
        ("src/outrider/gone.py::x", "No such file"),
    ],
)
def test_an_excerpt_of_what_is_gone_is_an_error(generate, what, told):
    with pytest.raises((LookupError, OSError), match=told):
        generate.code(what, ROOT / "README.md")


def test_relative_links_lead_somewhere(generate):
    broken = []
    for page in generate.pages():
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
            if re.match(r"[a-z]+:", target):
                continue
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_the_commands_that_readme_names_exist(generate):
    from outrider.cli import COMMANDS

    for page in generate.pages():
        named = re.findall(r"(?:^|`)outrider ([a-z]+)", page.read_text(), re.MULTILINE)
        assert set(named) <= set(COMMANDS), page
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in generate.pages():
        named = re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), re.MULTILINE)
        assert set(named) <= targets, page


def test_the_site_builds_strictly_and_alone(tmp_path):
    pytest.importorskip("mkdocs")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mkdocs",
            "build",
            "--strict",
            "--quiet",
            "--site-dir",
            str(tmp_path / "site"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "site" / "index.html").read_text()
    loaded = re.findall(r'(?:src|href)="(https?://[^"]+)"[^>]*(?:stylesheet|script)', page)
    loaded += re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(https?://[^"]+)"', page)
    assert loaded == []
    assert "../claims/" not in page, "claims' pages lie within the site, see docs/site_hooks.py"


def test_the_chart_of_coverage_has_one_world_of_each_kind(generate):
    worlds = (
        "minigrid/doorkey-5x5",
        "minigrid/doorkey-16x16",
        "minigrid/doorkey-8x8+television",
        "gymnax/cartpole",
    )
    shown = generate.of_each_kind([{"world": world} for world in worlds])
    assert [row["world"] for row in shown] == [world for world in worlds if world != "minigrid/doorkey-16x16"]


def test_the_chart_of_coverage_tells_worlds_and_policies_apart(generate):
    from xml.etree import ElementTree

    marks = ("1k", "10k", "100k", "1M")
    rows = [
        {"world": world, "policy": policy} | {f"situations, {m}": n * (k + 1) for k, m in enumerate(marks)}
        for world, n in (("a/few", 1), ("a/many", 40_000))
        for policy in ("random", "trained")
    ]
    drawn = ElementTree.fromstring(generate.coverage_chart(rows))
    lines = [line for line in drawn.iter() if line.tag.endswith("polyline")]
    assert [line.get("class") for line in lines] == ["s0", "s0", "s1", "s1"]
    assert [bool(line.get("stroke-dasharray")) for line in lines] == [True, False] * 2
    width, height = map(float, drawn.get("viewBox").split()[2:])
    for line in lines:
        points = [tuple(map(float, point.split(","))) for point in line.get("points").split()]
        assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
        assert points == sorted(points, key=lambda at: (at[0], -at[1]))  # more, later
    assert {"a/few: 4", "a/many: 160,000"} <= {text.text for text in drawn.iter()}


def test_the_chart_of_coverage_has_room_for_every_label(generate):
    from xml.etree import ElementTree

    marks = ("1k", "10k", "100k", "1M")
    rows = [
        {"world": f"a/{i}", "policy": "random"} | {f"situations, {m}": 3 for m in marks} for i in range(40)
    ]
    drawn = ElementTree.fromstring(generate.coverage_chart(rows))
    height = float(drawn.get("viewBox").split()[3])
    places = [float(text.get("y")) for text in drawn.iter() if (text.text or "").startswith("a/")]
    assert len(places) == 40
    assert all(0 < place < height for place in places)
