"""The real model, loaded once for all tests; where its weights are missing, the tests fail."""

from __future__ import annotations

import functools

from outrider.lm.cassette import Cassette, Recorded, recorded
from outrider.lm.embedded import Embedded, Server

MISSION = "use the key to open the door and then get to the goal"


@functools.cache
def embedded() -> Embedded:
    """One thread: others use the cores."""
    return Embedded(threads=1)


def server() -> Server:
    return embedded().servers[0]


@functools.cache
def remembered() -> Recorded:
    """The model with one cassette in memory for all tests, so that none pays for a question twice."""
    return recorded(embedded(), Cassette())
