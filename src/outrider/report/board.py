"""The claims board: what a README says about a claim comes from its evidence."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from outrider.errors import OutriderError
from outrider.files import write_file
from outrider.report import record, words
from outrider.report.read import Evidence, load
from outrider.verify.candidates import candidates
from outrider.verify.metrics import of_one_run
from outrider.verify.plan import Plan, load_plan
from outrider.verify.tuning import check_tuned

BEGIN, END = "<!-- claims:begin -->", "<!-- claims:end -->"
SIGNS = {"supported": "✅", "refuted": "❌", "inconclusive": "❔"}
HEAD = "| claim | verdict | what follows | difference, interval and adjusted p | seeds | cost |"


def readme_table(claims_dir: str | Path, link: str = "claims") -> str:
    """All claims that were judged as a Markdown table, and below it those that are planned, drafts apart.

    `link` leads from its page to the claims.
    """
    folders = _claims(Path(claims_dir))
    rows = [_row(folder.name, load(folder / "evidence"), link) for folder in folders if _has_evidence(folder)]
    waiting = [
        (folder.name, load_plan(folder, names=None)) for folder in folders if not _has_evidence(folder)
    ]
    drafts = [name for name, plan in waiting if plan.draft]
    untuned = [name for name, plan in waiting if not plan.draft and _untuned(Path(claims_dir) / name, plan)]
    planned = [name for name, _ in waiting if name not in (*drafts, *untuned)]
    table = [HEAD, "| --- | --- | --- | --- | --- | --- |", *rows] if rows else ["No claim has evidence yet."]
    for told, names in (
        ("Planned and not run yet", planned),
        ("Planned, and to be tuned before they are run", untuned),
        ("Drafts, each with what it still lacks", drafts),
    ):
        table += ["", f"{told}, in [claims/]({link}/): {', '.join(names)}."] if names else []
    return "\n".join(table) + "\n"


def claim_readme(folder: str | Path) -> str:
    """The README of one claim, `claims/<id>/`, from its evidence; from its plan where it was not run yet."""
    folder = Path(folder)
    if not _has_evidence(folder):
        return _planned_readme(load_plan(folder, names=None), folder)
    e = load(folder / "evidence")
    verdict = str(e.verdict.get("verdict"))
    film = "![An episode of the trained agent](evidence/watch.gif)\n\n" if e.gif else ""
    headline = escape(str(e.verdict.get("headline", "")))
    return (
        f"# {escape(e.plan.sentence)}\n\n"
        f"**{SIGNS.get(verdict, '')} {verdict.capitalize()}.** {headline}\n\n"
        f"{_comparisons(e)}\n"
        f"{_arms(e)}\n"
        f"{_how(e.plan)}\n"
        f"World `{e.plan.world}`, {e.plan.seeds} paired seeds{_from(e.plan)}, {words.count(e.plan.steps)} environment "
        f"steps a run; in all {_cost(e)}. {_hardware(e)}{_tuning(e.plan, folder / 'evidence')}\n\n"
        f"{film}"
        "Everything on one page: [evidence/report.html](evidence/report.html) (download it and open it; it "
        "needs no network). The plan, fixed before the first step: [plan.toml](plan.toml).\n\n"
        f"Run it again:\n\n```\noutrider verify claims/{e.plan.id} --out out/again\n```\n\n"
        "This page is generated from the evidence; do not edit it.\n"
    )


def sync(readme: str | Path, claims_dir: str | Path, check: bool = False) -> list[Path]:
    """Bring the board in a README, and every claim's own README, in step with the evidence.

    Returns the files that were out of step; with `check` it changes none of them. Raises OutriderError where
    the README lacks the two markers.
    """
    readme, claims_dir = Path(readme), Path(claims_dir)
    link = Path(os.path.relpath(claims_dir, readme.parent)).as_posix()
    wanted = {readme: _between(readme, readme_table(claims_dir, link))}
    wanted |= {folder / "README.md": claim_readme(folder) for folder in _claims(claims_dir)}
    drifted = [path for path, text in wanted.items() if _old(path) != text]
    if not check:
        for path in drifted:
            write_file(path, wanted[path])
    return drifted


def escape(text: str) -> str:
    """Text that can neither end a cell of a table nor begin a tag."""
    return " ".join(text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").split())


def _claims(claims_dir: Path) -> list[Path]:
    """The folders of claims that were run, and of those that have a plan."""
    run = [path.parent.parent for path in claims_dir.glob("*/evidence/verdict.json")]
    return sorted({*run, *(path.parent for path in claims_dir.glob("*/plan.toml"))})


def _has_evidence(folder: Path) -> bool:
    return (folder / "evidence" / "verdict.json").is_file()


def _old(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _between(readme: Path, table: str) -> str:
    text = _old(readme)
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise OutriderError(
            f"{readme} needs the lines {BEGIN} and {END}, once each: the claims go between them"
        )
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{table}{END}{rest.split(END)[1]}"


def _row(name: str, e: Evidence, link: str) -> str:
    verdict = str(e.verdict.get("verdict"))
    effects = [
        f"{c['against']}: {_effect(c)}, p {words.probability(c.get('p_adjusted'))}"
        for c in e.verdict.get("comparisons", [])
    ]
    cells = [
        f"[{name}]({link}/{name}/)",
        f"{SIGNS.get(verdict, '')} {verdict}",
        escape(str(e.verdict.get("headline", ""))),
        "<br>".join(map(escape, effects)),
        f"{e.plan.seeds}",
        escape(f"{_cost(e)}. {_hardware(e)}"),
    ]
    return f"| {' | '.join(cells)} |"


def _untuned(folder: Path, plan: Plan) -> bool:
    """Whether a plan's arms are still to be chosen, or are not what was chosen."""
    try:
        check_tuned(plan, folder)
    except OutriderError:
        return True
    return False


