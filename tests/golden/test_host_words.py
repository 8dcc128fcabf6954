"""What the host's captioners say of NetHack and Crafter, against what these worlds themselves tell."""

import numpy as np
import pytest


def test_glyphs_are_told_as_nethack_describes_them():
    """nle's own descriptions of the map, for all that stands on it in some games."""
    pytest.importorskip("nle")
    import gymnasium

    from outrider.worlds.host.nethack import MAP, glyph_name

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


def test_a_textworld_game_is_won_by_its_own_walkthrough():
    """Rewards, ends and answers of a compiled game, and rows that tell which commands make sense."""
    textworld = pytest.importorskip("textworld")
    from outrider.worlds import host
    from outrider.worlds.host.textworld import compiled

    game = textworld.Game.load(compiled("coin-collector-3", 0).replace(".z8", ".json"))
    worlds = host.make("textworld/coin-collector-3", 1)
    rows, commands = worlds.reset(0), worlds.env.envs[0].commands
    assert "coin" in worlds.teller.missions()[0]
    assert len(game.walkthrough) == 3
    wasted = next(c for c in commands if c.startswith("go ") and not rows[0, commands.index(c)])
    said = []
    for command in [wasted, *game.walkthrough]:
        assert rows[0, commands.index(command)] == (command != wasted)
        worlds.send(np.array([commands.index(command)]))
        turn = worlds.receive()
        said.append(worlds.captioner.events.text(turn.said.event[0]))
        rows = turn.rows
        last = command == game.walkthrough[-1]
        assert (turn.reward[0], turn.terminated[0], turn.truncated[0]) == (float(last), last, False)
    assert said[0] == "You can't go that way."
    assert "coin" in said[-1]
    assert said[-1].endswith("by one point. The End.")
    assert turn.fresh[0]
    assert "nothing" in worlds.captioner.situations.text(worlds.teller.situation()[0])
    ends = []
    for _ in range(200):
        worlds.send(np.array([commands.index("look")]))
        turn = worlds.receive()
        ends.append((turn.terminated[0], turn.truncated[0]))
    assert ends == [(False, False)] * 199 + [(False, True)]
    worlds.close()


def test_what_a_textworld_game_writes_becomes_a_line():
    from outrider.worlds.host.textworld import plain

    written = "\n\n  -= Attic =-\nYou find a _red_ key.\n\n>      -= Attic =-0/7"
    assert plain(written) == "Attic: You find a red key."
    assert (
        plain("You win!\n\n *** The End ***\nYou scored 1, in 3 turns.\nRESTART?\n> ") == "You win! The End."
    )
