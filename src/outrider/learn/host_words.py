"""What a host world has said so far, as the device knows it: codes below a fixed number, first ones, and an atlas.

A host world's table of sentences grows while it is stepped; arrays on the device do not. So they are made for `CODES`
codes from the beginning, a power of two above the 10,000 captions that a world of Outrider must be able to have. They
cost little: a count, a weight and two entries of the diary for each code, and a bit of each copy's memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from outrider.errors import OutriderError
from outrider.guide.atlas import compile_atlas
from outrider.guide.vocabulary import Vocabulary
from outrider.types import Atlas
from outrider.worlds.host.table import Table

CODES = 2**14

# From a mission ("" where the copies have no common one) and captions to each caption's weight in [0, 1], or None.
Ask = Callable[[str, Sequence[str]], Mapping[str, float | None]]


def all_alike(mission: str, captions: Sequence[str]) -> dict[str, float | None]:
    """Every event is worth the same: no model is asked."""
    return dict.fromkeys(captions, 1.0)


class Firsts:
    """Which events are the first of their code in their episode, copy by copy."""

    def __init__(self, copies: int) -> None:
        self._seen = np.zeros((copies, CODES), bool)
        self._copies = np.arange(copies)

    def __call__(self, event: np.ndarray, ended: np.ndarray) -> np.ndarray:
        """Marks `[n]` of a step's events `[n]`; after it those that `ended` begin anew. Silence is never a first."""
        place = self._copies, event
        first = (event > 0) & ~self._seen[place]
        self._seen[place] = True
        self._seen[ended] = False
        return first


def beyond(event: np.ndarray, table: Table, world_id: str, pays: bool) -> np.ndarray:
    """Codes `[n]` of a table with more sentences than there are codes: those beyond are silence where nobody `pays`.

    Errors: somebody does.
    """
    if pays:
        raise OutriderError(
            f"world {world_id} has told more than {CODES - 1:,} different events, as many as a signal can count; "
            "use signal none, or a captioner that says fewer"
        )
    return np.where(event < CODES, event, 0)


@dataclass
class GrowingAtlas:
    """The answers about the sentences that a world has said; each sentence is asked about once, when it is new."""

    table: Table
    mission: str
    ask: Ask
    by_caption: dict[str, float | None] = field(default_factory=dict)

    def grown(self) -> Atlas | None:
        """The atlas `[CODES]` where there are new sentences since the last call, else None. Errors: as the engine's."""
        texts = self.table.texts
        new = texts[len(self.by_caption) :]
        if not new:
            return None
        self.by_caption |= self.ask(self.mission, new)
        return compile_atlas(
            Vocabulary(self.mission, dict(enumerate(texts, start=1))), self.by_caption, CODES
        )
