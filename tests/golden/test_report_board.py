"""The claims board: README and evidence are kept in step, and drift is seen."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from outrider.errors import OutriderError
from outrider.report.board import BEGIN, END, claim_readme, escape, readme_table, sync
from synthetic_evidence import PLAN, make


@pytest.fixture
def repository(tmp_path):
    for verdict in ("supported", "refuted"):
        make(
            tmp_path / "claims" / f"D-{verdict}" / "evidence",
            verdict,
            points=12,
            gif=False,
            claim=f"D-{verdict}",
        )
    (tmp_path / "claims" / "D-planned").mkdir()
    (tmp_path / "README.md").write_text(f"# Top\n\n{BEGIN}\nold\n{END}\n\nrest {END[:4]}\n")
    return tmp_path


def test_the_table_has_one_row_a_claim_with_evidence(repository):
    lines = readme_table(repository / "claims").splitlines()
    assert len(lines) == 4
    assert lines[2].startswith("| [D-refuted](claims/D-refuted/) | ❌ refuted |")
    assert lines[3].startswith("| [D-supported](claims/D-supported/) | ✅ supported |")
    assert len({line.count("|") for line in lines}) == 1
    verdict = json.loads((repository / "claims" / "D-supported" / "evidence" / "verdict.json").read_text())
    assert escape(verdict["headline"]) in lines[3]
    assert f"unguided: +{verdict['comparisons'][0]['difference']:.2f} [" in lines[3]
    assert "2 cores of Example CPU" in lines[3]
    assert "2 min 21 s" in lines[3]


def test_a_plan_that_was_not_run_is_on_the_board_as_planned(repository):
    folder = repository / "claims" / "C-planned"
    folder.mkdir()
    arm = '[arms.high]\nsignal = "rnd"\n[arms.high.learner]\nentropy = 0.5\n'
    text = PLAN.format(id="C-planned", seeds=10, steps=1000)
    text = text.replace("seeds = 10", "seeds = 10\nfirst_seed = 200")
    text = text.replace("[rule]", '[rule]\nno_worse = "evaluated_success"')
    (folder / "plan.toml").write_text(text + arm)
    lines = readme_table(repository / "claims").splitlines()
    assert len([line for line in lines if line.startswith("| [")]) == 2
    assert lines[-1] == "Planned and not run yet, in [claims/](claims/): C-planned."
    assert folder / "README.md" in sync(repository / "README.md", repository / "claims")
    told = (folder / "README.md").read_text()
    assert "**Planned.** Not run yet" in told
    assert (
        "by final success, and no worse in evaluated success; a difference below 0.1 does not matter" in told
    )
    assert "10 paired seeds from 200 on, 1\u202f000 environment steps a run" in told
    assert "| high | `rnd` |  | entropy 0.5 |" in told
    assert "| guided | `event-count` | `relevance(embedded)` |  |" in told
    make(folder / "evidence", points=12, gif=False, claim="C-planned")
    board = readme_table(repository / "claims")
    assert "| [C-planned](claims/C-planned/) | ✅ supported |" in board
    assert "not run yet" not in board


def test_a_draft_is_told_apart_and_shows_no_command(repository):
    for name, draft in (("C-planned", ""), ("C-draft", 'draft = "the bonus is to be tuned"\n')):
        folder = repository / "claims" / name
        folder.mkdir()
        text = PLAN.format(id=name, seeds=10, steps=1000)
        (folder / "plan.toml").write_text(text.replace("[study]", f"{draft}\n[study]"))
    *_, planned, blank, drafts = readme_table(repository / "claims").splitlines()
    assert planned == "Planned and not run yet, in [claims/](claims/): C-planned."
    assert (blank, drafts) == ("", "Drafts, each with what it still lacks, in [claims/](claims/): C-draft.")
    assert "outrider verify claims/C-planned" in claim_readme(repository / "claims" / "C-planned")
    told = claim_readme(repository / "claims" / "C-draft")
    assert "A draft, which cannot be run: the bonus is to be tuned." in told
    assert "outrider verify" not in told


def test_an_empty_board_says_so(tmp_path):
    assert readme_table(tmp_path) == "No claim has evidence yet.\n"


def test_sync_writes_once_and_check_never(repository):
    readme, claims = repository / "README.md", repository / "claims"
    before = readme.read_text()
    drifted = sync(readme, claims, check=True)
    assert readme.read_text() == before
    assert drifted == [readme, claims / "D-refuted" / "README.md", claims / "D-supported" / "README.md"]
    assert sync(readme, claims) == drifted
    assert sync(readme, claims, check=True) == []
    text = readme.read_text()
    assert text.startswith(f"# Top\n\n{BEGIN}\n| claim |")
    assert text.endswith(f"|\n{END}\n\nrest {END[:4]}\n")
    assert "old" not in text


def test_a_typed_number_is_seen_as_drift(repository):
    readme, claims = repository / "README.md", repository / "claims"
    sync(readme, claims)
    readme.write_text(readme.read_text().replace("+0.", "+1.", 1))
    assert sync(readme, claims, check=True) == [readme]


@pytest.mark.parametrize("text", ["no markers", f"{END}\n{BEGIN}", f"{BEGIN}{BEGIN}{END}"])
def test_a_readme_without_its_markers_is_left_alone(repository, text):
    (repository / "README.md").write_text(text)
    with pytest.raises(OutriderError, match=r"README\.md needs the lines"):
        sync(repository / "README.md", repository / "claims")
    assert (repository / "README.md").read_text() == text


def test_a_claims_readme_tells_how_to_run_it_again(repository):
    text = claim_readme(repository / "claims" / "D-refuted")
    assert text.startswith("# A language model's relevance weight")
    assert "**❌ Refuted.**" in text
    assert "outrider verify claims/D-refuted --out " in text  # beside the evidence, which is there already
    assert text.count("\n| ") == (2 + 4) + (2 + 5) + (2 + 5)  # comparisons, scores, how each arm learns
    assert "watch.gif" not in text


def test_cells_cannot_be_broken_out_of():
    assert escape("a | b\nc <script> & d") == "a \\| b c &lt;script> &amp; d"
