"""The report as a reader sees it: in a real browser, with the network off. Skipped without one."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from PIL import Image

from devtools import browser, chromium
from outrider.report.html import render
from synthetic_evidence import ARMS, make

pytestmark = pytest.mark.skipif(
    chromium() is None,
    reason="no Chromium here: apt-get install chromium, or set OUTRIDER_CHROMIUM",
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Three reports: a full one, one with an arm that never ends an episode, one that lacks what it can."""
    folder = tmp_path_factory.mktemp("reports")
    lacking = ("answers.json", "gold.json", "costs.json", "environment.json", "watch.gif")
    return {
        "supported": render(make(folder / "a", "supported")),
        "inconclusive": render(
            make(folder / "b", "inconclusive", points=20, endless="event-counts", gif=False)
        ),
        "refuted": render(make(folder / "c", "refuted", points=20, leave_out=lacking)),
    }


@pytest.fixture(scope="module")
def tab():
    with browser() as page:
        yield page


@pytest.mark.parametrize("verdict", ["supported", "inconclusive", "refuted"])
def test_the_page_opens_alone_and_begins_with_its_verdict(pages, tab, verdict):
    tab.open(pages[verdict])
    assert tab.errors == []
    outside = [url for url in tab.requests if not url.startswith("data:")]
    assert outside == [pages[verdict].resolve().as_uri()]
    heading = tab.run("document.querySelector('h1, h2, h3, h4').innerText")
    assert heading.splitlines()[0].endswith(verdict.capitalize())
    assert "immune to endless irrelevant novelty" in heading
    assert tab.run("document.title").startswith(verdict.capitalize())


@pytest.mark.parametrize("width", [1280, 390])
def test_every_chart_has_a_size_and_nothing_sticks_out(pages, tab, width):
    tab.open(pages["supported"], width=width)
    sizes = tab.run(
        "[...document.querySelectorAll('main > section > .chart, .plot .chart')]"
        ".map(c => [c.offsetWidth, c.offsetHeight])"
    )
    assert len(sizes) == 5  # comparisons, curves, seeds, how far they got, weights
    assert all(w >= min(width - 60, 700) and h > 90 for w, h in sizes)
    marks = tab.run(
        "[...document.querySelectorAll('.forest .mark path')].map(m => m.getBoundingClientRect().width)"
    )
    assert len(marks) == 4
    assert all(mark > 5 for mark in marks)
    assert tab.run("document.documentElement.scrollWidth") <= width


def test_arms_and_seeds_can_be_switched_off_and_on(pages, tab):
    tab.open(pages["supported"])
    shown = (
        "[...document.querySelectorAll('#learning-plot .plane g')]"
        ".filter(g => getComputedStyle(g).display !== 'none').length"
    )
    thin = "getComputedStyle(document.querySelector('.plane .thin')).display"
    assert tab.run(shown) == len(ARMS)
    tab.press('.toggle[data-arm="2"]')
    assert tab.run(shown) == len(ARMS) - 1
    assert (
        tab.run("document.querySelector('.toggle[data-arm=\"2\"]').getAttribute('aria-pressed')") == "false"
    )
    tab.press('.toggle[data-arm="2"]')
    assert tab.run(shown) == len(ARMS)
    tab.press(".toggle[data-seeds]")
    assert tab.run(thin) == "none"


def test_the_pointer_reads_the_curves(pages, tab):
    tab.open(pages["supported"])
    tab.press('.toggle[data-arm="4"]')
    x, y, width = tab.run(
        "(() => { const b = document.querySelector('.plot .chart > svg').getBoundingClientRect();"
        " return [b.x, b.y + b.height / 2, b.width]; })()"
    )
    tab.mouse("mouseMoved", x + 0.999 * width, y)
    told = tab.run("document.querySelector('.readout').innerText")
    assert "450,000 steps" in told
    assert told.splitlines()[1].startswith("guided")
    assert "8 seeds" in told
    assert "constant-bonus" not in told


def test_captions_are_searched_filtered_and_sorted(pages, tab):
    tab.open(pages["supported"])
    first = "document.querySelector('.asked tbody tr:not([hidden]) th').innerText"
    count = "document.querySelector('[data-count]').innerText"
    _enter(tab, "[data-search]", "TELEVISION", "input")
    assert tab.run(count).startswith("252 of ")
    assert tab.run(first).startswith("The television")
    _enter(tab, "[data-search]", "", "input")
    _enter(tab, "[data-filter]", "none", "change")
    assert tab.run(count).startswith("2 of ")
    _enter(tab, "[data-filter]", "all", "change")
    weights = (
        "[...document.querySelector('.asked tbody').rows].map(r => r.cells[1].dataset.value)"
        ".filter(v => v).map(Number)"
    )
    tab.press(".asked thead th:nth-child(2) .sorter")
    falling = tab.run(weights)
    assert falling == sorted(falling, reverse=True)
    tab.press(".asked thead th:nth-child(2) .sorter")
    assert tab.run(weights) == sorted(falling)


def _enter(tab, selector: str, value: str, event: str) -> None:
    tab.run(
        f"(() => {{ const s = document.querySelector('{selector}'); s.value = '{value}';"
        f" s.dispatchEvent(new Event('{event}')); }})()"
    )


def test_captions_are_data_and_never_code(pages, tab):
    tab.open(pages["supported"])
    assert "<script>document.title='owned'</script>" in tab.run("document.body.innerText")
    assert tab.run("document.title") != "owned"


def test_dark_and_light_are_both_drawn(pages, tab, tmp_path):
    shades = {}
    for dark in (False, True):
        tab.open(pages["supported"], dark=dark)
        image = Image.open(io.BytesIO(tab.picture(tmp_path / f"{dark}.png"))).convert("L")
        assert image.width == 1280
        assert image.height > 3000
        shades[dark] = image.getpixel((5, 5))
    assert shades[False] > 230
    assert shades[True] < 50


def test_text_is_told_apart_from_its_ground(pages, tab):
    script = (Path(__file__).parent / "contrast.js").read_text()
    for dark in (False, True):
        tab.open(pages["supported"], dark=dark)
        assert tab.run(script) == []
