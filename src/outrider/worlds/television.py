"""The television: endless irrelevant novelty, in words. Standard library only.

A world with a television shows one of its channels, each an event code of its own, whenever the agent toggles or drops
nothing. There are three: of `CHANNELS` pictures, ten of which share a sentence, so that a small model can answer about
all sentences live; of `monologues`, ten thousand sentences, no two alike; and of `hearsay`, whose sentences name the
mission's own things, so that words in common with the mission tell nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

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

PRESENTERS = (
    "a retired pilot", "a famous baker", "a young violinist", "two dentists", "a shy magician", "an old sailor",
    "a tired farmer", "three students", "a chess champion", "a circus clown",
)  # fmt: skip
TOWNS = ("Oslo", "Lima", "Cairo", "Kyoto", "Dublin")

SPEAKERS = (
    "A parrot says", "A sign on the wall says", "A ghost whispers", "An old radio says", "A voice in a dream says",
    "A poster says", "A talking clock says", "A child sings", "A letter in a bottle says", "A fortune cookie says",
    "A puppet shouts", "A stranger mutters", "A loudspeaker says", "A book of riddles says", "A sleepwalker mumbles",
    "An advertisement says",
)  # fmt: skip
# What is said of a thing, by what it is: true or false, advice or gossip. Nothing of it happens.
SAYINGS = {
    "key": (
        "pick up the {}", "the {} is close", "you hold the {}", "do not lose the {}", "somebody dropped the {}",
        "the {} fits", "look for the {}",
    ),
    "door": (
        "open the {}", "the {} is open", "unlock the {}", "go through the {}", "the {} is locked", "knock at the {}",
        "look for the {}",
    ),
    "goal": (
        "go to the {}", "you have reached the {}", "the {} is near", "the {} is in the corner", "run to the {}",
        "everybody loves the {}", "look for the {}",
    ),
    "thing": (
        "pick up the {}", "the {} is behind you", "you picked up the {}", "go to the {}", "the {} shines",
        "never drop the {}", "look for the {}",
    ),
}  # fmt: skip
MOST_THINGS = 5  # that a mission names
MOST_HEARSAY = MOST_THINGS * len(SPEAKERS) * len(SAYINGS["thing"])


def sentence(channel: int) -> str:
    """What the television says on one of its `CHANNELS` channels."""
    return SENTENCES[channel // PICTURES]


def monologues() -> tuple[str, ...]:
    """Ten thousand sentences, no two alike."""
    return tuple(
        f"{told[:-1]}, told by {who} in {town}." for told in SENTENCES for who in PRESENTERS for town in TOWNS
    )


def hearsay(things: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """What speakers say of a mission's things, given as (what it is, its name): at least 112 sentences a thing."""
    return tuple(
        f"{speaker}: {saying.format(name)}."
        for what, name in things
        for saying in SAYINGS[what]
        for speaker in SPEAKERS
    )
