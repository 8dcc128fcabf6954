"""What the host's captioners say of NetHack and Crafter, against what these worlds themselves tell."""

import numpy as np
import pytest


def test_glyphs_are_told_as_nethack_describes_them():
    """nle's own descriptions of the map, for all that stands on it in some games."""
    pytest.importorskip("nle")
    import gymnasium

    from outrider.worlds.host.glyphs import MAP, glyph_name

    env = gymnasium.make("NetHackScore-v0", observation_keys=("glyphs", "screen_descriptions", "chars"))
    draw, told = np.random.default_rng(0), {}
    for seed in range(8):
        obs, _ = env.reset(seed=seed)
        for _ in range(80):
            shown = obs["screen_descriptions"].reshape(-1, 80)
            for place, glyph in enumerate(obs["glyphs"].ravel().tolist()):
                if shown[place, 0] and glyph not in told:
                    told[glyph] = shown[place].tobytes().split(b"\0", 1)[0].decode("latin-1")
            obs, _, terminated, truncated, _ = env.step(draw.integers(0, 17))
            if terminated or truncated:
                break
    env.close()
    matched = 0
    for glyph, theirs in told.items():
        ours = glyph_name(glyph)
        words = ours.split()
        if ours in MAP.values() or theirs in ("closed door", "open door", "doorway", "fountain"):
            assert ours.removeprefix("a ").removeprefix("an ") in theirs
            matched += 1
        elif words[:1] == ["your"]:
            assert theirs == f"tame {' '.join(words[1:])}"
            matched += 1
        elif theirs in ("wall", "floor of a room", "corridor", "dark part of a room"):
            assert ours == ""
            matched += 1
    assert matched >= 8


def test_no_object_on_the_map_tells_its_true_name():
    """Of all that NetHack can place: what has an appearance shows it, what is shuffled only its class."""
    n = pytest.importorskip("nle.nethack")
    from outrider.worlds.host.glyphs import SHUFFLED, SHUFFLED_ARMOUR, object_name

    told = {}
    for number in range(1, n.NUM_OBJECTS):
        kind = n.objclass(number)
        name, looks, shown = n.OBJ_NAME(kind), n.OBJ_DESCR(kind), object_name(n, number)
        told[name] = shown
        if looks and name != looks and shown not in {*SHUFFLED.values(), *SHUFFLED_ARMOUR, "a gem"}:
            assert name not in shown, (name, shown)
    assert set(SHUFFLED.values()) <= set(told.values())
    whole = {
        "magic whistle": "a whistle", "bag of holding": "a bag", "magic lamp": "a lamp", "dunce cap": "a conical hat",
        "skeleton key": "a key", "elven dagger": "a runed dagger", "unicorn horn": "a unicorn horn", "rock": "a rock",
        "horn of plenty": "a horn", "loadstone": "a gray stone", "diamond": "a gem", "egg": "an egg",
        "worthless piece of red glass": "a gem", "lenses": "lenses", "iron shoes": "hard shoes", "ya": "a bamboo arrow",
        "eucalyptus leaf": "a eucalyptus leaf", "shield of reflection": "a polished silver shield",
        "speed boots": "boots", "gauntlets of power": "gloves", "cloak of magic resistance": "a cloak",
        "helm of brilliance": "a helmet", "athame": "an athame",
    }  # fmt: skip
    assert {name: told.get(name) for name in whole} == whole
    ends = {
        "a helmet": ("helmet", "helm of telepathy"),
        "a cloak": ("cloak of protection", "cloak of displacement"),
        "gloves": ("leather gloves", "gauntlets of dexterity"),
        "boots": ("speed boots", "levitation boots"),
    }
    for shown, numbers in SHUFFLED_ARMOUR.items():
        first, last = (n.OBJ_NAME(n.objclass(number)) for number in (numbers[0], numbers[-1]))
        assert (first, last) == ends[shown]


def test_monsters_have_the_article_that_nethack_gives_them():
    n = pytest.importorskip("nle.nethack")
    from outrider.worlds.host.glyphs import glyph_name, with_article

    told = {}
    for number in range(n.NUMMONS):
        told[n.permonst(number).mname] = glyph_name(number)
        assert n.glyph_is_normal_monster(number)
    want = {
        "umber hulk": "an umber hulk", "Uruk-hai": "an Uruk-hai", "white unicorn": "a white unicorn", "xorn": "a xorn",
        "homunculus": "a homunculus", "incubus": "an incubus", "wumpus": "a wumpus", "Medusa": "Medusa",
        "Oracle": "the Oracle", "Wizard of Yendor": "the Wizard of Yendor", "acid blob": "an acid blob",
    }  # fmt: skip
    assert {name: told[name] for name in want} == want
    nouns = "useless thing, useful thing, usurper, unicorn, one-eyed man, ushabti, unidentified thing, umbrella, x-ray"
    assert [with_article(noun).split()[0] for noun in nouns.split(", ")] == ["a"] * 5 + ["an"] * 4


