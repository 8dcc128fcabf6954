"""The words of Craftax-Classic. No jax."""

from __future__ import annotations

from outrider.worlds.craftax.phrases import chosen, held, listed, needs
from outrider.worlds.craftax.words import Vocabulary

# What comes into sight, by craftax's number of the block, the rarest first.
SIGHTS = {
    10: "a diamond",
    9: "iron",
    8: "coal",
    14: "lava",
    16: "a ripe plant",
    3: "water",
    5: "a tree",
    4: "stone",
}
CLASSIC = Vocabulary(
    22,
    (
        "hurt by lava", "hurt by zombie", "hurt by arrow", "hurt by need", "hit zombie", "hit skeleton", "hit cow",
        "fell asleep", "food critical", "drink critical", "energy critical", "food low", "drink low", "energy low",
        "plant ripened", "night fell", "day broke", *(f"saw {what}" for what in SIGHTS.values()),
    ),
)  # fmt: skip

NEEDS = ("health", "food", "drink", "energy")
MATERIALS = ("wood", "stone", "coal", "iron", "diamond", "sapling")
SPOKEN = ("wood", "stone", "coal", "iron", "diamonds", "saplings")
TOOLS = ("", "wooden", "stone", "iron")
# What a situation says of the neighbourhood: blocks by craftax's number, then mobs.
BLOCKS = {**SIGHTS, 11: "a crafting table", 12: "a furnace"}
NEAR = (*BLOCKS.values(), "a cow", "a zombie", "a skeleton")


def situation_text(code: tuple[int, ...]) -> str:
    """Needs, what is carried, what is in sight, the hour, and whether the player sleeps.

    The code: 4 needs, pickaxe, sword, amounts of 6 materials, bits of what is near, night, asleep.
    """
    levels, (pickaxe, sword), amounts, (near, night, asleep) = code[:4], code[4:6], code[6:12], code[12:]
    tools = [f"the {TOOLS[k]} {what}" for k, what in ((pickaxe, "pickaxe"), (sword, "sword")) if k]
    carried = listed(tools + held(amounts, SPOKEN))
    hour = "night" if night else "day"
    return (
        f"{needs(levels, NEEDS)}; you carry {carried}; in sight: {listed(chosen(near, NEAR))}; "
        f"it is {hour} and you are {'asleep' if asleep else 'awake'}."
    )