def _planned_readme(plan: Plan, folder: Path) -> str:
    """What is planned, and how it is run; a draft, which `verify` refuses, tells what it lacks instead."""
    draft = f" A draft, which cannot be run: {escape(plan.draft)}." if plan.draft else ""
    commands = [f"outrider tune claims/{plan.id}"] if _untuned(folder, plan) else []
    commands += [f"outrider verify claims/{plan.id}"]
    run = "" if plan.draft else "```\n{}\n```\n\n".format("\n".join(commands))
    return (
        f"# {escape(plan.sentence)}\n\n"
        f"**Planned.** Not run yet; until it is, the [plan](plan.toml) may still change.{draft}\n\n"
        f"`{plan.treatment}` against every other arm, by {plan.metric.replace('_', ' ')}{_guarded(plan)}; a difference "
        f"below {plan.smallest_effect:g} does not matter.\n\n"
        f"{_how(plan)}\n"
        f"World `{plan.world}`, {plan.seeds} paired seeds{_from(plan)}, {words.count(plan.steps)} environment steps a "
        f"run.{_tuning(plan, folder)}\n\n{run}"
        "This page is generated from the plan; do not edit it.\n"
    )


def _tuning(plan: Plan, folder: Path) -> str:
    """What the arms are chosen from, or were."""
    if plan.tuning is None:
        return ""
    numbers = [len(candidates(plan, arm)) for arm in plan.arms]
    each = f"{min(numbers)} to {max(numbers)}" if len(set(numbers)) > 1 else f"{numbers[0]}"
    when = "are to be chosen" if _untuned(folder, plan) else "were chosen"
    return (
        f" The arms {when} from {each} candidates each, on {words.plural(plan.tuning.seeds, 'other seed')}, "
        f"for as many steps, by {of_one_run(plan.metric).replace('_', ' ')}."
    )


def _guarded(plan: Plan) -> str:
    return f", and no worse in {plan.no_worse.replace('_', ' ')}" if plan.no_worse else ""


def _from(plan: Plan) -> str:
    return f" from {plan.first_seed} on" if plan.first_seed else ""


def _how(plan: Plan) -> str:
    """The arms as the plan has them: what guides them, and by which settings they learn."""
    rows = [
        f"| {escape(arm.name)} | `{arm.signal}` | {f'`{arm.engine}`' if arm.engine else ''} "
        f"| {escape(_settings(plan.settings(arm)))} |"
        for arm in plan.arms
    ]
    head = "| arm | signal | engine | settings beside the defaults |"
    return "\n".join([head, "| --- | --- | --- | --- |", *rows]) + "\n"


def _settings(table: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in table.items())


def _effect(c: dict[str, Any]) -> str:
    return f"{words.signed(c.get('difference'))} {words.interval(c.get('low'), c.get('high'))}"


def _comparisons(e: Evidence) -> str:
    lines = [
        f"| {escape(c['against'])} | {c.get('outcome')} | {_effect(c)} "
        f"| {words.probability(c.get('p_adjusted'))} |"
        for c in e.verdict.get("comparisons", [])
    ]
    metric = e.plan.metric.replace("_", " ")
    head = f"| {e.plan.treatment} against | outcome | difference in {metric}, interval | p adjusted |"
    return "\n".join([head, "| --- | --- | --- | --- |", *lines]) + "\n"


def _arms(e: Evidence) -> str:
    lines = [
        f"| {escape(a['arm'])} | {words.fixed(a.get('mean'))} ({words.span(a.get('low'), a.get('high'))}) "
        f"| {a.get('solved')} of {a.get('seeds')} | {words.short(a.get('median_steps_to_solve'))} |"
        for a in e.verdict.get("arms", [])
    ]
    metric = e.plan.metric.replace("_", " ")
    head = f"| arm | mean {metric} (interval) | seeds that solved it | median steps to solve |"
    return "\n".join([head, "| --- | --- | --- | --- |", *lines]) + "\n"


def _cost(e: Evidence) -> str:
    """Steps, time and tokens in a few words; what was not recorded is left out."""
    said = [f"{words.short(e.plan.steps * sum(map(len, e.runs.values())))} environment steps"]
    total = record.total_cost(e)
    if total.seconds is not None:
        said.append(words.duration(total.seconds))
    if total.tokens is not None:
        said.append(f"{words.short(total.tokens)} tokens answered in {words.duration(total.answering)}")
    return ", ".join(said)


def _hardware(e: Evidence) -> str:
    cores, processor = e.environment.get("cores"), e.environment.get("processor")
    return f"{words.plural(int(cores), 'core')} of {processor}." if cores and processor else ""
