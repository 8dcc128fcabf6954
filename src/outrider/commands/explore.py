"""`outrider explore`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outrider import interrupt
from outrider.errors import OutriderError

if TYPE_CHECKING:
    from outrider.learn.go_explore import GoExplore, Round, Search
    from outrider.learn.go_settings import GoSettings

SHOWN = 40  # kinds of event in the table


def explore(world_id: str, steps: int, out: Path | None, seed: int, by: str, settings: GoSettings) -> None:
    """Search, print what was reached when, and keep the best ways. Errors: each before the first step, but for nothing
    found that could be shown, which is told when what was found is written down."""
    from rich.console import Console
    from rich.progress import Progress

    from outrider.learn.datasets import check_free, check_minari, save
    from outrider.learn.settings import check_steps
    from outrider.worlds.names import check_installed, check_world

    check_steps(steps)
    check_installed(world_id)
    if not 0 <= seed < 2**32:
        raise OutriderError(f"--seed is {seed}; choose 0 to {2**32 - 1}")
    found = out.with_name(out.name + ".json") if out else None
    if out and found:
        check_minari()
        check_free(out)
        check_free(found)
        out.parent.mkdir(parents=True, exist_ok=True)

    from outrider.agents.released import load_for
    from outrider.learn.go_explore import GoExplore
    from outrider.learn.go_explore import explore as run
    from outrider.learn.trails import demonstrations
    from outrider.verify.evidence import write_json
    from outrider.worlds.registry import make

    policy = None if by == "random" else load_for(world_id, by)
    above = check_world(world_id)[0].solved_above
    go = GoExplore(make(world_id), settings, above, policy.network if policy else None)
    with Progress() as bars:
        bar = bars.add_task("compiling", total=1.0)

        def heard(progress: float, search: Search) -> None:
            interrupt.check()
            told = (
                f"{int(search.archive.count):,} cells, return {float(search.best.stand.returned.max()):.2f}"
            )
            bars.update(bar, completed=progress, description=told)

        ((search, rounds),) = run(go, [seed], steps, heard)
    told = as_record(go, search, rounds, world_id, seed) | {"by": by}
    _show(told, Console())
    if out and found:
        write_json(found, told)
        print(f"what was found: {found}")
        shown = demonstrations(go, search, rounds)
        save(out, shown, go.world.space)
        print(f"{len(shown.ends)} ways, {len(shown.reward):,} steps: {out}   learn from them with")
        print(f"outrider train {world_id} --algorithm bc --learner.demonstrations {out}")


def as_record(go: GoExplore, search: Search, rounds: Round, world_id: str, seed: int) -> dict[str, Any]:
    """What a search found, in plain values. Steps are environment steps of all copies, counted from 1."""
    import numpy as np

    from outrider.learn.go_explore import NEVER
    from outrider.worlds.names import event_kind, event_sentences

    sentences, first = event_sentences(world_id), np.asarray(search.first_met)
    met = sorted((code for code in sentences if first[code] < NEVER), key=lambda code: (first[code], code))
    first_kinds: dict[str, int] = {}
    for code in met:
        first_kinds.setdefault(event_kind(world_id, code), int(first[code]))
    best = search.best
    steps = go.settings.batch * np.arange(1, len(rounds.cells) + 1)
    return {
        "world": world_id,
        "seed": seed,
        "settings": {**asdict(go.settings), "cells": go.cells},
        "steps": int(steps[-1]),
        "cells": int(search.archive.count),
        "refused": int(search.archive.refused),
        "solved_at": None if search.first_solved == NEVER else int(search.first_solved),
        "layouts_solved": int(best.solved.sum()),
        "best_return": float(best.stand.returned.max()),
        "best_length": int(best.stand.length[best.stand.returned.argmax()]),
        "first_kinds": first_kinds,
        "first_seen": {sentences[code]: int(first[code]) for code in met},
        "curve": {
            "steps": steps.tolist(),
            "cells": rounds.cells.tolist(),
            "best_return": [float(f"{x:.6g}") for x in rounds.returned.tolist()],
        },
    }


def _show(told: dict[str, Any], console: Any) -> None:
    """What was reached when, kind by kind, and how far the search got."""
    from rich.table import Table

    table = Table("event", title=told["world"], title_justify="left")
    table.add_column("first reached at step", justify="right")
    kinds = list(told["first_kinds"].items())
    for kind, step in kinds[:SHOWN]:
        table.add_row(kind, f"{step:,}")
    console.print(table)
    if len(kinds) > SHOWN:
        console.print(f"... and {len(kinds) - SHOWN} kinds of event more")
    layouts = told["settings"]["layouts"]
    solved = f"solved at step {told['solved_at']:,}" if told["solved_at"] else "not solved"
    solved += f", {told['layouts_solved']} of {layouts} layouts" if layouts > 1 else ""
    full = f" (no room for more: raise --search.most-cells above {told['cells']})" if told["refused"] else ""
    console.print(
        f"{told['steps']:,} steps, {told['cells']:,} cells by {told['settings']['cells']}{full}; {solved}"
    )
    console.print(f"best return {told['best_return']:.4g} in {told['best_length']:,} steps")
