"""The television: endless irrelevant novelty, in words. Standard library only.

A world with a television shows one of `CHANNELS` pictures, each an event code of its own, whenever the agent toggles
or drops nothing. Ten pictures share a sentence, so that a small model can answer about all sentences live.
"""

from __future__ import annotations

SHOWS = (
    "a recipe for", "a documentary about", "a commercial for", "a quiz about", "a song about", "a cartoon about",
    "the history of", "an interview about", "a news report on", "a poem about",
)  # fmt: skip
TOPICS = (
    "lentil soup", "penguins", "mountain weather", "antique clocks", "Roman aqueducts", "jazz trumpets",
    "the stock market", "garden snails", "ocean currents", "wedding cakes", "steam trains", "desert foxes",
    "knitting", "volcanoes", "cheese", "figure skating", "old postcards", "honey bees", "the moon", "bicycles",
)  # fmt: skip
PICTURES = 10  # pictures that share one sentence
SENTENCES = tuple(f"The television shows {show} {topic}." for show in SHOWS for topic in TOPICS)
CHANNELS = PICTURES * len(SENTENCES)


def sentence(channel: int) -> str:
    """What the television says on one of its `CHANNELS` channels."""
    return SENTENCES[channel // PICTURES]
