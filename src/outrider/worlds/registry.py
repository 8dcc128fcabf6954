"""From a world's id to the world."""

from __future__ import annotations

from outrider.worlds.minigrid.world import MiniGrid, build
from outrider.worlds.names import check_world


def make(world_id: str) -> MiniGrid:
    """The world of an id such as `minigrid/doorkey-8x8+television`. Errors: as `check_world`."""
    facts, options = check_world(world_id)
    return build(world_id, facts, options)
