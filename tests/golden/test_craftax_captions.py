"""Craftax's events computed side by side, and the same read off single states by plain conditions in a row;
and what a step costs without them."""

from pathlib import Path

import jax
import numpy as np
import pytest

import walks

pytest.importorskip("craftax")
from craftax.craftax_classic.constants import DIRECTIONS, Action, BlockType

from outrider.worlds.batch import Batch
from outrider.worlds.craftax import captions as c
from outrider.worlds.craftax import classic_captions, full_captions, full_words
from outrider.worlds.craftax.classic_words import CLASSIC, SIGHTS
from outrider.worlds.craftax.words import CODE

WORLD = "craftax/classic"
TURNS = np.asarray(DIRECTIONS)


def chosen(said, reached, happened):
    """The last achievements and the first of whatever else, in plain lists."""
    codes = [k + 1 for k in np.flatnonzero(reached)][: -c.ACHIEVED - 1 : -1]
    names = [*(f"{name} again" for name in said.again), *said.others]
    others = [CODE[name] for name in names if name in happened][: c.ELSE]
    return [*codes, *[0] * (c.ACHIEVED - len(codes)), *others, *[0] * (c.ELSE - len(others))]


def sights(state):
    """The names of what is in the 7 x 9 cells around the player."""
    (x, y), cells = state.player_position, state.map
    view = cells[max(x - 3, 0) : x + 4, max(y - 4, 0) : y + 5]
    return {what for block, what in SIGHTS.items() if (view == block).any()}


def plain(state, action, after):
    """What happened in one step of Craftax-Classic, by name; the achievements whether reached before or not."""
    act = "NOOP" if state.is_sleeping else Action(action).name
    x, y = state.player_position + TURNS[state.player_direction]
    was, now = (BlockType(s.map[min(x, 63), min(y, 63)]).name for s in (state, after))
    had, has = state.inventory, after.inventory
    damage = max(1, 2 * had.wood_sword, 3 * had.stone_sword, 5 * had.iron_sword)
    found, met = set(), False
    for name, mobs in (("zombie", state.zombies), ("skeleton", state.skeletons), ("cow", state.cows)):
        there = [k for k in range(len(mobs.mask)) if mobs.mask[k] and (mobs.position[k] == (x, y)).all()]
        met = met or bool(there)
        if there and act == "DO":
            dies = mobs.health[there[0]] <= damage
            found.add(f"{'eat' if name == 'cow' else 'defeat'} {name}" if dies else f"hit {name}")
    if act == "DO" and not met and 0 <= x < 64 and 0 <= y < 64:
        taken = {"TREE": "wood", "STONE": "stone", "COAL": "coal", "IRON": "iron", "DIAMOND": "diamond"}
        if was in taken and now != was:
            found.add(f"collect {taken[was]}")
        found |= {"WATER": {"collect drink"}, "RIPE_PLANT": {"eat plant"}}.get(was, set())
    put = {
        "PLACE_TABLE": "CRAFTING_TABLE",
        "PLACE_FURNACE": "FURNACE",
        "PLACE_STONE": "STONE",
        "PLACE_PLANT": "PLANT",
    }
    if act in put and now == put[act] and now != was:
        found.add(act.lower().replace("_", " "))
    for tool in ("wood_pickaxe", "stone_pickaxe", "iron_pickaxe", "wood_sword", "stone_sword", "iron_sword"):
        if getattr(has, tool) > getattr(had, tool):
            found.add(f"make {tool.replace('_', ' ')}")
    if has.sapling > had.sapling:
        found.add("collect sapling")
    if state.is_sleeping != after.is_sleeping:
        found.add("wake up" if state.is_sleeping else "fell asleep")

    if BlockType(after.map[tuple(after.player_position)]).name == "LAVA":
        found.add("hurt by lava")
    if (after.zombies.attack_cooldown > state.zombies.attack_cooldown).any():
        found.add("hurt by zombie")
    shots = int((after.skeletons.attack_cooldown > state.skeletons.attack_cooldown).sum())
    for k, flies in enumerate(state.arrows.mask):
        if not flies and shots:
            flies, shots = True, shots - 1
        if flies and (after.arrows.position[k] == after.player_position).all():
            found.add("hurt by arrow")
    if state.player_recover < -14 and after.player_recover == 0:
        found.add("hurt by need")
    for need in ("food", "drink", "energy"):
        before, left = (getattr(s, f"player_{need}") for s in (state, after))
        if left <= 2 < before:
            found.add(f"{need} critical")
        elif left <= 5 < before:
            found.add(f"{need} low")
    if ((state.growing_plants_age < 600) & (after.growing_plants_age >= 600)).any():
        found.add("plant ripened")
    if (state.light_level < 0.5) != (after.light_level < 0.5):
        found.add("night fell" if after.light_level < 0.5 else "day broke")
    return found | {f"saw {what}" for what in sights(after) - sights(state)}


