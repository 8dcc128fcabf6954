"""Made-up names: nothing real survives in the words, everything stays on the device."""

from __future__ import annotations

import re
from functools import cache

import jax
import numpy as np
import pytest

import walks
from outrider.errors import OutriderError
from outrider.guide.vocabulary import vocabulary
from outrider.lm.placebo import WordOverlap
from outrider.lm.question import Rate
from outrider.worlds import listing, renamed
from outrider.worlds.gymnax.family import GymnaxFamily
from outrider.worlds.names import WORLDS, check_world, event_sentences, options_of, situation_text
from outrider.worlds.renamed import FORMS, FUNCTION, content_words, rename, rename_word

SPEAKING = [name for name in WORLDS if renamed.OPTION in options_of(name)]
# Every world that speaks, plain and with its options, one of each name.
ALL = [
    "+".join(filter(None, (name, option)))
    for name in SPEAKING
    for option in (
        "",
        *{o.partition("=")[0]: o for o in listing.options(name) if o != renamed.OPTION}.values(),
    )
]

# Things, qualities and actions, listed by hand: that they go does not hang on which words are held for closed classes.
_LISTED = (
    "key keys door doors wall goal ball box square pyramid hexagon star red green blue purple yellow grey "
    "object room unlock unlocked open opened closed locked pick picked drop dropped bumped reached walked "
    "carry use get go left right wood wooden stone coal iron diamond table furnace sapling plant cow "
    "zombie skeleton sword pickaxe water arrow torch collected placed ate drank made defeated woke sleep "
    "fight television shows recipe moon memory match pole car hill "
)
NAMED = frozenset(_LISTED.split())


def said(world_id: str) -> list[str]:
    """All that a world can say, but for its situations."""
    return [check_world(world_id)[0].mission, *event_sentences(world_id).values()]


@cache
def everything() -> set[str]:
    """The content words of all worlds."""
    return {word for world_id in ALL for sentence in set(said(world_id)) for word in content_words(sentence)}


def test_worlds_of_several_families_speak():
    assert {name.partition("/")[0] for name in SPEAKING} >= {"minigrid", "craftax"}


@pytest.mark.parametrize("world_id", ALL)
def test_no_thing_or_action_survives(world_id):
    real = everything() | NAMED
    plain, made_up = said(world_id), said(f"{world_id}+renamed")
    assert len(plain) == len(made_up)
    for before, after in zip(plain, made_up, strict=True):
        survivors = real & {word.lower() for word in re.findall("[A-Za-z]+", after)}
        assert not survivors, (before, after)
        assert re.sub("[A-Za-z]+", "", before) == re.sub("[A-Za-z]+", "", after)
    assert len(set(plain)) == len(set(made_up))


def test_no_two_words_share_a_made_up_one():
    real = everything()
    assert len({rename_word(word) for word in real}) == len(real) > 100
    assert not {rename_word(word) for word in real} & (real | FUNCTION)


@pytest.mark.parametrize("world_id", walks.marked(name for name in SPEAKING if name in walks.WALKED))
def test_situations_are_told_in_made_up_words_and_stay_apart(world_id):
    world = walks.world(world_id)
    states = walks.flat(walks.walk(world_id).world, 11)
    codes = np.unique(
        np.asarray(jax.jit(jax.vmap(world.situation), compiler_options=walks.QUICK)(states)), axis=0
    ).tolist()
    plain = [situation_text(world_id, tuple(code)) for code in codes]
    made_up = [situation_text(f"{world_id}+renamed", tuple(code)) for code in codes]
    assert [rename(text) for text in plain] == made_up
    assert len(set(plain)) == len(set(made_up))
    real = {word for text in plain for word in content_words(text)} | everything()
    assert not real & {word for text in made_up for word in content_words(text)}


