"""The command line: `outrider train | demonstrate | explore | verify | sweep | worlds | play | ask | ...`.

Rooms are imported when a command needs them, so that `--help` answers at once.
"""

from __future__ import annotations

import dataclasses
import itertools
import sys
from pathlib import Path
from typing import Literal

import tyro

from outrider import interrupt
from outrider.commands.parse import parse
from outrider.errors import Interrupted, OutriderError, nearest
from outrider.learn.algorithms import ALGORITHMS, DEFAULT, check_keys
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
    """Environment steps, all copies together."""
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


COMMANDS = {
    "train": Train,
    "demonstrate": Demonstrate,
    "explore": Explore,
    "verify": Verify,
    "sweep": Sweep,
    "bench": Bench,
    "worlds": Worlds,
    "play": Play,
    "ask": Ask,
    "watch": Watch,
    "export": Export,
    "models": Models,
    "claims": Claims,
}


def _of_algorithm(arguments: list[str]) -> type[Train]:
    """`Train` with the settings of the algorithm that the arguments choose. Errors: unknown algorithm or setting."""
    words = [word for argument in arguments for word in argument.split("=", 1)]
    chosen = [after for word, after in itertools.pairwise(words) if word == "--algorithm"]
    name = chosen[-1] if chosen else DEFAULT
    if name not in ALGORITHMS:
        raise OutriderError(f"--algorithm is {name!r}{nearest(name, ALGORITHMS)}")
    given = [word for word in words if word.startswith("--learner.")]
    keys = [word.removeprefix("--learner.").removeprefix("no-").replace("-", "_") for word in given]
    check_keys(keys, name, "--learner")
    kind = ALGORITHMS[name]
    if kind is Settings:
        return Train
    learner = ("learner", kind, dataclasses.field(default_factory=kind))
    return dataclasses.make_dataclass(
        "Train", [learner], bases=(Train,), frozen=True, namespace={"__doc__": Train.__doc__}
    )


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Exit code 2 for what the user can mend; Ctrl-C ends the process with 130."""
    interrupt.remember()
    try:
        given = sys.argv[1:] if arguments is None else arguments
        kinds = COMMANDS | ({"train": _of_algorithm(given)} if given[:1] == ["train"] else {})
        parse(kinds, given).run()
    except OutriderError as error:
        print(f"outrider: {error}", file=sys.stderr)
        if isinstance(error, Interrupted):
            interrupt.end(error.exit_code)
        return error.exit_code
    except KeyboardInterrupt:
        print("outrider: stopped; nothing half-written is left", file=sys.stderr)
        interrupt.end(Interrupted.exit_code)
    except OSError as error:
        print(
            f"outrider: {error}; choose another place or mend its permissions",
            file=sys.stderr,
        )
        return OutriderError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
