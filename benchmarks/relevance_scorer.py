"""How well the relevance scorer keeps useful events and television apart.

Prints the tables of docs/decisions/relevance-scorer.md.

    python benchmarks/relevance_scorer.py           from the recorded answers, without a model
    python benchmarks/relevance_scorer.py --live    asks the model what is not recorded (10 minutes)
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from outrider.lm import gold
from outrider.lm.cassette import Cassette
from outrider.lm.question import Rate
from outrider.lm.registry import build
from outrider.worlds import television

RECORDED = Path(__file__).parent / "results" / "relevance_scorer.jsonl.gz"
MISSIONS = (
    "use the key to open the door and then get to the goal",
    "use the key to unlock the door and then pick up the object",
    "unlock the door and pick up the object in the next room",
)

COLOURS = ("red", "green", "blue", "purple", "yellow", "grey")
USEFUL = {
    "picked up a key": ["You picked up the {} key."],
    "unlocked": ["You unlocked the {} door."],
    "opened": ["You opened the {} door."],
    "walked through": ["You walked through the {} door."],
}
OTHER = {
    "picked up another thing": [f"You picked up the {{}} {thing}." for thing in ("star", "box", "ball")],
    "dropped": ["You dropped the {} ball.", "You dropped the {} key."],
    "closed": ["You closed the {} door."],
    "bumped into a locked door": ["You bumped into the locked {} door."],
    "bumped into a wall": ["You bumped into the wall."],
    "nothing": ["Nothing happened."],
}
SHOWS = (
    "a recipe for lentil soup", "a documentary about penguins", "a football match in the rain",
    "an interview with a retired pilot", "a cooking contest", "the weather in Portugal",
    "a cartoon about a lazy cat", "an advertisement for washing powder", "a debate about taxes",
    "a concert of Irish folk songs", "a quiz about rivers", "a film about pirates",
    "a lecture on the history of tea", "a lesson in watercolour painting", "the news from Argentina",
    "a dance competition", "a chess final", "a report on bee keeping", "a play by Shakespeare",
    "a soap opera about two sisters", "a programme on volcanoes", "a horse race", "the moon landing",
    "a talk show about gardening", "an old western", "a puppet theatre", "a tour of a castle in Wales",
    "a test card", "a yoga class", "a comedy about a clumsy waiter",
)  # fmt: skip
KINDS = (
    "a documentary about", "a song about", "a quiz on", "an argument about", "a cartoon about",
    "an advertisement for", "a poem about", "a lecture on",
)  # fmt: skip
SUBJECTS = (
    "penguins", "lentil soup", "the moon", "a famous singer", "train timetables", "Roman history", "cheese",
    "dolphins", "sailing", "clouds",
)  # fmt: skip
FRAMES = (
    "The television shows {}.", "The television is showing {}.", "On the television you see {}.",
    "You watch {} on the television.",
)  # fmt: skip
TELEVISIONS = {
    "200 of this script": [frame.format(show) for frame in FRAMES for show in SHOWS]
    + [FRAMES[0].format(f"{kind} {subject}") for kind in KINDS for subject in SUBJECTS],
    "240 of the worlds": list(television.SENTENCES),
    "12 that speak of keys and doors": [
        f"The television shows {show} {thing}."
        for show in ("a documentary about", "an advertisement for", "a song about")
        for thing in ("old keys", "wooden doors", "locksmiths", "a man who opens a door")
    ],
    "10 second-person, of keys and doors": [
        "You remember that you once opened a green door.",
        "You see a picture of a yellow key.",
        "You read a story about a locked door.",
        "You dream of a room full of keys.",
        "You hear a song about an open door.",
        "You think about the door of your old school.",
        "You wonder who made this key.",
        "You imagine walking through a red door.",
        "You watch a film in which a man unlocks a door.",
        "You recall where you lost your keys last year.",
    ],
}


def auc(high: np.ndarray, low: np.ndarray) -> float:
    """How often a draw from `high` is above one from `low`, ties half."""
    return float(np.mean((high[:, None] > low) + 0.5 * (high[:, None] == low)))


def coloured(patterns: list[str]) -> list[str]:
    return list(dict.fromkeys(pattern.format(colour) for pattern in patterns for colour in COLOURS))


def main() -> None:
    live = "--live" in sys.argv[1:]
    cassette = Cassette.load(RECORDED) if RECORDED.exists() else Cassette()
    scorer = build("relevance(embedded)", cassette=cassette, threads=1, replay=not live)

    def values(captions: list[str], mission: str) -> np.ndarray:
        answers = scorer.answer([Rate(caption, mission) for caption in captions])
        assert not any(answer.abstention for answer in answers)
        return np.array([answer.values for answer in answers])

    for mission in MISSIONS:
        weights = {name: values(coloured(patterns), mission) for name, patterns in (USEFUL | OTHER).items()}
        useful = np.concatenate([weights[name] for name in USEFUL])
        print(f"\n#### {mission}\n")
        print("| television | AUC relevance | contrast | mission | mean weight | any weight |")
        print("| --- | --- | --- | --- | --- | --- |")
        for name, captions in TELEVISIONS.items():
            shown = values(captions, mission)
            aucs = " | ".join(f"{auc(useful[:, part], shown[:, part]):.3f}" for part in (1, 2, 3))
            print(f"| {name} | {aucs} | {shown[:, 0].mean():.4f} | {(shown[:, 0] > 0).mean():.1%} |")
        order = gold.validate(scorer, mission=mission).sentence
        means = ", ".join(f"{name} {rows[:, 0].mean():.2f}" for name, rows in weights.items())
        print(f"\nMean weights: {means}. Useful events: {useful[:, 0].mean():.2f}. Gold: {order}.")
    if live:
        cassette.pack(RECORDED)


if __name__ == "__main__":
    main()
