"""Every world by its name: what is tested, what is told of it, and how names that mean nothing are refused."""

import re

import jax
import pytest

import walks
from outrider.errors import OutriderError
from outrider.ops.distribution import Continuous, Discrete
from outrider.types import shown_shape
from outrider.worlds.minigrid.family import OPTIONS
from outrider.worlds.names import WORLDS, check_installed, check_world, event_sentences, family_of
from outrider.worlds.registry import make

SPACES = {
    "minigrid": Discrete(6),
    "gymnax/mountaincar": Discrete(3),
    "gymnax/mountaincar-continuous": Continuous(1),
    "gymnax/acrobot": Discrete(3),
    "gymnax/discounting": Discrete(5),
    "craftax/classic": Discrete(17),
    "craftax/full": Discrete(43),
}


def test_all_worlds_and_options_are_tested():
    alone = [world_id for world_id in walks.MINIGRIDS if world_id not in walks.COMBINED]
    assert {world_id.partition("+")[2] for world_id in alone} == {"", *OPTIONS}
    together = [world_id.split("+")[1:] for world_id in walks.ALL if world_id.count("+") > 1]
    heads = {option.partition("=")[0] for options in together for option in options}
    assert heads == {"clutter", "television", "only", "renamed"}
    assert {WORLDS[name].success for name in walks.MORE} == {"goal", "open", "match", "rules"}
    kinds = {kind(name) for name in WORLDS}
    assert {kind(name.partition("+")[0]) for name in walks.ALL} == kinds


def kind(name):
    """A world's name without its size: one of each kind stands for all its sizes."""
    return re.sub(r"(-random)?-\d+(x\d+)?$", "", name)


@pytest.mark.parametrize("world_id", walks.marked(walks.ALL))
def test_names_tell_what_a_world_is(world_id):
    world = walks.world(world_id)
    facts, options = check_world(world.id)
    name, *given = world.id.split("+")
    assert (facts.name, options) == (name, set(given))
    assert len(options) == len(given)
    assert world.horizon == facts.horizon > 0
    assert world.space == SPACES.get(family(facts.name), Discrete(2))
    if not isinstance(world.space, Continuous):
        assert len(set(facts.actions)) == world.space.outputs


def family(world_id):
    return "minigrid" if world_id.startswith("minigrid") else world_id


@pytest.mark.parametrize("name", walks.marked([*WORLDS, *sorted(n for n in walks.SLOW if "+only" in n)]))
def test_every_name_can_be_made_and_is_told_about(name):
    facts, _ = check_world(name)
    assert facts.name == name.partition("+")[0]
    assert facts.mission == facts.mission.strip() != ""
    assert facts.description
    assert facts.horizon > 0
    assert facts.copies_a_reset >= 1
    world = walks.world(name)
    _, obs = jax.eval_shape(world.reset, jax.eval_shape(lambda: jax.random.key(0)))
    assert (obs.grid.shape, obs.vector.shape) == (world.view, shown_shape(obs, world.vector))


def test_a_world_whose_package_is_missing_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr("outrider.worlds.names.find_spec", lambda name: None)
    for name in WORLDS:
        if family_of(name).package:
            for ask in (make, check_installed):
                with pytest.raises(
                    OutriderError, match=r"needs the package \w+; install it with `pip install"
                ):
                    ask(name)
        else:
            check_installed(name)


@pytest.mark.parametrize(
    ("given", "problem", "suggestion"),
    [
        ("minigrid/doorkey-8x9", "unknown world 'minigrid/doorkey-8x9'", "minigrid/doorkey-8x8"),
        ("doorkey-16x16", "unknown world 'doorkey-16x16'", "minigrid/doorkey-16x16"),
        ("Minigrid/Unlock-Pickup", "unknown world", "minigrid/unlock-pickup"),
        ("", "unknown world ''", "minigrid/doorkey-8x8"),
        ("???", "unknown world '???'", "minigrid/doorkey-8x8"),
        ("minigrid/doorkey-8x8+televison", "unknown option 'televison'", "television"),
        ("minigrid/doorkey-8x8+", "unknown option ''", "television"),
        ("gymnax/deepsea-9", "unknown world 'gymnax/deepsea-9'", "gymnax/deepsea-8"),
        (
            "craftax/classic+only=collect-dimond",
            "unknown option 'only=collect-dimond'",
            "only=collect-diamond",
        ),
        (
            "craftax/classic+only=enter-sewers",
            "craftax/classic has no achievement 'enter-sewers'",
            "craftax/full",
        ),
        ("gymnax/cartpole+television", "gymnax/cartpole has no options", "leave out +television"),
        ("minigrid/doorkey-8x8+television+television", "names an option twice", "once is enough"),
    ],
)
def test_unknown_worlds_are_refused_in_one_line_with_a_suggestion(given, problem, suggestion):
    for ask in (make, check_world, event_sentences):
        with pytest.raises(OutriderError) as error:
            ask(given)
        message = str(error.value)
        assert problem in message
        assert suggestion in message
        assert "\n" not in message
