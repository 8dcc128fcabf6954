"""What follows behind a `+`: clutter that changes nothing, televisions of many sentences or of the mission's words."""

import hashlib
import re

import jax
import numpy as np
import pytest

import walks
from outrider.guide.atlas import compile_atlas
from outrider.guide.vocabulary import vocabulary
from outrider.worlds import television
from outrider.worlds.minigrid import codes, things
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.clutter import FIRST_CELL
from outrider.worlds.minigrid.dynamics import EMPTY_FLOOR
from outrider.worlds.minigrid.family import WORLDS, amount
from outrider.worlds.minigrid.sketches import SKETCHES, sketch
from outrider.worlds.names import check_world, event_kind, event_sentences
from player import Player

MANY = "minigrid/doorkey-8x8+television=10000"
HEARSAY = "minigrid/doorkey-8x8+television=mission"
CLUTTERED = walks.marked(walks.CLUTTERED)
NOTHING = 1  # the code of "Nothing happened."
TURNED = things.TURNED


def things_of(world_id):
    return amount(check_world(world_id)[1])


@pytest.mark.parametrize("world_id", CLUTTERED)
def test_clutter_changes_nothing_else(world_id):
    """The same states and actions lead to the same grids, rewards and ends without it; only silence is replaced."""
    walk = walks.walk(world_id)
    steps = walks.steps(world_id)
    plain = walks.stepped(
        world_id.partition("+")[0], walks.flat(walk.world._replace(clutter=())), walks.flat(walk.action)
    )
    cluttered = walks.flat(steps)
    jax.tree.map(np.testing.assert_array_equal, cluttered.state.grid, plain.state.grid)
    for part in ("reward", "terminated", "truncated"):
        np.testing.assert_array_equal(getattr(cluttered, part), getattr(plain, part))
    touched = cluttered.events >= codes.CLUTTER
    np.testing.assert_array_equal(cluttered.events[~touched], plain.events[~touched])
    assert set(np.unique(plain.events[touched])) == {0, NOTHING}
    # What is seen differs only where there is floor.
    seen = cluttered.obs.grid != plain.obs.grid
    assert seen.any()
    assert (plain.obs.grid[seen] == EMPTY_FLOOR).all()
    assert (cluttered.obs.grid[seen] >= FIRST_CELL).all()


@pytest.mark.parametrize("world_id", CLUTTERED)
def test_things_lie_on_free_floor_each_once(world_id):
    amount = things_of(world_id)
    state = jax.device_get(walks.starter(world_id)(jax.random.key(2))[0].world)
    for cells, layer, piles in zip(state.grid.cells, state.clutter.layer, state.clutter.piles, strict=True):
        lying = layer[layer > 0]
        assert (cells[layer > 0] == EMPTY_FLOOR).all()
        assert sorted(lying) == list(range(1, len(lying) + 1))
        assert len(lying) == piles == min(amount, (cells == EMPTY_FLOOR).sum())
    assert len({layer.tobytes() for layer in state.clutter.layer}) > 30
    plain = jax.device_get(walks.starter(walks.PLAIN[0])(jax.random.key(2))[0].world)
    if world_id.startswith(walks.PLAIN[0]):  # a key makes the same layout with and without clutter
        np.testing.assert_array_equal(plain.grid.cells, state.grid.cells)


def test_each_thing_is_touched_in_each_way():
    world_id = walks.CLUTTERED[0]
    events = walks.steps(world_id).events.reshape(-1)
    found = np.unique(events[events >= codes.CLUTTER] - codes.CLUTTER)
    want = [deed * things.MOST + i for deed in range(len(things.DEEDS)) for i in range(things_of(world_id))]
    assert found.tolist() == want


