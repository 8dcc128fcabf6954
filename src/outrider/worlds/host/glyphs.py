"""NetHack's map in words: what stands for a glyph, told by its looks as one sees them who has identified nothing.

A glyph gives an object's true kind away. What of its looks is drawn anew in every game (NetHack 3.6's `o_init.c`,
`shuffle_all`) nle does not tell, so that such an object is told by its class alone: a potion, boots. All others are
told by the appearance that NetHack gives them, "a whistle" for a magic one. Once a kind is identified, inventory and
messages name it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from typing import Any

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
# Classes of objects whose looks are shuffled, by NetHack's numbers, and kinds within the class of armour.
SHUFFLED = {4: "a ring", 5: "an amulet", 8: "a potion", 9: "a scroll", 10: "a spellbook", 11: "a wand"}
SHUFFLED_ARMOUR = {
    "a helmet": range(78, 82),  # helmet to helm of telepathy
    "a cloak": range(125, 129),  # cloak of protection to cloak of displacement
    "gloves": range(136, 140),  # leather gloves to gauntlets of dexterity
    "boots": range(143, 150),  # speed boots to levitation boots
}
GEMS = 13
PROPER_NAME, UNIQUE = 0x80000, 0x1000  # bits of NetHack's `mflags2` and `geno`
# What begins with a vowel's letter and no vowel's sound: NetHack's own words (`objnam.c`, `just_an`), and their like.
CONSONANTAL = re.compile("one-|us[aeiu]|uni(corn|form|que)|uranium|eu")


@lru_cache(maxsize=8192)
def glyph_name(glyph: int) -> str:
    """What stands for a glyph in words; empty for walls, floors and the dark."""
    n: Any = import_module("nle.nethack")

    if n.glyph_is_pet(glyph) or n.glyph_is_monster(glyph):
        kind = n.permonst(n.glyph_to_mon(glyph))
        return f"your {kind.mname}" if n.glyph_is_pet(glyph) else _monster(kind)
    if n.glyph_is_body(glyph):
        return "a corpse"
    if n.glyph_is_statue(glyph):
        return "a statue"
    if n.glyph_is_object(glyph):
        return object_name(n, n.glyph_to_obj(glyph))
    if n.glyph_is_trap(glyph):
        return "a trap"
    if n.glyph_is_cmap(glyph):
        return MAP.get(n.glyph_to_cmap(glyph), "")
    return ""


def object_name(n: Any, number: int) -> str:
    """An object of NetHack's table by its looks, "a looking glass"; by its class where those are shuffled."""
    kind = n.objclass(number)
    name, looks = n.OBJ_NAME(kind), n.OBJ_DESCR(kind)
    if told := SHUFFLED.get(ord(kind.oc_class)):
        return told
    for told, numbers in SHUFFLED_ARMOUR.items():
        if number in numbers:
            return told
    if ord(kind.oc_class) == GEMS and looks:
        return "a gray stone" if looks == "gray" else "a gem"
    shown = looks or name
    plural = shown.endswith("s") and not shown.endswith("ss")  # shoes and lenses
    return shown if plural else with_article(shown)


def _monster(kind: Any) -> str:
    """A monster's name: one of many, one of its kind, or somebody's own."""
    if kind.mflags2 & PROPER_NAME:
        return kind.mname
    return f"the {kind.mname}" if kind.geno & UNIQUE else with_article(kind.mname)


def with_article(name: str) -> str:
    """A noun with "a" or "an", by its sound as far as NetHack's words go: "an umber hulk", "a unicorn horn"."""
    lower = name.lower()
    vowel = lower[:1] in tuple("aeiou") and not CONSONANTAL.match(lower)
    letter = lower[:1] == "x" and lower[1:2] not in tuple("aeiou")  # "an x-ray"
    return f"{'an' if vowel or letter else 'a'} {name}"
