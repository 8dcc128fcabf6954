"""From a host world's id to its copies."""

from __future__ import annotations

import difflib
from importlib import import_module

from outrider.errors import OutriderError
from outrider.worlds.host.captions import HostCaptioner
from outrider.worlds.host.face import HostWorlds
from outrider.worlds.names import HOST


def make(
    world_id: str,
    copies: int,
    groups: int = 1,
    captioner: HostCaptioner | None = None,
    captions: bool = True,
) -> HostWorlds:
    """`copies` of a host world such as `envpool/NAME`, one of `groups` that share this machine's cores.

    A family is the module of its name in this folder. Groups that are to agree about codes share one `captioner`, that
    of the first (`made.captioner`); without one the world gets its own, where it has one. Without `captions` it is
    silent, and steps so much the faster.

    Errors: unknown family or name, an extra that is not installed, spaces that do not fit.
    """
    family, _, name = world_id.partition("/")
    if family not in HOST:
        near = difflib.get_close_matches(family, HOST, n=2) or list(HOST)
        raise OutriderError(f"no host world {world_id!r}; host worlds are {' or '.join(near)}/NAME")
    made = import_module(f"outrider.worlds.host.{family}").build(world_id, name, copies, groups, captioner)
    if not captions:
        made.teller = None
    return made


def alone(world_id: str) -> HostWorlds:
    """One copy, to be played by hand or filmed. Errors: as `make`; a team of agents, which is no one player's."""
    if world_id.startswith("pettingzoo/"):
        raise OutriderError(
            f"world {world_id} has a team of agents, which cannot be played or filmed; train it"
        )
    return make(world_id, 1)
