"""TextWorld's games on the host: won by their own walkthroughs, told in lines, compiled once and whole."""

import numpy as np
import pytest


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


@pytest.mark.parametrize("name", ["simple", "treasure-hunter-2", "treasure-hunter-12", "coin-collector-103"])
def test_each_kind_of_textworld_game_is_won_by_its_own_walkthrough(name):
    """What a game can pay is paid on its way, each command of which is offered; the last one wins."""
    textworld = pytest.importorskip("textworld")
    from outrider.worlds import host
    from outrider.worlds.host.textworld import compiled

    game = textworld.Game.load(compiled(name, 1).replace(".z8", ".json"))
    worlds = host.make(f"textworld/{name}+game=1", 2)
    rows, commands, paid = worlds.reset(0), worlds.env.envs[0].commands, 0.0
    still = commands.index("look")
    ends = []
    for command in game.walkthrough:
        place = commands.index(command)
        assert rows[0, place]
        worlds.send(np.array([place, still]))
        turn = worlds.receive()
        rows, paid = turn.rows, paid + turn.reward
        ends.append(turn.terminated.tolist())
    assert paid.tolist() == [game.max_score, 0.0]
    assert game.max_score > 0
    assert ends == [[False, False]] * (len(ends) - 1) + [[True, False]]
    worlds.close()


def test_what_a_textworld_game_writes_becomes_a_line():
    from outrider.worlds.host.textworld import plain

    written = "\n\n  -= Attic =-\nYou find a _red_ key.\n\n>      -= Attic =-0/7"
    assert plain(written) == "Attic: You find a red key."
    assert (
        plain("You win!\n\n *** The End ***\nYou scored 1, in 3 turns.\nRESTART?\n> ") == "You win! The End."
    )


def test_a_textworld_game_is_compiled_once_and_whole(tmp_path, monkeypatch):
    generator = pytest.importorskip("textworld.generator")
    from outrider.worlds.host.textworld import compiled

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    whole, calls = generator.compile_game, []

    def stopped(game, options):
        calls.append(options.path)
        whole(game, options)
        raise KeyboardInterrupt

    monkeypatch.setattr(generator, "compile_game", stopped)
    with pytest.raises(KeyboardInterrupt):
        compiled("coin-collector-2", 1)
    assert len(calls) == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    monkeypatch.setattr(generator, "compile_game", whole)
    game = compiled("coin-collector-2", 1)
    kept = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert kept == ["coin-collector-2-1.json", "coin-collector-2-1.z8"]
    monkeypatch.setattr(generator, "compile_game", stopped)
    assert compiled("coin-collector-2", 1) == game
    assert len(calls) == 1
