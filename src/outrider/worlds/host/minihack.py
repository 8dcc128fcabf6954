"""MiniHack: small worlds in NetHack's engine, with NetHack's words.

`+engravings=N` burns N sentences into the floor of a level: half of them irrelevant, half naming things that matter in
such levels, true or false. They are read by walking over them, and nothing follows from them.
"""

from __future__ import annotations

from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import gymnasium

from outrider.errors import OutriderError
from outrider.worlds import television
from outrider.worlds.host import nethack
from outrider.worlds.host.captions import HostCaptioner
from outrider.worlds.host.gymnasium import GymnasiumWorlds

ENGRAVINGS = {f"engravings={n}": n for n in (4, 16, 64)}
THINGS = (("goal", "staircase"), ("key", "key"), ("door", "door"), ("thing", "wand"))  # what they name
STEP = 37  # of the sentences of a television every so-manyth, so that few engravings are of many kinds


def sentences(amount: int) -> tuple[str, ...]:
    """What is engraved, by turns of the things and of anything else."""
    told = television.hearsay(THINGS), television.SENTENCES
    mixed = ([said[STEP * k % len(said)] for k in range(amount // 2)] for said in told)
    return tuple(chain.from_iterable(zip(*mixed, strict=True)))


class Engraved(gymnasium.Wrapper):
    """A world with sentences in its level's description, which MiniHack leaves beside the game it has made."""

    def __init__(self, env: Any, name: str, amount: int) -> None:
        super().__init__(env)
        self._name, game = name, env.unwrapped
        self._level = Path(game.nethack._vardir) / "mylevel.des"
        level = self._level.read_text(encoding="utf-8") if self._level.is_file() else ""
        if "ENDMAP" not in level:
            raise OutriderError(
                f"world minihack/{name} takes its level from a file of MiniHack's, which is not written into; "
                "leave out +engravings"
            )
        lines = (f'ENGRAVING:random,burn,"{said}"\n' for said in sentences(amount))
        game.update(f"{level.rstrip()}\n{''.join(lines)}")

    def reset(self, **how: Any) -> Any:
        """As the world's. Errors: one that describes its level anew in every episode."""
        begun = self.env.reset(**how)
        if "ENGRAVING" not in self._level.read_text(encoding="utf-8"):
            raise OutriderError(f"world minihack/{self._name} draws levels of its own; leave out +engravings")
        return begun


def one(name: str, module: str, engravings: int) -> Any:
    """One environment, in whichever process."""
    made = nethack.one(name, module)
    return Engraved(made, name, engravings) if engravings else made


def names() -> list[str]:
    """What MiniHack registers with Gymnasium."""
    return nethack.names("minihack", "MiniHack")


def build(
    world_id: str, name: str, copies: int, groups: int, captioner: HostCaptioner | None
) -> GymnasiumWorlds:
    """`minihack/NAME` under MiniHack's own names, such as `minihack/MiniHack-KeyRoom-S5-v0`, with NetHack's options
    and `+engravings=4`, `=16` or `=64`. Errors: as NetHack's; a level that cannot be written into.
    """
    short, options = nethack.parted(world_id, name, names(), ENGRAVINGS)
    engravings = sum(ENGRAVINGS.get(option, 0) for option in options)
    make = partial(one, short, "minihack", engravings)
    return nethack.assembled(world_id, make, copies, options, captioner)
