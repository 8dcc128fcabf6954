"""What each command of the command line does, on top of the rooms."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from outrider import interrupt
from outrider.errors import OutriderError

if TYPE_CHECKING:
    from outrider.cli import Train
    from outrider.learn.keeper import Keeper


FILM_SECONDS = 300  # after which a study goes on without


def train(asked: Train) -> None:
    """Train agents and save the first one's policy, with the weights of its captions beside it."""
    world, steps, seeds, signal, engine = asked.world, asked.steps, asked.seeds, asked.signal, asked.engine
    if asked.resume and not asked.checkpoints:
        raise OutriderError("--resume needs --checkpoints FOLDER: where should it go on from?")
    if seeds < 1:
        raise OutriderError(f"--seeds is {seeds}; it must be at least 1")
    if (signal == "none") != (engine == ""):
        raise OutriderError(
            "--signal and --engine go together: a signal pays what an engine rates; give both or none"
        )
    from outrider.learn.settings import check_steps
    from outrider.worlds.names import check_installed, is_host

    check_steps(steps)
    if is_host(world):
        return _train_host(asked)
    check_installed(world)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.hosts.join()
    with contextlib.ExitStack() as held:
        keeper = held.enter_context(_keeper(asked)) if asked.checkpoints else None
        _train(asked, keeper, _rate_all(world, engine, seeds) if engine else [])


def _keeper(asked: Train) -> Keeper:
    """Whoever keeps the run's checkpoints; before an engine is asked, which may take minutes."""
    from outrider.learn.keeper import Keeper

    return Keeper(asked.checkpoints or Path(), asked.resume, asked.every)


def _train(asked: Train, keeper: Keeper | None, by_seed: list[dict[str, float | None]]) -> None:
    """Train with the captions' weights of each seed, and save what came of it."""
    world, seeds, signal, engine, out = asked.world, asked.seeds, asked.signal, asked.engine, asked.out
    from rich.progress import Progress

    from outrider.guide.atlas import compile_atlas, empty_atlas, stack
    from outrider.guide.vocabulary import vocabulary
    from outrider.learn.policy import save_trained
    from outrider.learn.train import train as run
    from outrider.verify.evidence import write_json
    from outrider.worlds.registry import make

    codes = make(world).codes
    atlases = [compile_atlas(vocabulary(world), weights, codes) for weights in by_seed]
    atlas = stack(atlases or [empty_atlas(codes)])
    if keeper and keeper.begins and asked.hosts.first:
        print(keeper.begins)
    with Progress(disable=not asked.hosts.first) as bars:
        bar = bars.add_task("compiling", total=1.0)

        def heard(progress: float, lines) -> None:
            interrupt.check()
            ended = max(1, int(lines.episodes.sum()))
            bars.update(bar, completed=progress, description=f"success {lines.successes.sum() / ended:.2f}")

        trained = run(
            world,
            asked.learner,
            signal,
            atlas,
            range(seeds),
            asked.steps,
            heard,
            spread=asked.spread,
            keeper=keeper,
        )
    if not asked.hosts.first:
        return
    _beside(out).unlink(missing_ok=True)  # of an earlier policy in this place
    save_trained(out, trained, 0, world, asked.learner, seed=0, signal=signal, engine=engine)
    if by_seed:
        write_json(_beside(out), {"engine": engine, "by_caption": by_seed[0]})
    done = trained.lines.steps[:, -1].sum() - trained.steps_before
    took, compiled = trained.run_seconds, trained.compile_seconds
    print(f"{done:,} steps in {took:.1f} s ({done / took:,.0f} a second, compiled in {compiled:.1f} s)")
    print(f"policy: {out}   look at it with `outrider watch {out}`")


