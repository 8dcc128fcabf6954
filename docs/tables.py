"""The tables of README and docs: measurements from benchmarks/results, sweeps from their records, and the worlds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from outrider.sweep.reading import read_record
from outrider.sweep.record import table as sweep_table
from outrider.worlds import listing
from outrider.worlds.names import FAMILIES, WORLDS

ROOT = Path(__file__).resolve().parents[1]
MANY = 5  # options of one name that are still listed one by one


def bench(what: str, page: Path) -> str:
    """A measurement: what was measured, a table, and where."""
    result = ROOT / "benchmarks" / "results" / f"{what}.json"
    if not result.exists():
        return "Not measured yet."
    measured = json.loads(result.read_text(encoding="utf-8"))
    return table(measured)


def table(measured: dict[str, Any]) -> str:
    """The rows of a measurement, under what was measured and above where."""
    rows = measured["rows"]
    columns = list(rows[0])
    return "\n".join(
        [
            f"{measured['what']}\n",
            f"| {' | '.join(columns)} |",
            f"| {' | '.join('---:' if any(_is_number(row[c]) for row in rows) else '---' for c in columns)} |",
            *(f"| {' | '.join(_cell(row[c]) for c in columns)} |" for row in rows),
            f"\nMeasured on {_where(measured)} by `{measured['command']}`{_from(measured)}.",
        ]
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else str(value)


def sweep(what: str, page: Path) -> str:
    """A sweep's candidates, and what was chosen beside the present settings."""
    record = ROOT / "sweeps" / what / "record.json"
    return sweep_table(read_record(record)) if record.exists() else "Not run yet."


def worlds(what: str, page: Path) -> str:
    """A table of worlds: a row for each kind, or all with their facts, their reference scores or their options."""
    return {"kinds": _kinds_of_worlds, "all": _all_worlds, "scores": _scores, "options": _options}[what]()


def _all_worlds() -> str:
    rates = result("world_rates") or {"rows": []}
    measured = {row["world"]: row for row in rates["rows"]}
    rows = []
    for name, facts in WORLDS.items():
        row = measured.get(name, {})
        rate = row.get("random steps a second")
        rows.append(
            f"| `{name}` | {facts.description} | {row.get('sees', '-')} "
            f"| {row.get('actions', len(facts.actions) or '-')} | {facts.horizon:,} | {listing.captions(name):,} "
            f"| {f'{rate:,.0f}' if rate else '-'} |"
        )
    head = "| world | what to do | sees | actions | longest episode, steps | captions | random steps/s |"
    where = f"\n\nRates: {rates['what']} Measured on {_where(rates)}{_from(rates)}." if rates["rows"] else ""
    return "\n".join([head, "| --- | --- | --- | ---: | ---: | ---: | ---: |", *rows]) + where


def _scores() -> str:
    rows = [
        f"| `{name}` | {one.name} | {one.score:.4g} | {_source(one.source)} |"
        for name, facts in WORLDS.items()
        for one in facts.references
    ]
    return "\n".join(["| world | who | score | source |", "| --- | --- | ---: | --- |", *rows])


def _options() -> str:
    """A row for those worlds of a kind that have mission and options in common."""
    rows = []
    for kind, names in listing.kinds().items():
        alike: dict[str, list[str]] = {}
        for name in names:
            alike.setdefault(f"{WORLDS[name].mission} | {_told(listing.options(name))}", []).append(name)
        for told, group in alike.items():
            sizes = ", ".join(name.removeprefix(kind).lstrip("-") for name in group)
            rows.append(f"| {f'`{group[0]}`' if len(group) == 1 else f'`{kind}-...` {sizes}'} | {told} |")
    return "\n".join(["| world | mission | options, with all events |", "| --- | --- | --- |", *rows])


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


def _from(measured: dict[str, Any]) -> str:
    """A mark where the sources that were measured are those of no commit, or rows were measured at several times."""
    machine = {} if isinstance(measured["machine"], str) else measured["machine"]
    uncommitted = "from sources with changes that were not committed"
    changed = f", {uncommitted}" if machine.get("changed_since_commit") else ""
    earlier = machine.get("earlier", [])
    days = sorted({one["finished"][:10] for one in earlier})
    some = f"; some rows are of {' and '.join(days)}" if earlier else ""
    dirty = f", some of them {uncommitted}" if any(one["changed_since_commit"] for one in earlier) else ""
    return changed + some + dirty


def result(name: str) -> dict[str, Any] | None:
    """A measurement, or None where there is none yet."""
    path = ROOT / "benchmarks" / "results" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def for_package(measured: dict[str, Any]) -> str:
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


def scores_for_package(chance: dict[str, Any] | None, shortest: dict[str, Any] | None) -> str:
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
