"""`outrider ask` and `outrider models`."""

from __future__ import annotations

import sys

from outrider.errors import OutriderError


def ask(caption: str, world: str, mission: str, engine: str) -> None:
    """Print what an engine answers about one caption. Errors: an unknown world, no caption."""
    from outrider.lm.question import Rate
    from outrider.lm.registry import build
    from outrider.lm.relevance import PARTS
    from outrider.worlds.names import check_world

    mission = mission or check_world(world)[0].mission
    if not caption.strip():
        raise OutriderError(
            'there is no caption to ask about: write a sentence, such as "You opened the door."'
        )
    asked = build(engine)
    print(f"asking {engine}, which takes some seconds ...", file=sys.stderr, flush=True)
    (answer,) = asked.answer([Rate(caption, mission)])
    print(f"engine:  {asked.name}\nmission: {mission}\ncaption: {caption}")
    if answer.abstention:
        print(f"abstains: {answer.abstention}")
    for name, value in zip(PARTS, answer.values, strict=False):
        print(f"{name:10s} {value: .4f}")


def models(what: str) -> None:
    """Show the weights of the embedded model, or fetch them where there are none yet."""
    from outrider.lm.fetch import fetch
    from outrider.lm.models import SMOLLM2, locate

    try:
        path = locate()
    except OutriderError:
        if what != "fetch":
            raise
        path = fetch()
    print(f"{SMOLLM2.id} ({SMOLLM2.licence}): {path}")
