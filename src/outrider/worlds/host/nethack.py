"""NetHack through nle: its own messages are the events; what is carried and what stands near is the situation.

Rows are the map's characters and colours as bytes. Messages, inventory and numbers are for the captioner.
"""

from __future__ import annotations

import difflib
from functools import lru_cache, partial
from hashlib import blake2b
from importlib import import_module
from typing import Any

import gymnasium
import numpy as np

from outrider.errors import OutriderError
from outrider.worlds.host.captions import HostCaptioner, Sight
from outrider.worlds.host.face import guarded, package
from outrider.worlds.host.gymnasium import WORKERS, GymnasiumWorlds, many
from outrider.worlds.host.table import Table

WORDS = ("message", "inv_strs", "blstats", "glyphs")
KEYS = ("chars", "colors", *WORDS)
# What is worth a word of the map itself: numbers of NetHack 3.6's `defsyms`.
MAP = {
    12: "a doorway",
    13: "an open door",
    14: "an open door",
    15: "a closed door",
    16: "a closed door",
    17: "iron bars",
    18: "a tree",
    23: "a staircase up",
    24: "a staircase down",
    25: "a ladder up",
    26: "a ladder down",
    27: "an altar",
    28: "a grave",
    29: "an opulent throne",
    30: "a sink",
    31: "a fountain",
    32: "water",
    33: "ice",
    34: "molten lava",
}
# Classes of objects whose looks say nothing yet, by NetHack's numbers.
SHUFFLED = {
    4: "a ring",
    5: "an amulet",
    8: "a potion",
    9: "a scroll",
    10: "a spellbook",
    11: "a wand",
    13: "a gem",
}


class NetHackCaptioner:
    """As `HostCaptioner` says, word for word what NetHack writes."""

    def __init__(self) -> None:
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
            self._heard[message] = self.events.code(_text(message))
        return self._heard[message]

    def _situation(self, carried: np.ndarray, around: np.ndarray) -> int:
        key = blake2b(carried.tobytes() + around.tobytes(), digest_size=16).digest()  # 4 KB a situation, else
        if key not in self._known:
            things = [text for row in carried if (text := _text(row.tobytes()))]
            near = [glyph for k, glyph in enumerate(around.ravel().tolist()) if k != 4]
            seen = sorted({name for glyph in near if (name := glyph_name(glyph))})
            self._known[key] = self.situations.code(
                f"You carry {', '.join(things) or 'nothing'}; near you is {', '.join(seen) or 'nothing'}."
            )
        return self._known[key]


def _text(row: bytes) -> str:
    return " ".join(row.split(b"\0", 1)[0].decode("latin-1").split())


@lru_cache(maxsize=8192)
def glyph_name(glyph: int) -> str:
    """What stands for a glyph in words; empty for walls, floors and the dark."""
    n: Any = import_module("nle.nethack")

    if n.glyph_is_pet(glyph) or n.glyph_is_monster(glyph):
        name = n.permonst(n.glyph_to_mon(glyph)).mname
        return f"your {name}" if n.glyph_is_pet(glyph) else _with_article(name)
    if n.glyph_is_body(glyph):
        return "a corpse"
    if n.glyph_is_statue(glyph):
        return "a statue"
    if n.glyph_is_object(glyph):
        return _object(n, n.glyph_to_obj(glyph))
    if n.glyph_is_trap(glyph):
        return "a trap"
    if n.glyph_is_cmap(glyph):
        return MAP.get(n.glyph_to_cmap(glyph), "")
    return ""


def _object(n: Any, number: int) -> str:
    """An object by its looks, or its class alone where looks are shuffled anew in every game."""
    kind = n.objclass(number)
    return SHUFFLED.get(ord(kind.oc_class)) or _with_article(n.OBJ_NAME(kind))


def _with_article(name: str) -> str:
    if name.endswith("s") and not name.endswith("ss"):  # boots and gloves
        return name
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


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


def build(
    world_id: str,
    name: str,
    copies: int,
    groups: int,
    captioner: HostCaptioner | None,
    module: str = "nle",
    prefix: str = "NetHack",
) -> GymnasiumWorlds:
    """`nethack/NAME` under nle's own names, such as `nethack/NetHackScore-v0`; `+workers` as Gymnasium's.

    Errors: unknown name, near ones suggested; the extra `nethack` missing.
    """
    short, known = name.removesuffix(WORKERS), names(module, prefix)
    if short not in known:
        near = difflib.get_close_matches(short, known, n=3, cutoff=0.4) or known[:4]
        raise OutriderError(f"{module} has no world {short!r}; did you mean {' or '.join(near)}?")
    env = guarded(world_id, lambda: many(partial(one, short, module), copies, name.endswith(WORKERS)))
    return GymnasiumWorlds(env, world_id, captioner or NetHackCaptioner(), WORDS)
