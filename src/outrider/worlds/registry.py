"""From a world's id to the world."""

from __future__ import annotations

from importlib import import_module

from outrider.worlds import renamed
from outrider.worlds.names import check_installed, check_world
from outrider.worlds.world import World


def make(world_id: str) -> World:
    """The world of an id such as `minigrid/doorkey-8x8+television`. Errors: as `check_world`; a missing package.

    A family is the folder of its name: its module `world`, and with it the family's package, is imported when a world
    of it is made. It is not told of `+renamed`: what is on the device is the same, and only words differ.
    """
    facts, options = check_world(world_id)
    check_installed(world_id)
    family = facts.name.partition("/")[0]
    return import_module(f"outrider.worlds.{family}.world").build(world_id, facts, options - {renamed.OPTION})