def test_made_up_names_are_the_same_in_messages_bags_and_on_the_map():
    """The same games with and without: sentence by sentence the same, renamed; no thing keeps its name."""
    pytest.importorskip("nle")
    from outrider.worlds import host
    from outrider.worlds.renamed import content_words, rename

    said = []
    for option in ("", "+renamed"):
        worlds = host.make(f"nethack/NetHackScore-v0{option}", 2)
        worlds.reset(5)
        draw = np.random.default_rng(3)
        for _ in range(150):
            worlds.send(draw.integers(0, worlds.actions.space.outputs, 2))
            worlds.receive()
            worlds.teller.situation()  # told only when somebody asks
        said.append((worlds.captioner.events.texts, worlds.captioner.situations.texts))
        worlds.close()
    for plain, made_up in zip(*said, strict=True):
        assert [rename(text) for text in plain] == list(made_up)
        real = {word for text in plain for word in content_words(text)}
        assert not real & {word for text in made_up for word in content_words(text)}
    assert len(said[0][0]) > 5
    assert len(said[0][1]) > 5


def test_engravings_are_read_where_they_are_walked_over():
    pytest.importorskip("minihack")
    from outrider.worlds import host, television
    from outrider.worlds.host.minihack import sentences

    worlds = host.make("minihack/MiniHack-Room-Random-15x15-v0+engravings=64", 4)
    worlds.reset(1)
    draw = np.random.default_rng(0)
    for _ in range(250):
        worlds.send(draw.integers(0, 8, 4))
        worlds.receive()
    texts = worlds.captioner.events.texts
    worlds.close()
    read = {said for said in sentences(64) if any(said in text for text in texts)}
    assert len(read) > 8, texts
    assert len(set(sentences(64))) == 64
    assert set(sentences(16)) <= {*television.SENTENCES, *sentences(64)}
    assert any("staircase" in said for said in read)
    assert any("television" in said for said in read)


def test_options_of_minihack_are_refused_in_one_line():
    pytest.importorskip("minihack")
    from outrider.errors import OutriderError
    from outrider.worlds import host

    for name, problem in {
        "MiniHack-Room-5x5-v0+engraving=4": "unknown option 'engraving=4'",
        "MiniHack-Room-5x5-v0+engravings=4+engravings=16": "names an option twice",
        "MiniHack-KeyRoom-Fixed-S5-v0+engravings=4": "takes its level from a file",
        "MiniHack-Rooom-5x5-v0+renamed": "did you mean",
    }.items():
        with pytest.raises(OutriderError, match=problem) as told:
            host.make(f"minihack/{name}", 1)
        assert "\n" not in str(told.value)


def test_crafter_tells_achievements_and_needs():
    pytest.importorskip("gymnasium")
    from outrider.worlds.host.crafter import CrafterCaptioner

    captioner = CrafterCaptioner()
    counts, held = np.zeros((3, 22), int), np.array([[9] * 4 + [0] * 12] * 3)
    before = captioner.read(None, {"achieved": counts, "inventory": held}, 3)
    more, later = counts.copy(), held.copy()
    more[0, 0], more[1, [0, 19]] = 1, 1  # wood; wood and a diamond at once
    later[0, [0, 5]], later[1, [4, 15]] = [2, 1], 1
    after = captioner.read(None, {"achieved": more, "inventory": later}, 3)
    codes = captioner.event(before[0], np.zeros(3, int), after[0])
    assert [captioner.events.text(c) for c in codes] == [
        "You collected wood.",
        "You collected a diamond.",
        "",
    ]
    codes = captioner.situation(after)
    assert [captioner.situations.text(c) for c in codes] == [
        "You carry wood; low: health.",
        "You carry sapling, an iron sword; all needs are met.",
        "You carry nothing; all needs are met.",
    ]


def test_a_death_in_crafter_is_no_truncation():
    pytest.importorskip("crafter")
    from outrider.worlds.host.crafter import CrafterEnv

    env = CrafterEnv()
    env.reset(seed=1)
    env._env._player.health = 0  # as a zombie would
    *_, terminated, truncated, _ = env.step(0)
    assert (terminated, truncated) == (True, False)
    env.reset(seed=1)
    env._env._length = 5
    ends = [env.step(0)[2:4] for _ in range(5)]
    assert ends == [(False, False)] * 4 + [(False, True)]
