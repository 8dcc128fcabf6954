"""Playing by hand: keys, pictures in a terminal, a whole episode through a pipe and through a terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time

import numpy as np
import pytest
from rich.console import Console

import walks
from outrider.commands.keys import ARROW_OF, Keymap
from outrider.commands.player import Player
from outrider.errors import OutriderError
from outrider.report.blocks import UPPER_HALF, numbers, picture
from outrider.worlds.names import WORLDS

COMMAND = [sys.executable, "-m", "outrider.cli", "play"]
DOORKEY = "minigrid/doorkey-8x8"


@pytest.mark.parametrize("name", [name for name, facts in WORLDS.items() if facts.actions])
def test_every_action_has_a_name_and_a_key_of_its_own(name):
    actions = WORLDS[name].actions
    assert len(actions) == walks.world(name).space.outputs
    keys = Keymap(actions)
    assert [keys.action(letter) for letter in keys.letters] == list(range(len(actions)))
    assert not {"q", "r", *"0123456789"} & set(keys.letters)
    assert all(
        f"{letter} {action}" in str(keys) for letter, action in zip(keys.letters, actions, strict=True)
    )
    assert keys.action("7") == 7
    assert keys.action("²") is keys.action("\x1b") is None


def test_arrows_are_the_directions():
    keys = Keymap(WORLDS[DOORKEY].actions)
    assert [keys.action(arrow) for arrow in "↑→←↓"] == [0, 1, 2, None]
    assert set(ARROW_OF.values()) == set("↑→←↓")


def test_many_actions_have_keys():
    assert len(set(Keymap([f"action {n}" for n in range(43)]).letters)) == 43


def test_a_picture_is_two_pixels_to_a_character():
    image = np.zeros((4, 6, 3), np.uint8)
    image[0], image[1, :3] = (255, 0, 0), (0, 0, 255)
    text = picture(image, columns=80, lines=20, colours=True)
    assert text.plain.splitlines() == [UPPER_HALF * 6] * 2
    console = Console(force_terminal=True, color_system="truecolor", width=80)
    with console.capture() as shown:
        console.print(text)
    red_over = "\x1b[38;2;255;0;0;48;2;0;0;{}m" + UPPER_HALF + "\x1b[0m"
    assert shown.get().splitlines()[0] == red_over.format(255) * 3 + red_over.format(0) * 3
    grey = picture(image + np.uint8(0), columns=80, lines=20, colours=False)
    assert len(set(grey.plain.splitlines()[0])) == 2
    assert grey.plain.splitlines()[1] == " " * 6


@pytest.mark.parametrize(("columns", "lines"), [(80, 20), (20, 40), (7, 3), (1, 1)])
def test_a_picture_fits_its_place(columns, lines):
    rows = picture(np.full((96, 128, 3), 200, np.uint8), columns, lines, colours=False).plain.splitlines()
    assert len(rows) <= lines
    assert max(map(len, rows)) <= columns
    assert set("".join(rows)) == {"#"}


def test_numbers_are_told_in_a_line():
    assert numbers(np.array([0.5, -2])) == "0.5  -2"
    assert numbers(np.eye(8).ravel() * (np.arange(64) == 9)) == "row 2, column 2 of 8 x 8"
    assert numbers(np.ones(1345)) == "1,345 numbers, 1,345 of them not 0"
    assert numbers(np.zeros(0)) == "no numbers"


def test_a_player_plays_by_the_world_s_rules():
    player = Player("gymnax/deepsea-8", seed=0) if walks.world("gymnax/deepsea-8") else None
    with pytest.raises(
        OutriderError, match="action 2 is outside the space of world gymnax/deepsea-8: it has 2 actions"
    ):
        player.act(2)
    with pytest.raises(OutriderError, match="action -1 is outside"):
        player.act(-1)
    scenes = [player.act(0) for _ in range(8)]
    assert [scene.steps for scene in scenes] == list(range(1, 9))
    assert [bool(scene.ended) for scene in scenes] == [False] * 7 + [True]
    assert player.act(0) == scenes[-1]
    assert player.restart().steps == 0


def test_seeds_choose_the_episodes():
    pytest.importorskip("gymnax")
    one, again, other = (Player("gymnax/cartpole", seed).scene.seen for seed in (0, 0, 1))
    assert one == again != other


def piped(keys: str, world: str = DOORKEY, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, world, *more], input=keys, capture_output=True, text=True, timeout=120, check=False
    )


def test_keys_come_from_a_pipe():
    done = piped("f p\n4 l r f q never read", f"{DOORKEY}+renamed")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("mission: ")
    assert not re.search("key|door|goal", lines[0])
    assert [line.split(":")[0] for line in lines[2:]] == [
        "step 0", "step 1", "step 2", "step 3", "step 4", "restarted", "step 0", "step 1",
    ]  # fmt: skip
    assert [line.split(":")[1].strip() for line in lines[3:7]] == ["forward", "pick up", "drop", "turn left"]
    assert "(You " in lines[2]


class Terminal:
    """A terminal of its own with the command in it."""

    def __init__(self, *arguments: str):
        self.near, self.far = pty.openpty()
        termios.tcsetwinsize(self.far, (30, 100))
        self.before = termios.tcgetattr(self.far)
        owning = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)"  # for Ctrl-C
        begin = f"{owning}; os.execv(sys.argv[1], sys.argv[1:])"
        self.process = subprocess.Popen(
            [sys.executable, "-c", begin, *COMMAND, *arguments],
            stdin=self.far,
            stdout=self.far,
            stderr=self.far,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )

    def until(self, wanted: str, seconds: float = 60) -> str:
        """All that was shown until something is."""
        shown, end = "", time.monotonic() + seconds
        while wanted not in shown:
            assert time.monotonic() < end, shown[-2000:]
            if select.select([self.near], [], [], 0.2)[0]:
                shown += os.read(self.near, 65536).decode(errors="replace")
        return shown

    def type(self, keys: str) -> None:
        os.write(self.near, keys.encode())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.near)
        os.close(self.far)


def test_a_terminal_is_drawn_in_and_restored_after_ctrl_c():
    terminal = Terminal(DOORKEY)
    try:
        assert UPPER_HALF in terminal.until("q quit")
        terminal.type("\x1b[A")
        terminal.until("step 1 of 640")
        terminal.type("x")
        terminal.until("no action has this key")
        assert not termios.tcgetattr(terminal.far)[3] & (termios.ICANON | termios.ECHO)
        terminal.type("\x03")
        shown = terminal.until("stopped")
        assert "\x1b[?1049l" in shown  # the screen from before
        assert "\x1b[?25h" in shown  # the cursor
        assert terminal.process.wait(timeout=30) == 130
        assert termios.tcgetattr(terminal.far) == terminal.before
    finally:
        terminal.close()
