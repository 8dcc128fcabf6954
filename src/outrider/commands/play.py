"""`outrider play`: a world stepped by hand in the terminal, with its captions."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from outrider import interrupt
from outrider.commands.keys import QUIT, RESTART, Keymap, read_keys, single_keys
from outrider.errors import OutriderError
from outrider.report.blocks import picture
from outrider.worlds.names import check_installed, is_host

if TYPE_CHECKING:
    from outrider.commands.host_player import HostPlayer
    from outrider.commands.player import Player, Scene

    AnyPlayer = Player | HostPlayer

WORDS = 10  # lines of text below the picture


def play(world_id: str, seed: int) -> None:
    """Play until q or the end of the input. Errors: unknown world; from a pipe, a key that means no action here."""
    console = Console(highlight=False, markup=False)
    if not (console.is_terminal and sys.stdin.isatty()):
        with _player(world_id, seed) as player:
            _in_lines(player, console)
        return
    with single_keys():
        console.print(f"{'making' if is_host(world_id) else 'compiling'} {world_id} ...")
        with _player(world_id, seed) as player:
            _in_terminal(player, console)


@contextlib.contextmanager
def _player(world_id: str, seed: int) -> Iterator[AnyPlayer]:
    if is_host(world_id):
        from outrider.commands.host_player import HostPlayer

        with contextlib.closing(HostPlayer(world_id, seed)) as player:
            yield player
        return
    check_installed(world_id)
    from outrider.commands.player import Player

    yield Player(world_id, seed)


def _in_lines(player: AnyPlayer, console: Console) -> None:
    """A line a key, without pictures: for pipes and files."""
    keys = Keymap(player.actions)
    console.print(
        f"mission: {player.mission or 'not said'}\nkeys: {keys}\nstep 0: {_told(player.scene)}",
        soft_wrap=True,
    )
    for number, key in enumerate(read_keys(), start=1):
        interrupt.check()
        if key == QUIT:
            return
        if key == RESTART:
            console.print(f"restarted\nstep 0: {_told(player.restart())}", soft_wrap=True)
            continue
        try:
            scene = player.act(_action(keys, key))
        except OutriderError as error:
            raise OutriderError(f"key {number} of the input is {key!r}: {error}") from None
        console.print(f"step {scene.steps}: {scene.action}: {_told(scene)}", soft_wrap=True)


def _told(scene: Scene) -> str:
    parts = [*scene.events, f"({scene.situation})" if scene.situation else "", scene.seen]
    if scene.reward:
        parts.append(f"reward {scene.reward:.3g}")
    if scene.ended:
        parts.append(
            f"The episode is over: {scene.ended}; return {scene.returned:.3g}. {RESTART} starts another."
        )
    return "  ".join(filter(None, parts))


def _action(keys: Keymap, key: str) -> int:
    action = keys.action(key)
    if action is None:
        raise OutriderError(f"no action has this key; use {keys}")
    return action


def _in_terminal(player: AnyPlayer, console: Console) -> None:
    """The whole screen, drawn anew after each key; the terminal is as before afterwards, Ctrl-C included."""
    keys, trouble = Keymap(player.actions), ""
    with Live(console=console, screen=True, auto_refresh=False) as screen:
        screen.update(_screen(player, keys, console, trouble), refresh=True)
        for key in read_keys():
            interrupt.check()
            trouble = ""
            if key == QUIT:
                return
            if key == RESTART:
                player.restart()
            else:
                try:
                    player.act(_action(keys, key))
                except OutriderError as error:
                    trouble = f"{key!r}: {error}"
            screen.update(_screen(player, keys, console, trouble), refresh=True)


def _screen(player: AnyPlayer, keys: Keymap, console: Console, trouble: str) -> Group:
    scene, parts = player.scene, []
    if scene.image is not None:
        colours = console.color_system is not None and not console.no_color
        parts.append(picture(scene.image, console.width, max(1, console.height - WORDS), colours))
    else:
        parts.append(Text(scene.seen))
    parts += [
        Text(f"{player.id}: {player.mission or 'its mission is not said'}", style="bold"),
        Text(
            f"step {scene.steps}{f' of {player.horizon:,}' if player.horizon else ''}   {scene.action or 'begun'}   "
            f"return {scene.returned:.3g}"
        ),
        Text(" ".join(scene.events) or "-", style="green"),
        Text(scene.situation),
    ]
    if scene.reward:
        parts.append(Text(f"reward {scene.reward:.3g}", style="yellow"))
    if scene.ended:
        parts.append(Text(f"The episode is over: {scene.ended}. {RESTART} starts another.", style="yellow"))
    if trouble:
        parts.append(Text(trouble, style="red"))
    parts.append(Text(str(keys), style="dim"))
    return Group(*parts)