@pytest.mark.long
def test_all_of_64_things_turn_up_on_six_cells():
    """Where more things than floor lie in piles, each can be touched within one episode."""
    world_id = walks.CLUTTERED[-1]
    state = jax.tree.map(lambda x: x[3], jax.device_get(walks.starter(world_id)(jax.random.key(2))[0].world))
    player = Player(world_id, state._replace(grid=state.grid._replace(clock=np.int32(0))))
    piles = list(map(tuple, np.argwhere(state.clutter.layer > 0).tolist()))
    assert len(piles) < 8
    player.face(player.find(t.KEY))
    player.do(t.PICK_UP)
    player.face(player.find(t.DOOR_LOCKED))
    player.do(t.TOGGLE)
    for pile in piles:
        player.face(pile)
        for _ in range(-(-things.MOST // len(piles))):
            player.do(t.TOGGLE)
    start = codes.CLUTTER + TURNED * things.MOST
    turned = {int(step.events[0]) - start for step in player.steps}
    assert set(range(things.MOST)) <= turned


@pytest.mark.parametrize("world_id", CLUTTERED)
def test_captions_of_clutter_tell_what_was_done(world_id):
    """Each touch, told from the state, the action and the layer."""
    walk, steps = walks.flat(walks.walk(world_id)), walks.flat(walks.steps(world_id))
    rows = np.arange(0, len(walk.action), 3)
    said, many = event_sentences(world_id), things_of(world_id)
    agent, layer = walk.world.grid.agent, walk.world.clutter.layer
    checked = 0
    for i in rows.tolist():
        direction = agent.direction[i]
        place = (
            agent.row[i] + (-1, 0, 1, 0)[direction],
            agent.column[i] + (0, 1, 0, -1)[direction],
        )
        top, code, action = int(layer[i][place]), int(steps.events[i, 0]), walk.action[i]
        touchable = top > 0 and walk.world.grid.cells[i][place] == EMPTY_FLOOR
        lifts = action == t.PICK_UP and agent.pocket[i] == 0
        if not touchable or not (lifts or action in (t.FORWARD, t.TOGGLE)):
            assert code < codes.CLUTTER
            np.testing.assert_array_equal(steps.state.clutter.layer[i], layer[i])
            assert steps.obs.vector[i].sum() == 0
            continue
        name = things.NAMES[top - 1]
        told = {
            t.FORWARD: f"You stepped over the {name}.",
            t.PICK_UP: f"You picked up the {name} and put it back.",
            t.TOGGLE: f"You looked under the {name}.",
        }[action]
        assert said[code] == told
        assert steps.obs.vector[i] @ (1 << np.arange(many.bit_length())) == top
        piles = int(walk.world.clutter.piles[i])
        below = [n for n in range(1, many + 1) if n % piles == top % piles]
        after = below[(below.index(top) + 1) % len(below)] if action != t.FORWARD else top
        assert int(steps.state.clutter.layer[i][place]) == after
        checked += 1
    assert checked > 500


@pytest.mark.parametrize("world_id", CLUTTERED)
def test_clutter_raises_a_flag_of_its_own(world_id):
    world, walk = walks.world(world_id), walks.walk(world_id)
    flag = world.vector + codes.ALL_FLAGS.index("clutter")
    raised = walk.after.final.vector[..., flag]
    assert (raised[walk.after.events[..., 0] >= codes.CLUTTER] == 1).all()
    assert 0 < raised[0].sum() < walks.COPIES


def test_the_clutter_in_sight_is_drawn():
    """Each thing in its cell, in its colour and with its sketch; nothing else in the picture changes."""
    world, plain = walks.world(walks.CLUTTERED[0]), walks.world(walks.PLAIN[0])
    states = jax.device_get(walks.starter(walks.CLUTTERED[0])(jax.random.key(2))[0].world)
    state = jax.tree.map(lambda x: x[0], states)
    place = tuple(np.argwhere(state.clutter.layer)[0])
    agent = state.grid.agent._replace(row=np.int32(place[0]), column=np.int32(place[1]))
    under = state._replace(grid=state.grid._replace(agent=agent))
    for one, hidden in ((state, None), (under, place)):
        image, bare = world.render(one), plain.render(one._replace(clutter=()))
        covers = [tuple(cell) != hidden for cell in np.argwhere(one.clutter.layer)]
        for (row, column), seen in zip(np.argwhere(one.clutter.layer), covers, strict=True):
            cell = np.s_[row * 32 : row * 32 + 32, column * 32 : column * 32 + 32]
            covered, colour = sketch(int(one.clutter.layer[row, column]) - 1)
            changed = (image[cell] != bare[cell]).any(-1)
            np.testing.assert_array_equal(changed, covered & seen)
            assert not seen or (image[cell][covered] == colour).all()
            bare[cell] = image[cell]
        np.testing.assert_array_equal(image, bare)
        assert sum(covers) == things_of(walks.CLUTTERED[0]) - (hidden is not None)
    dropped = state.grid.cells.copy()
    dropped[place] = t.KEY * t.COLOURS + 5
    buried = state._replace(grid=state.grid._replace(cells=dropped))
    np.testing.assert_array_equal(
        world.render(buried)[place[0] * 32 + 4 : place[0] * 32 + 28, place[1] * 32 + 4 : place[1] * 32 + 28],
        plain.render(buried._replace(clutter=()))[
            place[0] * 32 + 4 : place[0] * 32 + 28, place[1] * 32 + 4 : place[1] * 32 + 28
        ],
    )


def test_no_two_things_are_drawn_alike():
    drawn = {(sketch(n)[0].tobytes(), sketch(n)[1]) for n in range(things.MOST)}
    assert len(drawn) == things.MOST
    assert set(SKETCHES) == set(things.KINDS)
    for n in range(things.MOST):
        covered, colour = sketch(n)
        assert covered.shape == (32, 32)
        assert 0.15 < covered.mean() < 0.5
        assert min(sum(abs(a - b) for a, b in zip(colour, (0, 0, 0), strict=True)), 255) > 200


def test_what_a_memory_lists_can_happen_and_what_happens_is_listed():
    """There picking up is toggling: it lifts nothing, and it does not switch the television on."""
    world_id = "minigrid/memory-8+clutter=4+television=mission"
    walk, said = walks.walk(world_id), event_sentences(world_id)
    events = walk.after.events[..., 0]
    assert set(np.unique(events).tolist()) - {0} == set(said)
    assert not any("put it back" in sentence for sentence in said.values())
    lifts = walk.action == t.PICK_UP
    heard = (events >= codes.HEARSAY) & (events < codes.MONOLOGUES)
    assert not heard[lifts].any()
    assert heard[walk.action == t.TOGGLE].any()
    assert heard[walk.action == t.DROP].any()
    assert (events[lifts] == NOTHING).any()
    assert any("put it back" in sentence for sentence in event_sentences(walks.CLUTTERED[0]).values())


def test_no_mission_and_no_other_caption_names_the_clutter():
    said = {word for facts in WORLDS.values() for word in re.findall(r"\w+", facts.mission)}
    for name in WORLDS:
        plain = event_sentences(name).values()
        said |= {word for sentence in plain for word in re.findall(r"\w+", sentence)}
    assert not said & {word for name in things.NAMES for word in name.split()}
    assert len(set(things.NAMES)) == things.MOST == max(things.AMOUNTS)
    for n in things.AMOUNTS:
        more = set(event_sentences(f"minigrid/four-rooms+clutter={n}")) - set(
            event_sentences("minigrid/four-rooms")
        )
        assert len(more) == 3 * n
    memory = set(event_sentences("minigrid/memory-8+clutter=4")) - set(event_sentences("minigrid/memory-8"))
    assert len(memory) == 2 * 4  # without lifting


@pytest.mark.parametrize("name", WORLDS)
def test_hearsay_names_the_missions_own_things(name):
    plain, told = event_sentences(name), event_sentences(f"{name}+television=mission")
    heard = [told[code] for code in set(told) - set(plain)]
    assert len(set(heard)) == len(heard) >= 100
    assert not set(heard) & set(plain.values())
    own = [noun for _, noun in WORLDS[name].named]
    assert all(any(noun in sentence for noun in own) for sentence in heard)
    assert all(any(noun in sentence for sentence in heard) for noun in own)
    words = set(re.findall(r"\w+", WORLDS[name].mission))
    # The mission shares its nouns with what is said, so that words in common tell nothing.
    assert any(words & set(noun.split()) for noun in own)
    assert {event_kind(name, code) for code in set(told) - set(plain)} == {"television"}


def test_a_parrot_says_pick_up_the_key():
    assert "A parrot says: pick up the key." in event_sentences(HEARSAY).values()


def test_ten_thousand_captions_come_through_steps_codes_and_atlas():
    """As many sentences as codes; the atlas tells all apart; a step emits any of them."""
    words, world = vocabulary(MANY), walks.world(MANY)
    assert len(words.captions) == len(words.by_code) >= 10_000
    assert world.codes == max(words.by_code) + 1
    weights = {caption: (i + 1) / 20_000 for i, caption in enumerate(words.captions)}
    atlas = compile_atlas(words, weights, world.codes)
    assert len(np.unique(np.asarray(atlas.weight)[sorted(words.by_code)])) >= 10_000
    events = walks.steps(MANY).events.reshape(-1)
    shown = np.unique(events[events >= codes.MONOLOGUES])
    assert len(shown) > 7_000  # of some 16,000 drawn
    looked_up = np.asarray(atlas.weight[shown])
    want = [weights[words.by_code[code]] for code in shown.tolist()]
    np.testing.assert_allclose(looked_up, want, rtol=1e-6)
    assert np.asarray(atlas.known)[shown].all()
    bits = world.flag_bits(shown)
    assert set(np.unique(bits).tolist()) == {1 << codes.ALL_FLAGS.index("television")}


@pytest.mark.parametrize("world_id", walks.HARDER)
def test_the_picture_stands_in_the_observation_in_binary(world_id):
    steps, world = walks.steps(world_id), walks.world(world_id)
    shown = steps.events[..., 0] - world.first_channel
    picture = np.where(shown >= 0, shown + 1, 0)
    np.testing.assert_array_equal(steps.obs.vector.astype(int) @ (1 << np.arange(world.vector)), picture)
    assert picture.max() > 0.9 * world.channels
    assert picture.max() <= world.channels < 1 << world.vector


def test_televisions_and_clutter_have_ranges_of_their_own():
    """Codes of released evidence never move: the first ranges are pinned."""
    assert (codes.TELEVISION, codes.MATCHED) == (148, 2148)
    pinned = {"": "7a67aab7fd54a22a", "+television": "d939522b052ea09a"}
    for option, digest in pinned.items():
        told = repr(sorted(event_sentences(f"minigrid/doorkey-8x8{option}").items()))
        assert hashlib.sha256(told.encode()).hexdigest().startswith(digest)
    for option, digest in {"": "04057a05832ad83d", "+television": "a459f5cbe31111da"}.items():
        listed = event_sentences(f"minigrid/blocked-unlock-pickup{option}").items()
        assert hashlib.sha256(repr(sorted(listed)).encode()).hexdigest().startswith(digest)
        assert event_sentences(f"minigrid/unlock-pickup{option}").items() < listed
    every = event_sentences("minigrid/memory-8+clutter=64+television=10000")
    kinds = {event_kind("minigrid/memory-8", code) for code in every}
    assert kinds == {
        "nothing",
        "bumped wall",
        "bumped key",
        "bumped thing",
        "matched",
        "mistook",
        "clutter",
        "television",
    }
    assert len(television.monologues()) == 10_000 == len(set(television.monologues()))
