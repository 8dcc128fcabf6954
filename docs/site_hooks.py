"""Puts the claims' pages, reports and films into the site, and links to them there.

In the repository they lie beside docs/, so that pages link to them as ../claims/; on the site they lie within.
"""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

CLAIMS = Path(__file__).resolve().parents[1] / "claims"
SHOWN = ("README.md", "plan.toml", "evidence/report.html", "evidence/watch.gif")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is shown of every claim, its plan alone where it was not run yet."""
    for claim in sorted(plan.parent for plan in CLAIMS.glob("*/plan.toml")):
        for name in SHOWN:
            if (claim / name).exists():
                where = f"claims/{claim.name}/{name}"
                shown = File.generated(config, where, abs_src_path=str(claim / name))
                shown.inclusion = InclusionLevel.NOT_IN_NAV
                files.append(shown)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links out of docs/ to the claims become links within the site."""
    up = "../" * page.file.src_uri.count("/")
    return markdown.replace(f"](../{up}claims/", f"]({up}claims/")
