"""The report page: what it says about each verdict, what it does with missing and with hostile data."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from outrider.errors import OutriderError
from outrider.files import write_file
from outrider.report import charts
from outrider.report.html import render
from outrider.report.markup import VOID, Safe, data_island, table, tag
from outrider.report.read import OPTIONAL, asked, load
from outrider.verify.evidence import MANIFEST, manifest_text
from outrider.verify.plan import load_plan
from synthetic_evidence import ARMS, HOSTILE, make

SMALL = {"points": 12, "gif": False}


class Outline(HTMLParser):
    """Elements opened and closed, ids, links, headings and text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.named: list[str] = []
        self.headings: list[tuple[str, str]] = []
        self.addresses: list[str] = []
        self.unnamed_charts = 0
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, name, attributes):
        have = dict(attributes)
        if name not in VOID:
            self.open.append(name)
        self.ids += [have["id"]] if "id" in have else []
        self.named += [have["aria-labelledby"]] if "aria-labelledby" in have else []
        self.named += [have["href"][1:]] if have.get("href", "").startswith("#") else []
        self.addresses += [
            have[key] for key in ("src", "href") if key in have and not have[key].startswith("#")
        ]
        self.unnamed_charts += name == "svg" and have.get("role") == "img" and not have.get("aria-label")
        self.unnamed_charts += name == "img" and not have.get("alt")
        if re.fullmatch(r"h\d", name):
            self.headings.append((name, ""))

    def handle_endtag(self, name):
        assert self.open.pop() == name

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)
        for level in ("h1", "h2"):
            if level in self.open:
                self.headings[-1] = (level, self.headings[-1][1] + data)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make(tmp_path_factory.mktemp("evidence") / "full")


@pytest.fixture(scope="module")
def page(folder):
    return render(folder).read_text()


def test_the_page_is_well_formed_alone_and_of_modest_size(page):
    outline = Outline(page)
    assert outline.open == []
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.named) <= set(outline.ids)
    assert outline.unnamed_charts == 0
    assert all(address.startswith("data:image/gif;base64,") for address in outline.addresses)
    assert [level for level, _ in outline.headings].count("h1") == 1
    assert "http://" not in page
    assert "https://" not in page
    without_gif = re.sub(r"data:image/gif;base64,[^\"]*", "", page)
    assert len(without_gif.encode()) < 1_500_000


@pytest.mark.parametrize("verdict", ["supported", "refuted", "inconclusive"])
def test_the_verdict_comes_first(tmp_path, verdict):
    folder = make(tmp_path, verdict, **SMALL)
    recorded = json.loads((folder / "verdict.json").read_text())
    assert recorded["verdict"] == verdict
    outline = Outline(render(folder).read_text())
    level, heading = outline.headings[0]
    assert level == "h1"
    assert verdict.capitalize() in heading
    assert recorded["sentence"] in heading
    text = " ".join(outline.words)
    assert text.index(recorded["headline"]) < text.index("The comparisons")
    for comparison in recorded["comparisons"]:
        assert comparison["words"] in text


def test_the_same_evidence_gives_the_same_page(folder, page):
    assert render(folder).read_text() == page


def test_captions_are_escaped_everywhere(page):
    assert HOSTILE not in page
    assert "<script>document" not in page
    assert page.count("<script") == page.count("</script>") == 2
    assert HOSTILE in "".join(Outline(page).words)


def test_markup_escapes_what_it_did_not_build():
    assert (
        tag("td", '<b a="1">', title='"><i>')
        == '<td title="&quot;&gt;&lt;i&gt;">&lt;b a=&quot;1&quot;&gt;</td>'
    )
    assert tag("p", Safe("<b>x</b>"), tag("br"), None, hidden=True, id=None) == "<p hidden><b>x</b><br></p>"
    island = data_island({"a": "</script><!--&"}, "x")
    inside = island.removeprefix('<script type="application/json" id="x">').removesuffix("</script>")
    assert not set(inside) & set("<>&")
    assert json.loads(inside) == {"a": "</script><!--&"}
    assert '<th scope="row">&lt;a&gt;</th>' in table(["x"], [["<a>"]], "t")


def test_every_missing_file_is_said(tmp_path):
    folder = make(tmp_path, leave_out=OPTIONAL, **SMALL)
    text = " ".join(Outline(render(folder).read_text()).words)
    for name in ("answers.json", "gold.json", "costs.json", "environment.json", "watch.gif"):
        assert f"There is no {name} in this evidence" in text


@pytest.mark.parametrize("name", ["plan.toml", "runs.jsonl", "verdict.json"])
def test_what_a_report_cannot_do_without_is_asked_for(tmp_path, name):
    folder = make(tmp_path, **SMALL)
    (folder / name).unlink()
    with pytest.raises(OutriderError, match=re.escape(str(folder / name))):
        render(folder)
    assert not (folder / "report.html").exists()


def test_broken_files_are_one_clear_line(tmp_path):
    folder = make(tmp_path, **SMALL)
    (folder / "gold.json").write_text("{")
    with pytest.raises(OutriderError, match=r"gold\.json is not JSON"):
        render(folder)
    (folder / "gold.json").unlink()
    with open(folder / "runs.jsonl", "a") as file:
        file.write("{")
    with pytest.raises(OutriderError, match="line 41 is not JSON"):
        render(folder)


