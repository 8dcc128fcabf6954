"""The commands that show, ask or hand out, and what each takes: worlds, play, ask, watch and their like.

Rooms are imported when a command runs, so that `--help` answers at once.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Literal

import tyro


@dataclasses.dataclass(frozen=True)
class Worlds:
    """List the worlds: all, those that a pattern fits, or one in full."""

    what: tyro.conf.Positional[str] = ""
    """A world's id, shown in full; or a part of some names, such as doorkey, deepsea-*, envpool/MiniGrid-."""
    all: bool = False
    """Every host world by its id, and every sentence of one world."""

    def run(self) -> None:
        from outrider.commands.worlds import worlds

        worlds(self.what, self.all)


@dataclasses.dataclass(frozen=True)
class Play:
    """Step a world by hand in the terminal, with its captions; from a pipe, a key a character."""

    world: tyro.conf.Positional[str]
    """World with its options, such as minigrid/doorkey-8x8+television."""
    seed: int = 0
    """Other seeds, other episodes; the same seed and keys, the same episode."""

    def run(self) -> None:
        from outrider.commands.play import play

        play(self.world, self.seed)


@dataclasses.dataclass(frozen=True)
class Ask:
    """Put one question to an engine: how relevant is a caption to a world's mission?"""

    caption: tyro.conf.Positional[str]
    """A sentence, such as "You picked up the yellow key."."""
    world: str = "minigrid/doorkey-8x8"
    """The world whose mission counts."""
    mission: str = ""
    """Another mission, in place of the world's."""
    engine: str = "relevance(embedded)"

    def run(self) -> None:
        from outrider.commands.engine import ask

        ask(self.caption, self.world, self.mission, self.engine)


@dataclasses.dataclass(frozen=True)
class Watch:
    """Draw an episode of a trained agent as a GIF, with captions and bonuses."""

    policy: tyro.conf.Positional[Path]
    """A policy that `outrider train` or a study left."""
    out: Path = Path("out/watch.gif")
    seed: int = 0
    weights: Path | None = None
    """Weights of the captions; by default those beside the policy."""

    def run(self) -> None:
        from outrider.commands.policy import watch

        print(watch(self.policy, self.out, self.seed, self.weights))


@dataclasses.dataclass(frozen=True)
class Export:
    """Release a policy: a folder with its arrays, its configuration and a model card."""

    policy: tyro.conf.Positional[Path]
    """A policy that `outrider train` or a study left."""
    out: tyro.conf.Positional[Path]
    """Folder to make."""
    licence: str = "Apache-2.0"
    """Under which the policy is released."""

    def run(self) -> None:
        from outrider.commands.policy import export

        export(self.policy, self.out, self.licence)


@dataclasses.dataclass(frozen=True)
class Models:
    """Show where the embedded model's weights are, or fetch them into the cache."""

    what: tyro.conf.Positional[Literal["show", "fetch"]] = "show"

    def run(self) -> None:
        from outrider.commands.engine import models

        models(self.what)


@dataclasses.dataclass(frozen=True)
class Claims:
    """Show the claims with evidence, and write their pages and README's table from it."""

    folder: Path = Path("claims")
    readme: Path = Path("README.md")
    write: bool = False
    """Write README's table and each claim's page; without, say which of them drifted from the evidence."""

    def run(self) -> None:
        from outrider.commands.study import claims

        claims(self.folder, self.readme, self.write)
