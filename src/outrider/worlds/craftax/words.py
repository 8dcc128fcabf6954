"""Event codes of both Craftax worlds and their sentences. No jax: codes on the device, words on the host.

A code is a position in one table, the same for both worlds; code 0 is "no event". First come the achievements, reached
for the first time in the episode, as craftax numbers them (plus 1); then what is an achievement but for having been
reached before; then whatever else happens. A world uses a part of the table, which its `Vocabulary` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

# In craftax's order, of which Craftax-Classic has the first 22: the name there, and what happened.
ACHIEVEMENTS = (
    ("collect wood", "You collected wood."),
    ("place table", "You placed a crafting table."),
    ("eat cow", "You ate a cow."),
    ("collect sapling", "You collected a sapling."),
    ("collect drink", "You drank water."),
    ("make wood pickaxe", "You made a wooden pickaxe."),
    ("make wood sword", "You made a wooden sword."),
    ("place plant", "You planted a sapling."),
    ("defeat zombie", "You defeated a zombie."),
    ("collect stone", "You collected stone."),
    ("place stone", "You placed a stone."),
    ("eat plant", "You ate a ripe plant."),
    ("defeat skeleton", "You defeated a skeleton."),
    ("make stone pickaxe", "You made a stone pickaxe."),
    ("make stone sword", "You made a stone sword."),
    ("wake up", "You woke up."),
    ("place furnace", "You placed a furnace."),
    ("collect coal", "You collected coal."),
    ("collect iron", "You collected iron."),
    ("collect diamond", "You collected a diamond."),
    ("make iron pickaxe", "You made an iron pickaxe."),
    ("make iron sword", "You made an iron sword."),
    ("make arrow", "You made arrows."),
    ("make torch", "You made torches."),
    ("place torch", "You placed a torch."),
    ("make diamond sword", "You made a diamond sword."),
    ("make iron armour", "You made a piece of iron armour."),
    ("make diamond armour", "You made a piece of diamond armour."),
    ("enter gnomish mines", "You entered the gnomish mines."),
    ("enter dungeon", "You entered the dungeon."),
    ("enter sewers", "You entered the sewers."),
    ("enter vault", "You entered the vaults."),
    ("enter troll mines", "You entered the troll mines."),
    ("enter fire realm", "You entered the fire realm."),
    ("enter ice realm", "You entered the ice realm."),
    ("enter graveyard", "You entered the graveyard."),
    ("defeat gnome warrior", "You defeated a gnome warrior."),
    ("defeat gnome archer", "You defeated a gnome archer."),
    ("defeat orc solider", "You defeated an orc soldier."),  # craftax spells it so
    ("defeat orc mage", "You defeated an orc mage."),
    ("defeat lizard", "You defeated a lizard."),
    ("defeat kobold", "You defeated a kobold."),
    ("defeat troll", "You defeated a troll."),
    ("defeat deep thing", "You defeated a deep thing."),
    ("defeat pigman", "You defeated a pigman."),
    ("defeat fire elemental", "You defeated a fire elemental."),
    ("defeat frost troll", "You defeated a frost troll."),
    ("defeat ice elemental", "You defeated an ice elemental."),
    ("damage necromancer", "You damaged the necromancer."),
    ("defeat necromancer", "You defeated the necromancer."),
    ("eat bat", "You ate a bat."),
    ("eat snail", "You ate a snail."),
    ("find bow", "You found a bow."),
    ("fire bow", "You shot an arrow."),
    ("collect sapphire", "You collected a sapphire."),
    ("learn fireball", "You learned to cast fireballs."),
    ("cast fireball", "You cast a fireball."),
    ("learn iceball", "You learned to cast iceballs."),
    ("cast iceball", "You cast an iceball."),
    ("collect ruby", "You collected a ruby."),
    ("make diamond pickaxe", "You made a diamond pickaxe."),
    ("open chest", "You opened a chest."),
    ("drink potion", "You drank a potion."),
    ("enchant sword", "You enchanted your sword."),
    ("enchant armour", "You enchanted your armour."),
    ("defeat knight", "You defeated a knight."),
    ("defeat archer", "You defeated a knight archer."),
)
# What is told of an achievement that was reached before; the rest happens once.
_OFTEN = {
    "collect wood": "You collected more wood.",
    "place table": "You placed another crafting table.",
    "collect sapling": "You collected another sapling.",
    "collect drink": "You drank more water.",
    "make wood pickaxe": "You made another wooden pickaxe.",
    "make wood sword": "You made another wooden sword.",
    "place plant": "You planted another sapling.",
    "collect stone": "You collected more stone.",
    "place stone": "You placed another stone.",
    "eat plant": "You ate another ripe plant.",
    "make stone pickaxe": "You made another stone pickaxe.",
    "make stone sword": "You made another stone sword.",
    "wake up": "You woke up again.",
    "place furnace": "You placed another furnace.",
    "collect coal": "You collected more coal.",
    "collect iron": "You collected more iron.",
    "collect diamond": "You collected another diamond.",
    "make iron pickaxe": "You made another iron pickaxe.",
    "make iron sword": "You made another iron sword.",
    "make arrow": "You made more arrows.",
    "make torch": "You made more torches.",
    "place torch": "You placed another torch.",
    "make iron armour": "You made another piece of iron armour.",
    "make diamond armour": "You made another piece of diamond armour.",
    "damage necromancer": "You damaged the necromancer again.",
    "fire bow": "You shot another arrow.",
    "collect sapphire": "You collected another sapphire.",
    "cast fireball": "You cast another fireball.",
    "cast iceball": "You cast another iceball.",
    "collect ruby": "You collected another ruby.",
    "open chest": "You opened another chest.",
    "drink potion": "You drank another potion.",
    "enchant sword": "You enchanted your sword again.",
    "enchant armour": "You enchanted more of your armour.",
}
AGAIN = {
    name: sentence.replace(" a ", " another ").replace(" an ", " another ")
    if name.startswith(("defeat", "eat cow", "eat bat", "eat snail"))
    else sentence.replace("You entered", "You came back into")
    if name.startswith("enter")
    else _OFTEN[name]
    for name, sentence in ACHIEVEMENTS
    if name in _OFTEN or name.startswith(("defeat", "eat", "enter"))
    if name != "defeat necromancer"  # the end
}
# Mobs of the full game by craftax's class and type.
PASSIVE = ("cow", "bat", "snail")
MELEE = ("zombie", "gnome warrior", "orc soldier", "lizard", "knight", "troll", "pigman", "frost troll")
RANGED = (
    "skeleton", "gnome archer", "orc mage", "kobold", "knight archer", "deep thing", "fire elemental", "ice elemental",
)  # fmt: skip
SIGHTS = (
    "a diamond", "a sapphire", "a ruby", "a chest", "iron", "coal", "an enchantment table of fire",
    "an enchantment table of ice", "a fountain", "lava", "a ripe plant", "water", "a tree", "stone", "a ladder down",
)  # fmt: skip
OTHERS = (
    ("hurt by lava", "You fell into lava."),
    ("hurt by zombie", "A zombie hurt you."),
    ("hurt by arrow", "An arrow hit you."),
    ("hurt by need", "You lost health from hunger, thirst or tiredness."),
    ("hurt by melee", "A monster struck you."),
    ("hurt by projectile", "A monster shot you."),
    *(
        (f"hit {mob}", f"You hit {'an' if mob[0] in 'aeiou' else 'a'} {mob}.")
        for mob in PASSIVE + MELEE + RANGED
    ),
    ("fell asleep", "You fell asleep."),
    ("food critical", "You are starving."),
    ("drink critical", "You are dying of thirst."),
    ("energy critical", "You are exhausted."),
    ("food low", "You became hungry."),
    ("drink low", "You became thirsty."),
    ("energy low", "You became tired."),
    ("plant ripened", "Your plant became ripe."),
    ("night fell", "Night fell."),
    ("day broke", "The day broke."),
    ("ladder opened", "The ladder down is open now."),
    ("left up", "You climbed the ladder up."),
    ("rested", "You lay down to rest."),
    ("enchanted bow", "You enchanted your bow."),
    ("found book", "You found a book."),
    ("found potion", "You found a potion."),
    ("more dexterous", "You became more dexterous."),
    ("stronger", "You became stronger."),
    ("more intelligent", "You became more intelligent."),
    *((f"saw {what}", f"You saw {what}.") for what in SIGHTS),
)
ROWS = (*ACHIEVEMENTS, *((f"{name} again", said) for name, said in AGAIN.items()), *OTHERS)
CODE = {name: code for code, (name, _) in enumerate(ROWS, start=1)}
CODES = 1 + len(ROWS)
VERBS = {
    "ate": "eat", "cast": "cast", "collected": "collect", "damaged": "damage", "defeated": "defeat", "drank": "drink",
    "enchanted": "enchant", "entered": "enter", "found": "find", "learned": "learn", "made": "make", "opened": "open",
    "placed": "place", "planted": "plant", "shot": "shoot", "woke": "wake",
}  # fmt: skip


@dataclass(frozen=True)
class Vocabulary:
    """The part of the table that a world uses: its first so many achievements, and names of `others` in the order of
    importance: of several in one step the first are told."""

    achievements: int
    others: tuple[str, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the achievements."""
        return tuple(name for name, _ in ACHIEVEMENTS[: self.achievements])

    @cached_property
    def again(self) -> tuple[str, ...]:
        """The achievements that are told again."""
        return tuple(name for name in self.names if name in AGAIN)

    @cached_property
    def said(self) -> dict[int, str]:
        """Every code of the world with its sentence."""
        names = (*self.names, *(f"{name} again" for name in self.again), *self.others)
        return {CODE[name]: ROWS[CODE[name] - 1][1] for name in names}

    @cached_property
    def goals(self) -> dict[str, int]:
        """Craftax's number of each achievement, by what follows `only=`, such as `collect-diamond`."""
        return {name.replace(" ", "-"): k for k, name in enumerate(self.names)}


def mission(achievement: int) -> str:
    """What to do for one achievement, such as "collect a diamond"."""
    verb, rest = ACHIEVEMENTS[achievement][1].removeprefix("You ").rstrip(".").split(" ", 1)
    return f"{VERBS[verb]} {rest}"