def test_an_arm_that_never_ends_an_episode_is_drawn_without_a_curve(tmp_path):
    folder = make(tmp_path, endless="event-counts", **SMALL)
    page = render(folder).read_text()
    plane = re.search(r'<svg[^>]*class="plane">(.*?)</svg>', page, re.S).group(1)
    assert plane.count('class="mean') == len(ARMS) - 1
    assert "event-counts ends at –" in page
    assert "8 unscored" in page
    assert "In event-counts, no episode ever ended." in page
    assert "No verdict" in page


def test_a_plan_that_was_changed_afterwards_is_called_out(tmp_path):
    folder = make(tmp_path, **SMALL)
    assert "It is the hash that the verdict was given for." in render(folder).read_text()
    plan = folder / "plan.toml"
    plan.write_text(plan.read_text().replace("smallest_effect = 0.1", "smallest_effect = 0.05"))
    assert "this one was changed afterwards" in render(folder).read_text()


def test_the_treatment_comes_first_and_arms_keep_their_looks(folder):
    arms = load(folder).arms
    assert [arm.name for arm in arms] == ["guided", "unguided", "event-counts", "shuffled", "constant-bonus"]
    assert [arm.slot for arm in arms] == [0, 1, 2, 3, 4]
    assert [arm.treatment for arm in arms] == [True, False, False, False, False]


def test_the_forest_puts_effects_where_they_belong():
    row = {"against": "b", "difference": 0.5, "low": 0.0, "high": 1.0, "outcome": "supported"}
    drawn = charts.forest([row], "a", 0.1)
    # The axis runs from -0.15 - 6 % to 1 + 6 % of their distance.
    low, high = -0.15 - 0.06 * 1.15, 1 + 0.06 * 1.15
    assert f'x="{100 * (0.5 - low) / (high - low):.2f}'.rstrip("0") in drawn
    ends = re.search(r'x1="([\d.]+)%" x2="([\d.]+)%" y1="34" y2="34"', drawn)
    assert [float(end) for end in ends.groups()] == pytest.approx(
        [100 * (v - low) / (high - low) for v in (0, 1)], abs=0.01
    )
    assert "+0.50 [0.00, +1.00]" in drawn
    band = re.search(r'<rect x="([\d.]+)%" width="([\d.]+)%"', drawn)
    assert [float(v) for v in band.groups()] == pytest.approx(
        [100 * (-0.1 - low) / (high - low), 100 * 0.2 / (high - low)], abs=0.02
    )


def test_a_comparison_without_a_difference_is_drawn_as_empty():
    row = {"against": "b", "difference": None, "low": -1.0, "high": 1.0, "outcome": "inconclusive"}
    drawn = charts.forest([row], "a", 0.1)
    assert 'class="mark' not in drawn
    assert "– [−1.00, +1.00]" in drawn


def test_events_are_shares_and_television_is_one_row(page):
    text = Outline(page).words
    assert "any picture on the television" in text
    shares = re.findall(r'class="bar-fill" style="width:([\d.]+)%"', page)
    assert len(shares) == len(ARMS)
    guided, event_counts = float(shares[0]), float(shares[2])
    assert guided < 15 < 80 < event_counts


def test_the_model_is_shown_caption_by_caption_with_abstentions(page):
    assert page.count(">abstained</span></td>") == 2
    text = " ".join(Outline(page).words)
    assert "1 × the engine answered too late" in text
    assert "Every caption weighs 1.00." in text
    row = re.findall(r'<td class="n"[^>]*>([^<]+)</td>', page[page.index('id="gold"') :])[:5]
    assert row == ["27", "1", "1", "1", "95 %"]
    assert "3 pairs not in the right order" in text


def test_an_abstention_is_never_a_weight_of_nought():
    said = {"captions": [{"caption": "a", "weight": 0.0, "abstention": "too late", "parts": {}}]}
    assert [(one.weight, one.abstention) for one in asked(said)] == [(None, "too late")]


def test_what_guidance_costs_is_told_from_training_time_alone(folder, page):
    arms = json.loads((folder / "costs.json").read_text())["arms"]
    ratio = arms["guided"]["run_seconds"] / arms["unguided"]["run_seconds"]
    assert f"guided took {ratio:.2f} times as long to train as unguided" in " ".join(Outline(page).words)


@pytest.mark.parametrize(("seeds", "hidden"), [(8, False), (24, True)])
def test_single_seeds_that_would_hide_the_means_are_hidden_at_first(tmp_path, seeds, hidden):
    page = render(make(tmp_path / "evidence", seeds=seeds, **SMALL)).read_text()
    shown = re.search(r'<div class="([^"]+)" id="learning-plot"', page)
    assert shown[1].split() == (["plot", "no-seeds"] if hidden else ["plot"])
    button = re.search(r"<button [^>]*data-seeds[^>]*>", page)[0]
    assert f'aria-pressed="{"false" if hidden else "true"}"' in button


def test_the_check_that_a_page_tells_finds_what_was_changed_in_its_folder(tmp_path):
    folder = make(tmp_path / "evidence", **SMALL)
    told = re.search(r"python -c &#x27;(.+?)&#x27;|python -c '(.+?)'", render(folder).read_text(), re.DOTALL)
    code = unescape(told[1] or told[2])
    write_file(folder / MANIFEST, manifest_text(load_plan(folder / "plan.toml", names=None), folder))
    assert _said(code, folder) == "nothing was changed"
    (folder / "gold.json").write_text("{}")
    assert "gold.json was changed" in _said(code, folder)


def _said(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()
