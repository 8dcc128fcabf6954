"""Train an agent that a language model guides, through the Python API: ask, compile an atlas, train.

python examples/train_guided.py                          # the embedded model; a minute
python examples/train_guided.py --engine constant        # event counts without a model, to compare with
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import outrider  # noqa: F401  first: it sets XLA up before jax is imported
from outrider.guide.atlas import compile_atlas
from outrider.guide.vocabulary import vocabulary
from outrider.guide.weights import ask
from outrider.learn.settings import Settings
from outrider.learn.train import Trained, train
from outrider.lm.registry import build
from outrider.worlds.registry import make


def guided(world: str, engine: str, seeds: Sequence[int], steps: int, settings: Settings) -> Trained:
    """One learner a seed, paid `w(event) * 2 / sqrt(n)` for an event's first occurrence in an episode."""
    words = vocabulary(world)  # every sentence that the world can say, and its mission
    weights = ask(words, build(engine))  # the engine rates each sentence once, before training
    atlas = compile_atlas(words, weights.by_caption, make(world).codes)  # weights by event code
    return train(world, settings, "event-count", atlas, seeds, steps)


def main() -> None:
    """Train and print how the agents did at the end."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--world", default="minigrid/doorkey-8x8")
    parser.add_argument("--engine", default="relevance(embedded)")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=300_000, help="environment steps of each seed")
    parser.add_argument("--envs", type=int, default=Settings().envs)
    options = parser.parse_args()

    settings = Settings(envs=options.envs)
    trained = guided(options.world, options.engine, range(options.seeds), options.steps, settings)
    tenth = max(1, trained.lines.episodes.shape[1] // 10)
    episodes = trained.lines.episodes[:, -tenth:].sum(axis=1)
    successes = trained.lines.successes[:, -tenth:].sum(axis=1)
    for seed, (solved, ended) in enumerate(zip(successes.tolist(), episodes.tolist(), strict=True)):
        print(f"seed {seed}: {solved} of the last {ended} episodes solved")


if __name__ == "__main__":
    main()
