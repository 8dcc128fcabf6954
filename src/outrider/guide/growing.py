"""Engines for host worlds, whose sentences nobody can list: asked about each of them when it is new. No jax."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from outrider.errors import OutriderError
from outrider.guide.vocabulary import Vocabulary
from outrider.guide.weights import ask
from outrider.lm.cassette import Cassette
from outrider.lm.registry import build, names_in

MISSION_BLIND = frozenset({"constant", "random", "inverted"})  # engines that rate without a mission


def check_engine(world_id: str, engine: str) -> None:
    """Refuse an engine that needs all captions at once."""
    if "shuffled" in names_in(engine):
        raise OutriderError(
            f"world {world_id} runs on the host, where captions come one by one: shuffled deals out the answers "
            "to all captions and needs them at once; use random or constant"
        )


def asking(
    world_id: str, engine: str, seed: int, said: Cassette, threads: int = 2, replay: bool = False
) -> Callable[[str, Sequence[str]], dict[str, float | None]]:
    """An engine that is asked about captions as they come: from a mission and captions to each one's weight.

    What a model says is added to `said`; with `replay` that recording alone answers.

    Errors: one that needs all captions; when it is asked, a mission that the copies do not share, where it counts.
    """
    check_engine(world_id, engine)
    asked = build(engine, seed=seed, cassette=said, threads=threads, replay=replay)
    blind = names_in(engine) <= MISSION_BLIND

    def answer(mission: str, captions: Sequence[str]) -> dict[str, float | None]:
        if not mission and not blind:
            raise OutriderError(
                f"world {world_id} has no one mission for all its copies, which engine {engine} asks about; "
                "use random or constant"
            )
        return ask(Vocabulary(mission, dict(enumerate(captions, start=1))), asked).by_caption

    return answer
