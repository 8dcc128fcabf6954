"""Puts the claims' pages, reports and films into the site, where they are linked from the board."""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel

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
