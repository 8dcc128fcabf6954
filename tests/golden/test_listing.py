"""`outrider worlds`: every world is in the table, patterns choose, one is shown in full."""

from __future__ import annotations

import json

import pytest

from outrider.cli import main
from outrider.worlds import listing
from outrider.worlds.facts import Reference
from outrider.worlds.names import WORLDS, event_sentences, options_of


def shown(capsys, monkeypatch, *arguments: str, columns: int = 80) -> str:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["worlds", *arguments]) == 0
    return capsys.readouterr().out


def test_every_world_is_in_the_table(capsys, monkeypatch):
    text = shown(capsys, monkeypatch)
    assert all(f" {name} " in text for name in WORLDS)
    assert max(map(len, text.splitlines())) <= 100
    assert "envpool/NAME (host)" in text
    assert "+renamed" in text


def test_patterns_choose(capsys, monkeypatch):
    assert listing.matching("deepsea") == listing.matching("gymnax/Deepsea-*")
    assert listing.matching("*sea-8") == ("gymnax/deepsea-8",)
    text = shown(capsys, monkeypatch, "doorkey")
    assert "minigrid/doorkey-16x16" in text
    assert "deepsea" not in text


@pytest.mark.parametrize("world_id", ["minigrid/doorkey-8x8+television", "craftax/classic+renamed"])
def test_one_world_is_shown_in_full(world_id, capsys, monkeypatch):
    text = shown(capsys, monkeypatch, world_id, "--all")
    assert all(sentence in text for sentence in event_sentences(world_id).values())
    short = shown(capsys, monkeypatch, world_id)
    assert f"{len(event_sentences(world_id)):,} events" in short
    assert ("more (--all)" in short) == ("television" in world_id)


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_alone_is_told_without_another(name):
    """What it says of itself does not lean on the row above it; its options do not on one another."""
    facts = WORLDS[name]
    for told in (facts.description, *(options_of(name)[option] for option in listing.options(name))):
        assert "the same" not in told, told
    assert facts.actions or name == "gymnax/mountaincar-continuous"


def test_the_chains_have_names(capsys, monkeypatch):
    text = shown(capsys, monkeypatch, "gymnax/discounting")
    assert "actions: chain 1, chain 2, chain 3, chain 4, chain 5\n" in text


def test_scores_rates_and_sources_are_shown(capsys, monkeypatch):
    name = "minigrid/doorkey-8x8"
    scored = {**WORLDS, name: WORLDS[name].__class__(**{**vars(WORLDS[name]), "references": (SCORE,)})}
    rates = {name: listing.Measured("7x7 cells", "6", 123_456.0)}
    for module in ("listing", "names"):
        monkeypatch.setattr(f"outrider.worlds.{module}.WORLDS", scored)
    monkeypatch.setattr("outrider.commands.worlds.WORLDS", scored)
    monkeypatch.setattr(listing, "measured", lambda: rates)
    wide = shown(capsys, monkeypatch, "doorkey-8x8", columns=140)
    assert "somebody's best 0.97" in wide
    assert "123k" in wide
    full = shown(capsys, monkeypatch, name)
    assert "0.97 somebody's best (https://example.org/paper)" in full
    assert "7x7 cells" in full


SCORE = Reference("somebody's best", 0.97, "https://example.org/paper")


def test_kinds_are_names_without_sizes():
    assert {listing.kind_of(name) for name in ("a/b-8x8", "a/b-s7", "a/b-20", "a/b")} == {"a/b"}
    assert listing.kind_of("minigrid/blocked-unlock-pickup") == "minigrid/blocked-unlock-pickup"
    assert sorted(name for names in listing.kinds().values() for name in names) == sorted(WORLDS)


def test_host_worlds_come_in_groups():
    ids = [f"envpool/MiniGrid-{i}-v0" for i in range(81)] + ["envpool/Pong-v5", "envpool/Chess-v1"]
    assert listing.host_groups(ids) == {"envpool/MiniGrid-*": 81, "envpool/* (others)": 2}


def test_what_was_measured_is_read_from_the_package():
    for name, found in listing.measured().items():
        assert name in WORLDS
        assert found.rate > 0
    assert json.dumps(listing.machine())
