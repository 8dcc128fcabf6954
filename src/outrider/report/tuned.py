"""How the arms came to their settings: the candidates and what they scored, in the terminal and in the report."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from outrider.report import words
from outrider.report.markup import Safe, number, table, tag
from outrider.report.parts import arm_label, note, right, section
from outrider.report.read import Evidence
from outrider.verify.tuning import EARLIER, FILE, best, mean, read_record

HEADING = "How every arm was tuned"


def rows(record: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any], bool]]:
    """Arm, candidate in words, its line and whether it was chosen; the best of an arm first."""
    found = []
    for arm, lines in record["arms"].items():
        chosen, order = best(lines), sorted(range(len(lines)), key=lambda k: (-mean(lines[k]), k))
        order = [chosen, *(k for k in order if k != chosen)]
        found += [(arm, _differing(lines, k), lines[k], k == chosen) for k in order]
    return found


def told(record: Mapping[str, Any]) -> str:
    """What was tried, in a sentence."""
    numbers = {len(lines) for lines in record["arms"].values()}
    each = f"{min(numbers)} to {max(numbers)}" if len(numbers) > 1 else str(max(numbers))
    noun = "candidate" if each == "1" else "candidates"
    return (
        f"{each} {noun} of every arm, {words.plural(len(record['seeds']), 'seed')} from {record['seeds'][0]} on, "
        f"{words.count(record['steps'])} environment steps a run, by {record['metric'].replace('_', ' ')} in the mean."
    )


def terminal_table(record: Mapping[str, Any]) -> None:
    """Print the candidates."""
    from rich.console import Console
    from rich.table import Table

    shown = Table("arm", "candidate", title=told(record), title_justify="left", box=None, pad_edge=False)
    shown.add_column(record["metric"].replace("_", " "), justify="right")
    shown.add_column("")
    for arm, candidate, line, chosen in rows(record):
        shown.add_row(
            arm, candidate, _score(line), "chosen" if chosen else "", style="bold" if chosen else None
        )
    Console().print(shown, highlight=False)


def tuned(e: Evidence) -> Safe | None:
    """The section of the report; None where the plan asked for no tuning."""
    if e.plan.tuning is None:
        return None
    record = read_record(e.folder / FILE, "restore it, or run the study again")
    code = record.get("machine", {}).get("training_code_sha256")
    other = code != e.environment.get("training_code_sha256")
    head = ["arm", "candidate", right("score"), right("seed by seed"), "chosen"]
    lines = [
        [
            arm_label(e.arm(arm), arm),
            candidate or "as it is",
            number(_score(line)),
            number(", ".join(words.fixed(score) for score in line["scores"])),
            "✓" if chosen else "",
        ]
        for arm, candidate, line, chosen in rows(record)
    ]
    return section(
        "tuned",
        HEADING,
        tag("p", told(record)),
        tag("details", tag("summary", f"All {len(lines)} candidates"), table(head, lines, HEADING)),
        note("Before the study, on seeds that it does not use. Equals go by the area under the curve."),
        note("Tuned by other code or packages than the study.") if other else None,
        note(f"Tuned before, of other candidates, seeds, steps or in another world: {len(earlier)} times.")
        if (earlier := record.get(EARLIER))
        else None,
    )


def _score(line: Mapping[str, Any]) -> str:
    if "failed" in line:
        return "failed"
    return words.fixed(None if None in line["scores"] else mean(line))


def _differing(lines: Sequence[Mapping[str, Any]], k: int) -> str:
    """In what a candidate differs from others of its arm."""
    flat = [{**{key: line[key] for key in ("signal", "engine")}, **line["learner"]} for line in lines]
    keys = [key for key in flat[k] if len({json.dumps(one.get(key)) for one in flat}) > 1]
    return ", ".join(f"{key} {flat[k][key]}" for key in keys)
