"""The commands that step worlds by the thousands, and what each takes: train, explore, verify and their like.

Rooms are imported when a command runs, so that `--help` answers at once.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Literal

import tyro

from outrider.learn.go_settings import GoSettings
from outrider.learn.processes import Processes
from outrider.learn.settings import Settings


@dataclasses.dataclass(frozen=True)
class Train:
    """Train agents on a world, guided or not, and keep the first one's policy."""

    world: tyro.conf.Positional[str]
    """World, such as minigrid/doorkey-8x8 or minigrid/unlock-pickup+television; `outrider worlds` lists them.
    On the host: envpool/MiniGrid-DoorKey-8x8-v0, gymnasium/CartPole-v1 and whatever else these packages have."""
    steps: int = 500_000
    """Environment steps of each seed."""
    seeds: int = 1
    algorithm: Literal["ppo", "dqn", "pqn", "bc", "dagger", "hierarchy"] = "ppo"
    """How agents learn; each has settings of its own: `outrider train --algorithm dqn --help` shows DQN's."""
    signal: str = "none"
    """What is paid beside the world's own reward: event-count, scale(rnd, 0.1), chain(noveld, event-count) ..."""
    engine: str = ""
    """Who rates the captions: relevance(embedded), constant, shuffled(relevance(embedded)) ..."""
    out: Path = Path("out/policy.safetensors")
    """Where the policy goes; its captions' weights go beside it."""
    checkpoints: Path | None = None
    """Folder of checkpoints, from which a killed run goes on. None are kept without."""
    resume: bool = False
    """Go on from the newest checkpoint in that folder; a run that never saved one begins anew."""
    every: str = "5m"
    """How often a checkpoint is made: 90s, 5m, 2h, or a number of updates, such as 200."""
    spread: Literal["auto", "turns", "together", "devices"] = "auto"
    """How several seeds share the machine: in turns, together in one program, or a share for each device."""
    processes: Processes = dataclasses.field(default_factory=Processes)
    """Several processes that train one team of synchronous learners (`--learner.learners`) together."""
    learner: Settings = dataclasses.field(default_factory=Settings)

    def run(self) -> None:
        from outrider.commands.train import train

        train(self)


@dataclasses.dataclass(frozen=True)
class Demonstrate:
    """Record episodes that an expert or a trained policy shows, as a Minari dataset to learn from."""

    world: tyro.conf.Positional[str]
    """World with its options, such as minigrid/doorkey-8x8."""
    out: Path = Path("out/demonstrations")
    """Folder to make: a Minari dataset."""
    episodes: int = 256
    by: str = "expert"
    """Who shows: the world's own expert, who sees the whole state, or the policy in a file that is named here."""
    seed: int = 0
    """Other seeds, other episodes."""

    def run(self) -> None:
        from outrider.commands.demonstrate import demonstrate

        demonstrate(self.world, self.out, self.episodes, self.by, self.seed)


@dataclasses.dataclass(frozen=True)
class Explore:
    """Search a device world by Go-Explore: return to what was found, explore from there, keep the best ways."""

    world: tyro.conf.Positional[str]
    """World with its options, such as minigrid/doorkey-16x16. One of it is drawn, and searched alone."""
    steps: int = 500_000
    """Environment steps, all copies together; at least so many, as a few rounds are one compiled call."""
    out: Path | None = None
    """Folder to make: the best ways as demonstrations, a Minari dataset; what was found is told in OUT.json beside."""
    seed: int = 0
    """Other seeds, other worlds and other luck."""
    by: str = "random"
    """Who explores from where it returned to: random actions, or the policy in a file that is named here."""
    search: GoSettings = dataclasses.field(default_factory=GoSettings)

    def run(self) -> None:
        from outrider.commands.explore import explore

        explore(self.world, self.steps, self.out, self.seed, self.by, self.search)


@dataclasses.dataclass(frozen=True)
class Verify:
    """Run the study of a claim and return its verdict: asks, trains all arms, judges, reports."""

    claim: tyro.conf.Positional[Path]
    """Folder with a plan.toml, such as claims/D3-doorkey-16x16, or the plan itself."""
    out: Path | None = None
    """Evidence folder to make; by default `evidence` beside the plan."""
    replace: bool = False
    """Replace an evidence folder that exists, once the new one is complete."""
    cassette: Path | None = None
    """Replay the answers of this recording instead of asking a model."""
    workers: int | None = None
    """Processes that train at a time; by default one a core. Results do not depend on it."""

    def run(self) -> None:
        from outrider.commands.study import verify

        verify(self.claim, self.out, self.replace, self.cassette, self.workers)


@dataclasses.dataclass(frozen=True)
class Tune:
    """Choose the settings of a plan's arms from what its [tuning] lists, all tried alike, on seeds of their own."""

    claim: tyro.conf.Positional[Path]
    """Folder with a plan.toml that has a [tuning], or the plan itself; `tuning.json` is written beside it."""
    work: Path = Path("out/tuning")
    """Where finished runs are kept: the same command goes on from there, and other plans share them."""
    workers: int | None = None
    """Processes that train at a time; by default one a core. Results do not depend on it."""

    def run(self) -> None:
        from outrider.commands.study import tune

        tune(self.claim, self.work, self.workers)


@dataclasses.dataclass(frozen=True)
class Sweep:
    """Tune a learner's settings: random search with successive halving at a stated budget, recorded and resumable."""

    what: tyro.conf.Positional[str]
    """A sweep.toml, a folder with one such as sweeps/doorkey-8x8, or a world, searched as usual."""
    steps: int | None = None
    """Environment steps of the whole search; a specification's own by default."""
    candidates: int | None = None
    seeds: int | None = None
    """Seeds of each candidate in each rung."""
    signal: str | None = None
    engine: str | None = None
    """Who rates the captions, asked once."""
    out: Path | None = None
    """Folder of the record; by default the specification's own, or sweeps/NAME of a world."""
    workers: int | None = None
    """Processes that train at a time; by default one a core. Results do not depend on it."""

    def run(self) -> None:
        from outrider.sweep.command import sweep

        names = ("steps", "candidates", "seeds", "signal", "engine")
        given = {name: getattr(self, name) for name in names}
        changed = {name: value for name, value in given.items() if value is not None}
        sweep(self.what, changed, self.out, self.workers)


@dataclasses.dataclass(frozen=True)
class Bench:
    """Show where the time of a configuration goes, and how near it comes to the machine's limit."""

    world: tyro.conf.Positional[str] = "minigrid/doorkey-8x8"
    signal: str = "none"
    engine: str = ""
    """Who rates the captions; asked to tell the seconds of a question. Without one, every event is worth the same."""
    steps: int = 500_000
    """Environment steps of the run whose shares are shown; not all of them are made."""
    rounds: int = 5
    """How often each part is timed, in turn; medians are shown."""
    out: Path | None = None
    """A JSON file to write, with the machine's description."""
    learner: Settings = dataclasses.field(default_factory=Settings)

    def run(self) -> None:
        from outrider.report.timing import bench

        bench(self.world, self.learner, self.signal, self.engine, self.steps, self.rounds, self.out)
