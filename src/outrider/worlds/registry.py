"""From a world's id to the world."""

from __future__ import annotations

from outrider.worlds.craftax.family import CraftaxFacts
from outrider.worlds.gymnax.family import GymnaxFacts
from outrider.worlds.minigrid.family import MiniGridFacts
from outrider.worlds.names import check_installed, check_world
from outrider.worlds.world import World


def make(world_id: str) -> World:
    """The world of an id such as `minigrid/doorkey-8x8+television`. Errors: as `check_world`; a missing package.

    A family's package is imported when a world of it is made.
    """
    facts, options = check_world(world_id)
    check_installed(world_id)
    if isinstance(facts, MiniGridFacts):
        from outrider.worlds.minigrid.world import build as build_minigrid

        return build_minigrid(world_id, facts, options)
    if isinstance(facts, GymnaxFacts):
        from outrider.worlds.gymnax.world import build as build_gymnax

        return build_gymnax(facts)
    if isinstance(facts, CraftaxFacts):
        from outrider.worlds.craftax.world import build as build_craftax

        return build_craftax(facts)
    raise NotImplementedError(f"no builder for {facts.name}")
