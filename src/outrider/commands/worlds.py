"""`outrider worlds`."""

from __future__ import annotations


def worlds() -> None:
    """Print a table of all worlds."""
    from rich.console import Console
    from rich.table import Table

    from outrider.worlds.names import FAMILIES, WORLDS, event_sentences

    table = Table(title="Worlds")
    table.add_column("id", no_wrap=True)
    table.add_column("what to do")
    for column in ("horizon", "captions"):
        table.add_column(column, justify="right")
    for name, facts in WORLDS.items():
        said = len(set(event_sentences(name).values()))
        table.add_row(name, facts.description, str(facts.horizon), str(said))
    console = Console()
    console.print(table)
    for name, family in FAMILIES.items():
        for option, effect in family.options.items():
            console.print(f"Option of every {name} world: +{option} ({effect}).")
