"""All sentences that a world can say, and the mission they are rated for. No jax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from outrider.worlds.names import check_world, event_sentences


@dataclass(frozen=True)
class Vocabulary:
    """The captions of a world's events, each once, in the order of their first code."""

    mission: str
    by_code: Mapping[int, str]

    @property
    def captions(self) -> tuple[str, ...]:
        """The distinct sentences: what an engine is asked about."""
        return tuple(dict.fromkeys(self.by_code.values()))


def vocabulary(world_id: str) -> Vocabulary:
    """The vocabulary of a world's id. Errors: as `check_world`."""
    facts, _ = check_world(world_id)
    return Vocabulary(facts.mission, event_sentences(world_id))
