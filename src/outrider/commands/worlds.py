"""`outrider worlds`: all worlds in a table, those that a pattern fits, or one in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table

from outrider.errors import OutriderError
from outrider.worlds import listing
from outrider.worlds.names import (
    FAMILIES,
    HOST,
    WORLDS,
    check_world,
    event_sentences,
    family_of,
    is_host,
    options_of,
)

SHOWN = 5  # sentences of a kind in full view, without --all
MANY = 5  # options of one name that are still listed one by one
USUAL = 96  # columns of a terminal that has place for what is seen
WIDE = 110  # columns of a terminal that has place for scores


def worlds(what: str, everything: bool) -> None:
    """Print what was asked for. Errors: nothing fits, with the nearest name; a host package that is not installed."""
    console = Console(highlight=False, markup=False)
    if is_host(what):
        _host(what, everything, console)
    elif what.partition("+")[0] in WORLDS:
        _one(what, everything, console)
    elif "+" in what:
        check_world(what)  # says what is wrong with it
    else:
        console.print(_table(listing.matching(what) if what else WORLDS, console.width))
        if not what:
            _rest(everything, console)


def _table(names: Iterable[str], width: int) -> Table:
    """Device worlds; what they show and their scores where there is place for that."""
    table = Table(
        title="Device worlds",
        caption=f"steps of random actions a second, events included, situations not: on {listing.machine()}",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    names = tuple(names)
    table.add_column("world", no_wrap=True, min_width=max(map(len, names)))
    for column in ("sees", "actions") if width >= USUAL else ("actions",):
        table.add_column(column, no_wrap=True)
    for column in ("horizon", "captions", "steps/s"):
        table.add_column(column, no_wrap=True, justify="right")
    if width >= WIDE:
        table.add_column("scores")
    for name in names:
        facts, found = WORLDS[name], listing.measured().get(name)
        scores = ", ".join(f"{one.name} {one.score:.4g}" for one in facts.references)
        table.add_row(
            name,
            *([found.observation if found else "-"] if width >= USUAL else []),
            found.actions if found else str(len(facts.actions) or "-"),
            f"{facts.horizon:,}",
            f"{listing.captions(name):,}",
            _short(found.rate) if found else "-",
            *([scores] if width >= WIDE else []),
        )
    return table


def _short(rate: float) -> str:
    """As 1.72M or 20.4k."""
    return f"{rate / 1e6:.3g}M" if rate >= 1e6 else f"{rate / 1e3:.3g}k"


def _rest(everything: bool, console: Console) -> None:
    """What the table of device worlds leaves out: options, and the worlds of other packages."""
    for family in FAMILIES:
        taken = dict.fromkeys(option for name in FAMILIES[family].worlds for option in options_of(name))
        heads = Counter(option.partition("=")[0] for option in taken)
        told = dict.fromkeys(
            f"+{h}=..." if heads[h := o.partition("=")[0]] > MANY else f"+{o}" for o in taken
        )
        if told:
            console.print(f"options of {family} worlds: {' '.join(told)}")
    for family, what in HOST.items():
        told = what
        if everything:
            try:
                console.print("\n".join(f"{world_id} (host)" for world_id in listing.host_ids(family)))
                continue
            except OutriderError as error:
                told = str(error)
        console.print(f"{family}/NAME (host): {told}", soft_wrap=True)
    console.print("`outrider worlds NAME` shows a world or a host family; `--all` lists host worlds too.")


def _host(what: str, everything: bool, console: Console) -> None:
    """Host worlds that fit: one by one where they are few or all are wanted, else in groups; one in full."""
    ids = listing.host_matching(what)
    if what in ids:
        from outrider.worlds import host

        made = host.make(what, 1)
        console.print(f"{what} (host)\nobservation: {made.row.width} numbers ({made.row.dtype})")
        console.print(f"actions: {made.actions.space}")
        made.close()
    elif everything or len(ids) <= 40:
        console.print("\n".join(ids))
    else:
        for group, count in listing.host_groups(ids).items():
            console.print(f"{group} (host): {count:,}")
        console.print(f"{len(ids):,} in all; --all lists them")


def _one(world_id: str, everything: bool, console: Console) -> None:
    """One world in full, with its options if the id has some."""
    facts, _ = check_world(world_id)
    found = listing.measured().get(facts.name)
    lines = {
        "mission": facts.mission,
        "what to do": facts.description,
        "package": family_of(facts.name).package or "none beside the extra train",
        "observation": found.observation if found else "not measured",
        "actions": ", ".join(facts.actions) or (found.actions if found else "not measured"),
        "longest episode": f"{facts.horizon:,} steps",
        "solved": f"with a return above {facts.solved_above:g}",
        "random steps": f"{found.rate:,.0f} a second on {listing.machine()}" if found else "not measured",
    }
    console.print(f"{world_id} (device)", style="bold")
    for name, told in lines.items():
        console.print(f"{name:>16}: {told}", soft_wrap=True)
    for one in facts.references:
        console.print(f"{'score':>16}: {one.score:g} {one.name} ({one.source})", soft_wrap=True)
    for option, count in listing.options(facts.name).items():
        told = f"+{option}   {options_of(facts.name)[option]}; {count:,} events"
        console.print(f"{'option':>16}: {told}", soft_wrap=True)
    console.print(
        f"{listing.captions(world_id):,} captions of {len(event_sentences(world_id)):,} events, by kind:"
    )
    for kind, said in listing.sentences_by_kind(world_id).items():
        shown = said if everything else said[:SHOWN]
        more = f" ... and {len(said) - SHOWN:,} more (--all)" if len(said) > len(shown) else ""
        console.print(f"{kind:>16}: {' '.join(shown)}{more}", soft_wrap=True)