def _train_host(asked: Train) -> None:
    """As `train`, one seed after another, in a world on the host."""
    from outrider.learn.settings import Settings

    world, settings, out = asked.world, asked.learner, asked.out
    if not isinstance(settings, Settings):
        raise OutriderError(
            f"world {world} runs on the host, where agents learn by ppo; leave --algorithm out"
        )
    if asked.checkpoints or asked.hosts.count > 1 or asked.spread != "auto":
        raise OutriderError(
            f"world {world} runs on the host: --checkpoints, --hosts and --spread are for device worlds; leave them out"
        )
    from rich.progress import Progress

    from outrider.learn.host import train_host
    from outrider.learn.policy import save_policy

    out.parent.mkdir(parents=True, exist_ok=True)
    for seed in range(asked.seeds):
        with Progress() as bars:
            bar = bars.add_task("compiling", total=1.0)

            def heard(progress: float, line, bars=bars, bar=bar, seed=seed) -> None:
                interrupt.check()
                told = f"return {line.returns / line.episodes:.2f}" if line.episodes else "no episode ended"
                bars.update(bar, completed=progress, description=f"seed {seed}: {told}")

            trained = train_host(world, settings, seed, asked.steps, heard, asked.signal)
        if not seed:
            _beside(out).unlink(missing_ok=True)
            save_policy(
                out, trained.network, trained.lines, world, settings, seed=0, signal="none", engine=""
            )
        done, took = trained.run_steps, trained.run_seconds
        print(f"{trained.lines.steps[-1]:,} steps ({done / took:,.0f} a second after two updates)")
    print(f"policy: {out}")


def _rate_all(world: str, engine: str, seeds: int) -> list[dict[str, float | None]]:
    """The weights for each seed of a placebo that draws, else one for all."""
    from outrider.guide.vocabulary import vocabulary
    from outrider.guide.weights import ask as ask_all
    from outrider.lm.cassette import Cassette
    from outrider.lm.registry import build, by_chance

    words, said = vocabulary(world), Cassette()  # what was asked for one seed is not asked for the next
    print(f"asking {engine} about {len(words.captions)} captions ...", flush=True)
    draws = range(seeds if by_chance(engine) else 1)
    return [ask_all(words, build(engine, seed=seed, cassette=said)).by_caption for seed in draws]


def _beside(policy: Path) -> Path:
    return policy.with_suffix(".weights.json")


def verify(claim: Path, out: Path | None, replace: bool, cassette: Path | None, workers: int | None) -> None:
    """Run a study from its plan to its evidence, report and film; print where they are."""
    if workers is not None and workers < 1:
        raise OutriderError(f"--workers is {workers}; it must be at least 1")
    from outrider.report.html import render
    from outrider.verify.progress import Terminal
    from outrider.verify.study import run_study

    study = run_study(
        claim,
        out,
        workers=workers,
        replace=replace,
        cassette=cassette,
        progress=Terminal(),
        watch=_film_of_study,
        render=lambda folder: render(folder) and None,
    )
    print(f"evidence: {study.folder}   report: {study.folder / 'report.html'}")


