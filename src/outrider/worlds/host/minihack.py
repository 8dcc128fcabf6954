"""MiniHack: small worlds in NetHack's engine, with NetHack's words."""

from __future__ import annotations

from outrider.worlds.host import nethack
from outrider.worlds.host.captions import HostCaptioner
from outrider.worlds.host.gymnasium import GymnasiumWorlds


def names() -> list[str]:
    """What MiniHack registers with Gymnasium."""
    return nethack.names("minihack", "MiniHack")


def build(
    world_id: str, name: str, copies: int, groups: int, captioner: HostCaptioner | None
) -> GymnasiumWorlds:
    """`minihack/NAME` under MiniHack's own names, such as `minihack/MiniHack-KeyRoom-S5-v0`. Errors: as NetHack's."""
    return nethack.build(world_id, name, copies, groups, captioner, module="minihack", prefix="MiniHack")