@pytest.mark.parametrize(
    "world_id",
    ["minigrid/doorkey-8x8", "minigrid/unlock-pickup+television", "gymnax/cartpole", "craftax/classic"],
)
def test_the_device_side_is_the_same_program(world_id):
    plain, made_up = walks.world(world_id), walks.world(f"{world_id}+renamed")
    assert made_up.id == f"{world_id}+renamed"
    key = jax.eval_shape(lambda: jax.random.key(0))
    state, _ = jax.eval_shape(plain.reset, key)
    for of in (
        lambda world: jax.make_jaxpr(world.reset)(key),
        lambda world: jax.make_jaxpr(world.step)(key, state, jax.ShapeDtypeStruct((), np.int32)),
        lambda world: jax.make_jaxpr(world.situation)(state),
    ):
        assert without_addresses(of(plain)) == without_addresses(of(made_up))
    assert set(event_sentences(world_id)) == set(event_sentences(f"{world_id}+renamed"))
    assert (plain.codes, plain.flags, plain.vector, plain.view) == (
        made_up.codes, made_up.flags, made_up.vector, made_up.view
    )  # fmt: skip


def without_addresses(program) -> str:
    return re.sub("0x[0-9a-f]+", "", str(program))


def test_forms_of_a_word_stay_forms_of_one_word():
    for forms in (
        ("unlock", "unlocked", "unlocks", "unlocking"),
        ("close", "closed", "closes", "closing"),
        ("drop", "dropped", "dropping"),
        ("carry", "carried", "carries", "carrying"),
        ("drink", "drank", "drinking"),
        ("wood", "wooden"),
        ("pass", "passes", "passed"),
        ("box", "boxes"),
        ("fall", "falling", "fell", "fallen"),
    ):
        stems = {rename_word(form)[:6] for form in forms}
        assert len(stems) == 1, forms
        assert len({rename_word(form) for form in forms}) == len(forms)
    different = [
        rename_word(word) for word in ("lock", "unlock", "key", "keep", "door", "goal", "grass", "glass")
    ]
    assert len(set(different)) == len(different)


def test_capitals_numbers_and_signs_stay():
    assert rename("You carry 3 keys; the Door is 10%.") == (
        f"You {rename_word('carry')} 3 {rename_word('keys')}; the {rename_word('door').capitalize()} is 10%."
    )
    assert rename("") == ""
    assert rename("f - a T") == "f - a T"  # letters name places in a bag


def test_names_never_change():
    """Recordings of questions about made-up words stay valid: the words are fixed for ever."""
    assert rename("You unlocked the yellow door.") == PINNED


PINNED = "You wubkofed the zuxdef rixmab."


def test_words_of_closed_classes_name_nothing():
    named = {
        "key",
        "door",
        "wall",
        "goal",
        "ball",
        "box",
        "open",
        "unlock",
        "pick",
        "drop",
        "go",
        "get",
        "use",
        "left",
    }
    assert not FUNCTION & (named | set(FORMS))


def test_engines_see_made_up_words_only_and_the_overlap_with_the_mission_stays():
    plain, made_up = vocabulary("minigrid/doorkey-8x8"), vocabulary("minigrid/doorkey-8x8+renamed")
    assert not content_words(made_up.mission) & content_words(plain.mission)
    engine = WordOverlap()
    before, after = (
        [a.values for a in engine.answer([Rate(caption, words.mission) for caption in words.captions])]
        for words in (plain, made_up)
    )
    assert before == after
    assert len(set(before)) == 2


def test_a_world_without_words_has_nothing_to_rename(monkeypatch):
    monkeypatch.setattr(GymnaxFamily, "sentences", lambda *given: {})
    with pytest.raises(OutriderError, match=r"world gymnax/cartpole has no options; leave out \+renamed"):
        check_world("gymnax/cartpole+renamed")
    for order in (("television", "renamed"), ("renamed", "television")):
        assert check_world(f"minigrid/doorkey-8x8+{'+'.join(order)}")[1] == frozenset(order)
