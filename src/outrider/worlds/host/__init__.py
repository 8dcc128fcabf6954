"""Host worlds: what others wrote, stepped on the host, many copies each, beside captioners."""

from outrider.worlds.host.envpool import EnvpoolWorlds
from outrider.worlds.host.face import HostWorlds, Turn
from outrider.worlds.host.gymnasium import GymnasiumWorlds
from outrider.worlds.host.make import alone, make

__all__ = ["EnvpoolWorlds", "GymnasiumWorlds", "HostWorlds", "Turn", "alone", "make"]
