"""`outrider train`."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from outrider import interrupt
from outrider.errors import OutriderError
from outrider.files import beside

if TYPE_CHECKING:
    from outrider.commands.running import Train
    from outrider.learn.host import HostTrained
    from outrider.learn.keeper import Keeper


def train(asked: Train) -> None:
    """Train agents and save the first one's policy, with the weights of its captions beside it."""
    world, steps, seeds, signal, engine = asked.world, asked.steps, asked.seeds, asked.signal, asked.engine
    if asked.resume and not asked.checkpoints:
        raise OutriderError("--resume needs --checkpoints FOLDER: where should it go on from?")
    if seeds < 1:
        raise OutriderError(f"--seeds is {seeds}; it must be at least 1")
    from outrider.explore.names import check as check_signal
    from outrider.learn.settings import check_steps
    from outrider.learn.together import check_together
    from outrider.worlds.names import check_installed, is_host

    check_signal(signal, engine)
    check_steps(steps)
    if is_host(world):
        return _train_host(asked)
    check_installed(world)
    check_together(world, asked.learner, signal)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.processes.join()
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
    if keeper and keeper.begins and asked.processes.first:
        print(keeper.begins)
    with Progress(disable=not asked.processes.first) as bars:
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
    if not asked.processes.first:
        return
    where = _place(out)
    beside(out).unlink(missing_ok=True)  # of an earlier policy in this place
    save_trained(out, trained, 0, world, asked.learner, seed=0, signal=signal, engine=engine)
    if by_seed:
        write_json(beside(out), {"engine": engine, "by_caption": by_seed[0]})
    done = trained.lines.steps[:, -1].sum() - trained.steps_before
    took, compiled = trained.run_seconds, trained.compile_seconds
    print(f"{done:,} steps in {took:.1f} s ({done / took:,.0f} a second, compiled in {compiled:.1f} s)")
    print(f"policy: {where}   look at it with `outrider watch {out}`")


def _train_host(asked: Train) -> None:
    """As `train`, one seed after another, in a world on the host."""
    from outrider.learn.host_fit import check_host

    world, out, signal, engine = asked.world, asked.out, asked.signal, asked.engine
    settings = check_host(world, asked.learner, signal, engine)
    if asked.checkpoints or asked.processes.count > 1 or asked.spread != "auto":
        raise OutriderError(
            f"world {world} runs on the host: --checkpoints, --processes and --spread are for device worlds; "
            "leave them out"
        )
    from rich.progress import Progress

    from outrider.guide.growing import asking
    from outrider.learn.host import train_host
    from outrider.learn.host_words import all_alike
    from outrider.learn.policy import save_policy
    from outrider.lm.cassette import Cassette
    from outrider.verify.evidence import write_json

    out.parent.mkdir(parents=True, exist_ok=True)
    where = _place(out)
    said = Cassette()  # what was asked for one seed is not asked for the next
    for seed in range(asked.seeds):
        with Progress() as bars:
            bar = bars.add_task("compiling", total=1.0)

            def heard(progress: float, line, bars=bars, bar=bar, seed=seed) -> None:
                interrupt.check()
                told = f"return {line.returns / line.episodes:.2f}" if line.episodes else "no episode ended"
                bars.update(bar, completed=progress, description=f"seed {seed}: {told}")

            ask = asking(world, engine, seed, said) if engine else all_alike
            trained = train_host(world, settings, seed, asked.steps, heard, signal, ask=ask)
        if not seed:
            beside(out).unlink(missing_ok=True)
            save_policy(
                out, trained.network, trained.lines, world, settings, seed=0, signal=signal, engine=engine
            )
            if engine:
                write_json(beside(out), {"engine": engine, "by_caption": trained.by_caption})
        done, took = trained.run_steps, trained.run_seconds
        print(f"{trained.lines.steps[-1]:,} steps ({done / took:,.0f} a second after two updates)")
        if trained.events:
            print(f"{len(trained.events):,} different events; most often {_most_met(trained)}")
    print(f"policy: {where}")


def _place(out: Path) -> str:
    """Where a policy is kept, and that another one was there."""
    return f"{out} (in place of an earlier one)" if out.exists() else str(out)


def _most_met(trained: HostTrained, most: int = 3) -> str:
    """The events that were met most often, with how often."""
    met = trained.diary.met[1 : len(trained.events) + 1].tolist()
    order = sorted(range(len(met)), key=lambda i: -met[i])[:most]
    return ", ".join(f"{trained.events[i]!r} ({met[i]:,})" for i in order)


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
