"""The words of the full Craftax. No jax."""

from __future__ import annotations

from outrider.worlds.craftax.phrases import chosen, held, listed, needs
from outrider.worlds.craftax.words import MELEE, PASSIVE, RANGED, Vocabulary

# What comes into sight, by craftax's number of the block, the rarest first; a ladder is an item and no block.
SIGHTS = {
    10: "a diamond", 21: "a sapphire", 22: "a ruby", 23: "a chest", 30: "an enchantment table of fire",
    31: "an enchantment table of ice", 9: "iron", 8: "coal", 24: "a fountain", 14: "lava", 16: "a ripe plant",
    3: "water", 5: "a tree", 4: "stone",
}  # fmt: skip
LADDER = "a ladder down"
FULL = Vocabulary(
    67,
    (
        "hurt by melee", "hurt by projectile", "hurt by need", "ladder opened", "left up", "found book", "found potion",
        "enchanted bow", "more dexterous", "stronger", "more intelligent",
        *(f"hit {mob}" for mob in MELEE + RANGED + PASSIVE),
        "fell asleep", "rested", "food critical", "drink critical", "energy critical", "food low", "drink low",
        "energy low", "plant ripened", "night fell", "day broke", f"saw {LADDER}",
        *(f"saw {what}" for what in SIGHTS.values()),
    ),
)  # fmt: skip

FLOORS = (
    "on the surface", "in the dungeon", "in the gnomish mines", "in the sewers", "in the vaults", "in the troll mines",
    "in the fire realm", "in the ice realm", "in the graveyard",
)  # fmt: skip
NEEDS = ("health", "food", "drink", "energy", "mana")
MATERIALS = (
    "wood", "stone", "coal", "iron", "diamond", "sapphire", "ruby", "sapling", "torches", "arrows", "books"
)  # fmt: skip
SPOKEN = (
    "wood", "stone", "coal", "iron", "diamonds", "sapphires", "rubies", "saplings", "torches", "arrows", "books",
    "potions", "pieces of armour",
)  # fmt: skip
TOOLS = ("", "wooden", "stone", "iron", "diamond")
SKILLS = ("a bow", "the fireball spell", "the iceball spell", "an enchanted sword", "an enchanted bow")
BLOCKS = {**SIGHTS, 11: "a crafting table", 12: "a furnace"}
NEAR = (*BLOCKS.values(), LADDER, "an animal", "a monster that strikes", "a monster that shoots")


def situation_text(code: tuple[int, ...]) -> str:
    """The floor, needs, what the player has, what is in sight, the hour, and whether the player sleeps or rests.

    The code: floor, whether its ladder is open, 5 needs, pickaxe, sword, amounts of 13 kinds of things, bits of skills,
    bits of what is near, night, 0 awake or 1 asleep or 2 at rest.
    """
    (floor, open_), levels, (pickaxe, sword), amounts = code[:2], code[2:7], code[7:9], code[9:22]
    skills, near, night, sleep = code[22:]
    tools = [f"the {TOOLS[k]} {what}" for k, what in ((pickaxe, "pickaxe"), (sword, "sword")) if k]
    owned = listed(tools + chosen(skills, SKILLS) + held(amounts, SPOKEN))
    return (
        f"You are {FLOORS[floor]}, where the way down is {'open' if open_ else 'shut'}; "
        f"{needs(levels, NEEDS).lower()}; "
        f"you have {owned}; in sight: {listed(chosen(near, NEAR))}; it is {'night' if night else 'day'} and you are "
        f"{('awake', 'asleep', 'at rest')[sleep]}."
    )
