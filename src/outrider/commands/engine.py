"""`outrider ask` and `outrider models`."""

from __future__ import annotations


def ask(caption: str, world: str, mission: str, engine: str) -> None:
    """Print what an engine answers about one caption."""
    from outrider.lm.question import Rate
    from outrider.lm.registry import build
    from outrider.lm.relevance import PARTS
    from outrider.worlds.names import check_world

    mission = mission or check_world(world)[0].mission
    asked = build(engine)
    (answer,) = asked.answer([Rate(caption, mission)])
    print(f"engine:  {asked.name}\nmission: {mission}\ncaption: {caption}")
    if answer.abstention:
        print(f"abstains: {answer.abstention}")
    for name, value in zip(PARTS, answer.values, strict=False):
        print(f"{name:10s} {value: .4f}")


def models(what: str) -> None:
    """Show or fetch the weights of the embedded model."""
    from outrider.lm.fetch import fetch
    from outrider.lm.models import SMOLLM2, locate

    path = fetch() if what == "fetch" else locate()
    print(f"{SMOLLM2.id} ({SMOLLM2.licence}): {path}")