def _film_of_study(folder: Path, policy: Path, weights: Path | None) -> None:
    """Draw the study's film in a process of its own, so that this one needs no jax."""
    command = [sys.executable, "-m", "outrider.cli", "watch", str(policy), "--out", str(folder / "watch.gif")]
    if weights:
        command += ["--weights", str(weights)]
    try:
        subprocess.run(command, capture_output=True, text=True, check=True, timeout=FILM_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        told = str(error.stderr or error).strip().splitlines()[-1]
        print(f"outrider: the study goes on without a film of its agent: {told}", file=sys.stderr)


def watch(policy: Path, out: Path, seed: int, weights: Path | None) -> Path:
    """Play episodes with a policy and draw one. A bonus is shown as the event paid it when it was new."""
    import jax

    from outrider.agents.released import load
    from outrider.guide.vocabulary import vocabulary
    from outrider.learn.episode import play
    from outrider.report.gif import draw_episode
    from outrider.worlds.names import check_world
    from outrider.worlds.registry import make
    from outrider.worlds.world import Drawn

    trained = load(policy)
    network, world_id = trained.network, trained.world
    world = make(world_id)
    if not check_world(world_id)[0].drawn:
        raise OutriderError(f"world {world_id} cannot be drawn yet, so there is nothing to watch")
    weights = weights or _beside(policy)
    try:
        by_caption = json.loads(weights.read_text())["by_caption"] if weights.exists() else {}
    except (ValueError, KeyError, TypeError) as error:
        raise OutriderError(f"{weights} holds no weights ({error}); delete it, or train anew") from None
    episode = play(network, cast(Drawn, world), jax.random.key(seed))
    texts = dict(vocabulary(world_id).by_code)
    captions = [texts.get(event, "") for event in episode.events]
    paid = [
        2.0 * (by_caption.get(c) or 0.0) if new else 0.0
        for c, new in zip(captions, episode.first, strict=True)
    ]
    paid[-1] = 0.0  # what ends the episode is the reward's business
    out.parent.mkdir(parents=True, exist_ok=True)
    draw_episode(episode.frames, captions, paid, episode.rewards, world_id, out)
    return out


def export(policy: Path, out: Path, licence: str) -> None:
    """Release a policy: its file, its header as config.json and a model card, in a new folder."""
    if out.exists():
        raise OutriderError(f"{out} exists: name another folder, or delete it")
    from outrider.agents.released import FILE, load
    from outrider.files import write_file
    from outrider.report.card import card
    from outrider.verify.evidence import write_json

    about = {**load(policy).about, "licence": licence}
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    write_file(partial / FILE, (policy / FILE if policy.is_dir() else policy).read_bytes())
    write_json(partial / "config.json", about)
    write_file(partial / "README.md", card(about))
    os.replace(partial, out)
    print(f"released: {out}   its model card is {out / 'README.md'}")


def worlds() -> None:
    """Print a table of all worlds."""
    from rich.console import Console
    from rich.table import Table

    from outrider.worlds.names import FAMILIES, WORLDS, event_sentences

    table = Table(title="Worlds")
    table.add_column("id", no_wrap=True)
    table.add_column("what to do")
    for column in ("horizon", "captions"):
        table.add_column(column, justify="right")
    for name, facts in WORLDS.items():
        said = len(set(event_sentences(name).values()))
        table.add_row(name, facts.description, str(facts.horizon), str(said))
    console = Console()
    console.print(table)
    for name, family in FAMILIES.items():
        for option, effect in family.options.items():
            console.print(f"Option of every {name} world: +{option} ({effect}).")


def ask(caption: str, world: str, mission: str, engine: str) -> None:
    """Print what an engine answers about one caption."""
    from outrider.lm.question import Rate
    from outrider.lm.registry import build
    from outrider.lm.relevance import PARTS
    from outrider.worlds.names import check_world

    mission = mission or check_world(world)[0].mission
    asked = build(engine)
    (answer,) = asked.answer([Rate(caption, mission)])
    print(f"engine:  {asked.name}\nmission: {mission}\ncaption: {caption}")
    if answer.abstention:
        print(f"abstains: {answer.abstention}")
    for name, value in zip(PARTS, answer.values, strict=False):
        print(f"{name:10s} {value: .4f}")


def models(what: str) -> None:
    """Show or fetch the weights of the embedded model."""
    from outrider.lm.fetch import fetch
    from outrider.lm.models import SMOLLM2, locate

    path = fetch() if what == "fetch" else locate()
    print(f"{SMOLLM2.id} ({SMOLLM2.licence}): {path}")


def claims(folder: Path, readme: Path, write: bool) -> None:
    """Print the claims' table; write it and the claims' pages, or fail where they drifted from their evidence."""
    from outrider.report.board import readme_table, sync

    print(readme_table(folder))
    drifted = sync(readme, folder, check=not write)
    names = ", ".join(map(str, drifted))
    if drifted and not write:
        raise OutriderError(f"out of step with the evidence: {names}; run `outrider claims --write`")
    if drifted:
        print(f"written: {names}")
