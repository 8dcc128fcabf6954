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
