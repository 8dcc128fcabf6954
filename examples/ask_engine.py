"""Ask an engine what captions are worth to a mission; record its answers, then replay them without a model.

python examples/ask_engine.py                            # the embedded model
python examples/ask_engine.py --engine random            # no model at all
"""

from __future__ import annotations

import argparse
from pathlib import Path

from outrider.lm.cassette import Cassette
from outrider.lm.question import Rate
from outrider.lm.registry import build

MISSION = "use the key to open the door and then get to the goal"
CAPTIONS = (
    "You picked up the yellow key.",
    "You opened the yellow door.",
    "You bumped into the wall.",
    "The television shows a song about garden snails.",
)


def main() -> None:
    """Print the weight of each caption, live and from the recording."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--engine", default="relevance(embedded)")
    parser.add_argument("--cassette", type=Path, default=Path("out/example-cassette.jsonl"))
    options = parser.parse_args()

    questions = [Rate(caption, MISSION) for caption in CAPTIONS]
    recording = Cassette(options.cassette)  # every answer is on the disk before it is used
    engine = build(options.engine, cassette=recording)
    live = engine.answer(questions)
    print(engine.name)
    for question, answer in zip(questions, live, strict=True):
        weight = f"{answer.values[0]:.2f}" if answer.values else f"abstains: {answer.abstention}"
        print(f"  {question.caption:50} {weight}")

    if recording.engines():  # a model was asked: the same again, without model, weights or network
        again = build(options.engine, cassette=Cassette(options.cassette), replay=True).answer(questions)
        assert [a.values for a in again] == [a.values for a in live]
        print(f"replayed from {options.cassette}: the same, bit for bit")


if __name__ == "__main__":
    main()
