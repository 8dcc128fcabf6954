"""What `outrider bench` does: times a configuration and shows where the time goes, with the machine if kept."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from outrider.verify.environment import environment_record
from outrider.verify.evidence import write_json

if TYPE_CHECKING:
    from outrider.learn.bench import Timing
    from outrider.learn.settings import Settings


def bench(
    world: str, settings: Settings, signal: str, engine: str, steps: int, rounds: int, out: Path | None
) -> None:
    """Time a configuration and print its shares of a run of `steps`; with `out`, write them as JSON."""
    from outrider.explore.names import check
    from outrider.learn.settings import check_steps
    from outrider.worlds.names import is_host

    if engine:
        check(signal, engine)
    check_steps(steps)
    measured = _on_the_host if is_host(world) else _on_the_device
    timing, asked = measured(world, settings, signal, engine, rounds)
    updates = settings.updates(steps)
    parts = {"language model": asked["seconds"], "compiling": timing.compile}
    if timing.alone is None:
        parts["rollouts"] = timing.rollout * updates
    else:
        rollout = min(timing.rollout, timing.update)
        stepping = min(timing.stepping, rollout)
        parts |= {"stepping": stepping * updates, "acting": (rollout - stepping) * updates}
    parts["learning"] = timing.learning * updates
    record: dict[str, Any] = {
        "world": world,
        "signal": signal,
        "engine": engine,
        "settings": asdict(settings),
        "steps": steps,
        "steps_per_second": timing.rate,
        "ratio_to_limit": timing.ratio,
        "seconds_of_a_run": parts,
        "seconds_of_an_update": {
            name: getattr(timing, name)
            for name in ("update", "rollout", "learning", "stepping", "products", "limit")
        },
        **({} if timing.alone is None else {"seconds_of_learning_alone": timing.alone}),
        "product_flops_of_an_update": timing.flops,
        "language_model": asked,
        "rounds": list(timing.rounds),
    }
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_json(out, {**record, "machine": environment_record()})
    _show(record, Console())


def _on_the_device(
    world: str, settings: Settings, signal: str, engine: str, rounds: int
) -> tuple[Timing, dict[str, float]]:
    """The time of a device world, and of asking about all its captions beforehand."""
    from outrider.guide.vocabulary import vocabulary
    from outrider.guide.weights import ask
    from outrider.lm.registry import build
    from outrider.worlds.names import check_world

    check_world(world)
    asked = {"questions": 0, "seconds": 0.0}
    if engine:
        words, answering = vocabulary(world), build(engine)
        began = time.perf_counter()
        ask(words, answering)
        asked = {"questions": len(words.captions), "seconds": time.perf_counter() - began}

    from outrider.learn.bench import even_atlas, measure
    from outrider.worlds.registry import make

    return measure(world, settings, signal, even_atlas(make(world).codes), rounds), asked


def _on_the_host(
    world: str, settings: Settings, signal: str, engine: str, rounds: int
) -> tuple[Timing, dict[str, float]]:
    """The time of a host world, and of asking about the captions that it met meanwhile."""
    from outrider.guide.growing import asking
    from outrider.learn.host_bench import measure_host
    from outrider.learn.host_fit import check_host
    from outrider.lm.cassette import Cassette

    check_host(world, settings, signal, engine)
    timing, (mission, captions) = measure_host(world, settings, signal, rounds)
    if not engine:
        return timing, {"questions": 0, "seconds": 0.0}
    began = time.perf_counter()
    asking(world, engine, 0, Cassette())(mission, captions)
    return timing, {"questions": len(captions), "seconds": time.perf_counter() - began}


def _show(record: dict[str, Any], console: Console) -> None:
    """Two tables: the shares of a run, and an update beside its limit."""
    parts = record["seconds_of_a_run"]
    whole = sum(parts.values())
    run = Table(title=f"A run of {record['steps']:,} steps on {record['world']}")
    for column in ("part", "seconds", "share"):
        run.add_column(column, justify="left" if column == "part" else "right")
    for name, seconds in parts.items():
        run.add_row(name, f"{seconds:.2f}", f"{seconds / whole:.0%}")
    console.print(run)
    update = Table(title="One update, milliseconds")
    for column in ("whole", "rollout", "learning", "bare world", "bare products", "limit"):
        update.add_column(column, justify="right")
    of = record["seconds_of_an_update"]
    names = ("update", "rollout", "learning", "stepping", "products", "limit")
    update.add_row(*(f"{1000 * of[name]:.2f}" for name in names))
    console.print(update)
    told = f"{record['steps_per_second']:,.0f} steps/s, {record['ratio_to_limit']:.0%} of the limit"
    asked = record["language_model"]
    if "seconds_of_learning_alone" in record:
        told += f"; learning alone takes {1000 * record['seconds_of_learning_alone']:.2f} ms, beside the next rollout"
    if asked["questions"]:
        told += f"; {asked['seconds'] / asked['questions']:.3f} s a question"
    console.print(told)
