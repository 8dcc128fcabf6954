"""Who knows the way: for some worlds, what to do next as a pure function of the whole state."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from jaxtyping import Array

from outrider.errors import OutriderError
from outrider.worlds.names import without_expert
from outrider.worlds.world import World

Expert = Callable[[Any], Array]  # of one state, `vmap`ped by others; it may see what no agent sees
Gauge = Callable[[Any], Array]  # likewise, how many steps the expert still needs
FAMILIES = ("minigrid",)  # whose folder has a module `expert`


def expert_of(world: World) -> Expert:
    """The expert of a world that `make` made. Errors: a world that has none."""
    return _told(world, lambda family: family.of(world))


def gauge_of(world: World) -> Gauge:
    """How many steps the expert of a world still needs; at most the world's horizon. Errors: as `expert_of`."""
    return _told(world, lambda family: family.gauge(world))


def _told(world: World, ask: Callable[[Any], Callable[[Any], Array] | None]) -> Callable[[Any], Array]:
    family = world.id.partition("/")[0]
    if family in FAMILIES and (found := ask(import_module(f"outrider.worlds.{family}.expert"))):
        return found
    raise OutriderError(without_expert(world.id))
