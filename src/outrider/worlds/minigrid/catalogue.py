"""Every MiniGrid world: xminigrid's layout, mission, horizon and what it holds. No jax.

Horizons and rewards are xminigrid's, which are MiniGrid's. Missions are MiniGrid's where one sentence fits all layouts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from outrider.worlds.facts import MAXIMUM, SHORTEST, Reference, WorldFacts, by_chance, scores
from outrider.worlds.minigrid import rulesets
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.rulesets import RuleSet

COLOURED = tuple(t.COLOUR_NAMES)
THINGS = tuple(o for o in t.OBJECTS if o != t.KEY)
SIZES = (5, 6, 8, 16)
MEMORIES = (8, 16, 32, 64, 128)
KEY, DOOR, GOAL = ("key", "key"), ("door", "door"), ("goal", "goal")

# What ends an episode well: to stand on the goal, to hold the wanted thing, to open the wanted door, to go to the thing
# like the one at the start, or a rule set's own goal.
Success = Literal["goal", "hold", "open", "match", "rules"]


@dataclass(frozen=True, kw_only=True)
class MiniGridFacts(WorldFacts):
    """What a MiniGrid holds."""

    layout: str  # xminigrid's id
    colours: tuple[int, ...]  # of doors and of things that can be handled
    objects: tuple[int, ...]  # kinds of them
    success: Success
    named: tuple[tuple[str, str], ...]  # the mission's things: what each is, its name
    doors: int = 1  # in every layout
    only_wanted: bool = False  # whether no thing beside the key can be held but the one that is wanted
    rules: RuleSet | None = None
    actions: tuple[str, ...] = t.ACTION_NAMES

    @property
    def has_goal_tile(self) -> bool:
        """Whether the goal is a tile to stand on."""
        return self.success == "goal"

    def holds(self, tile: int, colour: int) -> bool:
        """Whether there can be such a thing."""
        if self.rules:
            made = (rule.makes for rule in self.rules.rules)
            return tile * t.COLOURS + colour in (*self.rules.start, *made)
        return tile in self.objects and colour in self.colours

    def hushes(self, deed: str, tile: int, colour: int) -> bool:
        """Whether an end or a rule never lets a deed with such a thing be told."""
        if self.rules:
            return self.rules.hushes(deed, tile * t.COLOURS + colour)
        return deed == "dropped" and self.only_wanted and tile != t.KEY


def _doorkey(size: int) -> MiniGridFacts:
    where = {8: "", 16: ", on a large grid, where chance does not find it"}
    return MiniGridFacts(
        name=f"minigrid/doorkey-{size}x{size}",
        layout=f"MiniGrid-DoorKey-{size}x{size}",
        mission="use the key to open the door and then get to the goal",
        horizon=10 * size * size,
        colours=(5,),
        objects=(t.KEY,),
        success="goal",
        named=(KEY, DOOR, GOAL),
        description="find the key, unlock the door, reach the goal" + where.get(size, ", on a small grid"),
    )


def _pick_up(
    name: str, layout: str, horizon: int, description: str, only_wanted: bool = False
) -> MiniGridFacts:
    return MiniGridFacts(
        name=f"minigrid/{name}",
        layout=f"MiniGrid-{layout}",
        mission="use the key to unlock the door and then pick up the object",
        horizon=horizon,
        colours=COLOURED,
        objects=(t.KEY, *THINGS),
        success="hold",
        named=(KEY, DOOR, ("thing", "object")),
        only_wanted=only_wanted,
        description=description,
    )


def _empty(size: int, chance: bool) -> MiniGridFacts:
    return MiniGridFacts(
        name=f"minigrid/empty-{'random-' * chance}{size}x{size}",
        layout=f"MiniGrid-Empty{'Random' * chance}-{size}x{size}",
        mission="get to the green goal square",
        horizon=4 * size * size,
        colours=(),
        objects=(),
        success="goal",
        named=(("goal", "green goal square"),),
        doors=0,
        description="cross an empty room" + ", from anywhere in it" * chance,
    )


def _memory(size: int) -> MiniGridFacts:
    return MiniGridFacts(
        name=f"minigrid/memory-{size}",
        layout=f"MiniGrid-MemoryS{size}",
        mission="go to the matching object at the end of the hallway",
        horizon=5 * size * size,
        colours=(2,),
        objects=(t.KEY, t.BALL),
        success="match",
        named=(("thing", "matching object"), ("thing", "green key"), ("thing", "green ball")),
        doors=0,
        description=f"remember what lay in the first room, down a hallway of {size - 6}; the wrong choice ends it",
    )


def _xland(rules: RuleSet) -> MiniGridFacts:
    rooms, side = rules.layout.removeprefix("XLand-MiniGrid-").split("-")
    height = int(side.split("x")[0])
    cells = {*rules.start, *(rule.makes for rule in rules.rules)}
    return MiniGridFacts(
        name=f"minigrid/xland-{rooms.lower()}-{side}-{rules.name}",
        layout=rules.layout,
        mission=rules.mission,
        horizon=3 * height * height,
        # Doors may have any colour; without doors only the things' colours occur.
        colours=COLOURED if rooms != "R1" else tuple(sorted({cell % t.COLOURS for cell in cells})),
        objects=tuple(o for o in t.OBJECTS if o in {cell // t.COLOURS for cell in cells}),
        success="rules",
        named=tuple(("thing", t.name(cell)) for cell in rules.goal.of),
        doors={"R1": 0, "R2": 1, "R4": 4}[rooms],
        rules=rules,
        description=rules.description,
    )


BOUND = "what no policy can pass: success is worth 1 less what its steps cost"
ZOO = "RL Baselines3 Zoo's benchmark.md, one run in the minigrid package"
# What the field publishes under the same horizon; elsewhere its numbers are curves, or shares of solved episodes.
PUBLISHED = {
    "minigrid/doorkey-5x5": ("PPO, 100 k steps", 0.964),
    "minigrid/empty-random-5x5": ("PPO, 100 k steps", 0.968),
    "minigrid/four-rooms": ("PPO, 5 M steps", 0.573),
    "minigrid/locked-room": ("PPO, 10 M steps", 0.0),
    "minigrid/unlock": ("PPO, 100 k steps", 0.963),
}


def _referred(facts: MiniGridFacts) -> MiniGridFacts:
    """With reference scores. The maximum is below 1, since steps cost; where no shortest ways were searched, 1 is a
    bound that no policy reaches."""
    name = facts.name
    found = scores()["shortest"].get(name)
    most = Reference(MAXIMUM, 1.0, BOUND) if found is None else Reference(MAXIMUM, found, SHORTEST)
    published = [Reference(*PUBLISHED[name], ZOO)] if name in PUBLISHED else []
    return replace(facts, references=(*by_chance(name), most, *published))


WORLDS = {
    facts.name: _referred(facts)
    for facts in (
        *map(_doorkey, SIZES),
        _pick_up(
            "unlock-pickup",
            "UnlockPickUp",
            288,
            "unlock the door, pick up the thing behind it",
            only_wanted=True,
        ),
        _pick_up(
            "blocked-unlock-pickup",
            "BlockedUnlockPickUp",
            576,
            "clear the door that a thing blocks, unlock it, pick up the thing behind it",
        ),
        MiniGridFacts(
            name="minigrid/unlock",
            layout="MiniGrid-Unlock",
            mission="use the key to open the door",
            horizon=288,
            colours=COLOURED,
            objects=(t.KEY,),
            success="open",
            named=(KEY, DOOR),
            description="find the key, unlock the door",
        ),
        MiniGridFacts(
            name="minigrid/locked-room",
            layout="MiniGrid-LockedRoom",
            mission="get the key from its room, unlock the locked door and go to the goal",
            horizon=190,
            colours=COLOURED,
            objects=(t.KEY,),
            success="goal",
            named=(KEY, ("door", "locked door"), GOAL),
            doors=6,
            description="six rooms off a hall, one of them locked: find its key, then the goal behind its door",
        ),
        MiniGridFacts(
            name="minigrid/four-rooms",
            layout="MiniGrid-FourRooms",
            mission="reach the goal",
            horizon=100,
            colours=(),
            objects=(),
            success="goal",
            named=(GOAL,),
            doors=0,
            description="find the goal in one of four rooms",
        ),
        *(_empty(size, chance) for chance in (False, True) for size in SIZES),
        *map(_memory, MEMORIES),
        *map(_xland, rulesets.RULE_SETS),
    )
}
