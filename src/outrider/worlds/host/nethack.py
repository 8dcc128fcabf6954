"""NetHack through nle: its own messages are the events; what is carried and what stands near is the situation.

Rows are the map's characters and colours as bytes. Messages, inventory and numbers are for the captioner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from hashlib import blake2b
from importlib import import_module
from typing import Any

import gymnasium
import numpy as np

from outrider.errors import OutriderError
from outrider.worlds import renamed
from outrider.worlds.host.captions import HostCaptioner, Sight
from outrider.worlds.host.face import guarded, package
from outrider.worlds.host.glyphs import glyph_name
from outrider.worlds.host.gymnasium import WORKERS, GymnasiumWorlds, many
from outrider.worlds.host.table import Table
from outrider.worlds.names import unknown

WORDS = ("message", "inv_strs", "blstats", "glyphs")
KEYS = ("chars", "colors", *WORDS)


class NetHackCaptioner:
    """As `HostCaptioner` says, word for word what NetHack writes; `say` may put it into other words."""

    def __init__(self, say: Callable[[str], str] = str) -> None:
        self._say = say
        self.events, self.situations = Table(), Table()
        self._heard: dict[bytes, int] = {}
        self._known: dict[bytes, int] = {}

    def read(self, obs: Any, info: Any, copies: int) -> Sight:
        """Messages `[n, 256]`, inventories `[n, 55, 80]`, and the glyphs around the hero `[n, 3, 3]`."""
        message = np.array(obs["message"]).reshape(copies, -1)
        carried = np.array(obs["inv_strs"]).reshape(copies, 55, -1)
        place = np.asarray(obs["blstats"]).reshape(copies, -1)[:, :2]
        glyphs = np.asarray(obs["glyphs"]).reshape(copies, 21, 79)
        ring = np.arange(-1, 2)
        rows = np.clip(place[:, 1, None] + ring, 0, 20)[:, :, None]
        columns = np.clip(place[:, 0, None] + ring, 0, 78)[:, None]
        return message, carried, glyphs[np.arange(copies)[:, None, None], rows, columns]

    def event(self, before: np.ndarray, action: np.ndarray, after: np.ndarray) -> np.ndarray:
        """NetHack's message, silence where there is none."""
        return np.array([self._event(row.tobytes()) for row in after], np.int32)

    def situation(self, now: Sight) -> np.ndarray:
        """The inventory, and things, monsters and doors on the eight cells around."""
        pairs = zip(now[1], now[2], strict=True)
        return np.array([self._situation(carried, around) for carried, around in pairs], np.int32)

    def missions(self, now: Sight) -> list[str]:
        """NetHack does not say."""
        return [""] * len(now[0])

    def _event(self, message: bytes) -> int:
        if message not in self._heard:
            self._heard[message] = self.events.code(self._say(_text(message)))
        return self._heard[message]

    def _situation(self, carried: np.ndarray, around: np.ndarray) -> int:
        key = blake2b(carried.tobytes() + around.tobytes(), digest_size=16).digest()  # 4 KB a situation, else
        if key not in self._known:
            things = [text for row in carried if (text := _text(row.tobytes()))]
            near = [glyph for k, glyph in enumerate(around.ravel().tolist()) if k != 4]
            seen = sorted({name for glyph in near if (name := glyph_name(glyph))})
            told = f"You carry {', '.join(things) or 'nothing'}; near you is {', '.join(seen) or 'nothing'}."
            self._known[key] = self.situations.code(self._say(told))
        return self._known[key]


def _text(row: bytes) -> str:
    return " ".join(row.split(b"\0", 1)[0].decode("latin-1").split())


class Seeded(gymnasium.Wrapper):
    """nle 1.3 leaves the seed of `reset` unused: here it begins a series of games, each seeded in nle's own way.

    The one world that refuses seeds, `NetHackChallenge-v0`, stays as random as it is.
    """

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self._draw = np.random.default_rng()

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """A seed begins a series of games, without one the next of them begins."""
        if seed is not None:
            self._draw = np.random.default_rng(seed)
        core, display = (int(number) for number in self._draw.integers(2**31, size=2))
        game: Any = self.env.unwrapped
        if "Challenge" not in game.spec.id:
            game.seed(core, display, reseed=False)
        return self.env.reset(seed=core, options=options)


def one(name: str, module: str) -> Any:
    """One environment, in whichever process; `module` registers its name."""
    import_module(module)
    return Seeded(gymnasium.make(name, observation_keys=KEYS, fix_moon_phase=True))


def names(module: str = "nle", prefix: str = "NetHack") -> list[str]:
    """What the package registers with Gymnasium."""
    package(module, f"{prefix.lower()}/NAME", "nethack")
    return [registered for registered in gymnasium.registry if registered.startswith(prefix)]


def parted(
    world_id: str, name: str, known: Sequence[str], more: Iterable[str] = ()
) -> tuple[str, frozenset[str]]:
    """The package's own name and the options behind it. Errors: unknown ones, with near ones; one named twice."""
    short, *options = name.split("+")
    if short not in known:
        raise OutriderError(unknown(f"world {world_id.partition('/')[0]}/{short}", short, known))
    taken = (WORKERS.removeprefix("+"), renamed.OPTION, *more)
    for option in options:
        if option not in taken:
            raise OutriderError(unknown(f"option {option!r} of world {world_id}", option, taken))
    if len({option.partition("=")[0] for option in options}) < len(options):
        raise OutriderError(f"world {world_id!r} names an option twice; once is enough")
    return short, frozenset(options)


def assembled(
    world_id: str,
    make: Callable[[], Any],
    copies: int,
    options: frozenset[str],
    captioner: HostCaptioner | None,
) -> GymnasiumWorlds:
    """The copies that `make` makes, with `+workers` each in a process of its own, with `+renamed` in made-up words."""
    env = guarded(world_id, lambda: many(make, copies, WORKERS.removeprefix("+") in options))
    say = renamed.rename if renamed.OPTION in options else str
    return GymnasiumWorlds(env, world_id, captioner or NetHackCaptioner(say), WORDS)


def build(
    world_id: str, name: str, copies: int, groups: int, captioner: HostCaptioner | None
) -> GymnasiumWorlds:
    """`nethack/NAME` under nle's own names, such as `nethack/NetHackScore-v0`; `+workers` as Gymnasium's; `+renamed`
    tells messages, inventory and what is near in made-up words, each thing always in the same.

    Errors: unknown name or option, near ones suggested; the extra `nethack` missing.
    """
    short, options = parted(world_id, name, names())
    return assembled(world_id, partial(one, short, "nle"), copies, options, captioner)
