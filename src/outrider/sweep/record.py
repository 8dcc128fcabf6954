"""What a sweep leaves for good: `record.json`, and a table of it for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from outrider.learn.algorithms import as_table, settings_from
from outrider.sweep.reading import VERSION, read_record
from outrider.sweep.specification import Sweep
from outrider.verify.environment import environment_record
from outrider.verify.statistics import mean_interval, paired_differences, sign_flip_p

RECORD = "record.json"


def finished(folder: Path, sha256: str) -> dict[str, Any] | None:
    """The record of a sweep that has been run; None where there is none of this sweep. Errors: see `read_record`."""
    if not (folder / RECORD).exists():
        return None
    record = read_record(folder / RECORD)
    return record if record["sweep_sha256"] == sha256 else None


def record_of(
    sweep: Sweep,
    trials: Sequence[dict[str, Any]],
    ranking: Sequence[Sequence[int]],
    seconds: float,
    resumed: int,
) -> dict[str, Any]:
    """The space, the budget, every candidate with all its settings and scores, what was chosen, and what it is worth.

    Settings are whole, defaults included, since defaults change and a record does not.
    """
    chosen = ranking[-1][0]
    stages = [f"rung {number}" for number in range(1, len(ranking) + 1)]
    spent = {s: sum(t["steps"] for t in trials if t["stage"] == s) for s in (*stages, "held out")}
    return {
        "version": VERSION,
        "sweep_sha256": sweep.sha256,
        "worlds": list(sweep.worlds),
        "signal": sweep.signal,
        "engine": sweep.engine,
        "score": sweep.score,
        "combine": sweep.combine,
        "space": sweep.space,
        "budget": {"steps": sweep.steps, "spent": spent, "search_spent": sum(spent[s] for s in stages)},
        "seeds": {"search": sweep.seeds, "held_out": sweep.held_out, "draw": sweep.draw},
        "rungs": [
            {"candidates": rung.candidates, "steps": rung.steps, "best_first": list(best)}
            for rung, best in zip(sweep.rungs, ranking, strict=True)
        ],
        "chosen": {"candidate": chosen, "settings": as_table(settings_from(sweep.settings[chosen]))},
        "held_out": held_out(sweep, trials, chosen),
        "candidates": [
            {
                "candidate": c,
                "settings": as_table(settings_from(settings)),
                "scores": _scores(sweep, trials, c),
            }
            for c, settings in enumerate(sweep.settings)
        ],
        "failed": [t for t in trials if "failed" in t],
        "seconds": round(seconds, 1),
        "runs_of_earlier_calls": resumed,
        "machine": environment_record(),
    }


def held_out(sweep: Sweep, trials: Sequence[dict[str, Any]], chosen: int) -> list[dict[str, Any]]:
    """World by world, the chosen and the present settings on seeds that chose nothing.

    A failed run counts as 0. Compared seed by seed: mean difference, Gaffke's 95 % interval (of
    successes), the two-sided sign-flip p.
    """
    rows = []
    for world in sweep.worlds:
        of = {
            c: [t for t in trials if (t["stage"], t["world"], t["candidate"]) == ("held out", world, c)]
            for c in (chosen, 0)
        }
        values = {c: [t.get(sweep.score, 0.0) for t in sorted(of[c], key=lambda t: t["seed"])] for c in of}
        row: dict[str, Any] = {"world": world, "chosen": values[chosen], "present": values[0]}
        if chosen:
            apart = paired_differences(values[chosen], values[0])
            row |= {
                "difference": round(float(apart.mean()), 6),
                "p": round(sign_flip_p(apart, "two-sided"), 6),
            }
            if sweep.score == "success":
                row["interval"] = [round(x, 4) for x in mean_interval(apart, (-1.0, 1.0))]
        rows.append(row)
    return rows


def _scores(sweep: Sweep, trials: Sequence[dict[str, Any]], candidate: int) -> dict[str, dict[str, Any]]:
    """By stage and world, the mean over seeds of the score and of its area; None where a run failed."""
    scores: dict[str, dict[str, Any]] = {}
    for stage in dict.fromkeys(t["stage"] for t in trials):
        for world in sweep.worlds:
            runs = [
                t for t in trials if (t["stage"], t["world"], t["candidate"]) == (stage, world, candidate)
            ]
            if runs:
                whole = not any("failed" in run for run in runs)
                names = (sweep.score, f"{sweep.score}_area")
                mean = {n: round(sum(r[n] for r in runs) / len(runs), 6) if whole else None for n in names}
                scores.setdefault(stage, {})[world] = mean
    return scores


def table(record: Mapping[str, Any], most: int = 8) -> str:
    """The best candidates of the last rungs and the present settings, and the comparison on held-out seeds."""
    best = list(dict.fromkeys(c for rung in reversed(record["rungs"]) for c in rung["best_first"]))
    shown = best[:most] + ([0] if 0 not in best[:most] else [])
    names = list(record["space"])
    stages = [f"rung {i}" for i in range(1, len(record["rungs"]) + 1)]
    columns = [(s, w) for s in stages for w in record["worlds"]]
    one = len(record["worlds"]) == 1
    heads = ["candidate", *names, *(s if one else f"{s}, {w}" for s, w in columns)]
    lines = [f"| {' | '.join(heads)} |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for c in shown:
        of = record["candidates"][c]
        scores = [of["scores"].get(s, {}).get(w, {}).get(record["score"], "") for s, w in columns]
        label = f"{c}{' (present)' if c == 0 else ''}{' **chosen**' if c == record['chosen']['candidate'] else ''}"
        cells = [_cell(x) for x in (*(of["settings"][n] for n in names), *scores)]
        lines.append(f"| {' | '.join([label, *cells])} |")
    rungs = ", then ".join(f"{r['candidates']} candidates x {r['steps']:,} steps" for r in record["rungs"])
    machine, seeds, budget = record["machine"], record["seeds"], record["budget"]
    cores = "1 core" if machine["cores"] == 1 else f"{machine['cores']} cores"
    told = (
        f"Random search with successive halving for {' and '.join(f'`{w}`' for w in record['worlds'])}, "
        f"signal `{record['signal']}`{' of `' + record['engine'] + '`' if record['engine'] else ''}: {rungs}, "
        f"{seeds['search']} seeds each; {budget['search_spent']:,} of {budget['steps']:,} environment steps. "
        f"Scores are the evaluated {record['score']} in the mean over seeds."
    )
    return "\n".join([told, "", *lines, "", *(_compared(record, row) for row in record["held_out"]), "",
                      f"{record['seconds']:,.0f} s on {cores} of {machine['processor']}, "
                      f"commit `{str(machine['commit'])[:12]}`."])  # fmt: skip


def _compared(record: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """One world's comparison on held-out seeds, in a sentence."""
    mean = {name: sum(row[name]) / len(row[name]) for name in ("chosen", "present")}
    told = f"On {len(row['present'])} held-out seeds of `{row['world']}`: "
    if "difference" not in row:
        return f"{told}the present settings were chosen; {record['score']} {mean['present']:.3f}."
    interval = " ({:.2f} to {:.2f} at 95 %)".format(*row["interval"]) if "interval" in row else ""
    return (
        f"{told}chosen {mean['chosen']:.3f}, present {mean['present']:.3f}; "
        f"difference {row['difference']:+.3f}{interval}, p = {row['p']:.3g}."
    )


def _cell(value: Any) -> str:
    return "failed" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