def test_events_of_a_walk_are_the_plain_conditions():
    """Some thousand random steps; the state after one is the next row's where the episode goes on."""
    walk = walks.walk(WORLD)
    goes_on = ~(walk.after.terminated | walk.after.truncated)[:-1]
    kinds = set()
    for when, copy in np.argwhere(goes_on):
        at = lambda t, copy=copy: jax.tree.map(lambda x: x[t, copy], walk.world)  # noqa: E731
        state, after = at(when), at(when + 1)
        found = plain(state, walk.action[when, copy], after)
        again = {
            f"{CLASSIC.names[k]} again"
            for k in np.flatnonzero(state.achievements)
            if CLASSIC.names[k] in found
        }
        told = chosen(CLASSIC, after.achievements & ~state.achievements, found | again)
        assert walk.after.events[when, copy].tolist() == told, (when, copy, found)
        kinds |= set(told)
    assert goes_on.sum() > 3000
    assert len(kinds) > 20


@pytest.mark.parametrize(
    ("said", "rules"),
    [(CLASSIC, classic_captions.RULES), (full_words.FULL, full_captions.RULES)],
    ids=["classic", "full"],
)
def test_what_is_told_of_any_facts_is_chosen_in_order(said, rules):
    """Random facts under the world's own rules: all rules hold of what they name, and the first and last are told."""
    rng = np.random.default_rng(0)
    names = sorted({fact for name in (*said.again, *said.others) for fact in rules.get(name, (name,))})
    tell = jax.jit(
        jax.vmap(lambda had, has, flags: c.codes(said, had, has, {tuple(names): flags}, rules)),
        compiler_options=walks.QUICK,
    )
    rows = 2000
    share = rng.random((rows, 1)) ** 3
    had, flags = rng.random((rows, said.achievements)) < 0.5, rng.random((rows, len(names))) < share
    has = had | (rng.random(had.shape) < 0.05 * share)
    told = np.asarray(tell(had, has, flags))
    for k in range(rows):
        true = {name for name, flag in zip(names, flags[k], strict=True) if flag}
        before = {name for name, reached in zip(said.names, had[k], strict=True) if reached}
        happened = {name for name in (*said.again, *said.others) if true.issuperset(rules.get(name, (name,)))}
        happened = (happened - set(said.names)) | {f"{name} again" for name in happened & before}
        assert told[k].tolist() == chosen(said, has[k] & ~had[k], happened)
    assert (told[:, -1] > 0).any()
    assert (told[:, 1] > 0).any()


@pytest.mark.long
def test_a_step_is_timed_without_all_that_captions_read(monkeypatch):
    """The captioner alone counts bits, those of sights before and after; the program without captions counts none."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    from captions_cost import stepper

    batch = Batch(walks.world(WORLD), 2, 1, sparing=True)
    key = jax.eval_shape(lambda: jax.random.key(0))
    copies = jax.eval_shape(batch.reset, key)[0]
    told, silent = (stepper(batch, 1, said).lower(copies, key) for said in (True, False))
    assert told.as_text().count("stablehlo.popcnt ") >= 2
    assert " popcnt(" not in silent.compile(walks.QUICK).as_text()
