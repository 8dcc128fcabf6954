"""A cassette gives back what it was given, bit for bit, and packs to the same bytes."""

from __future__ import annotations

import gzip
import hashlib
import math
from dataclasses import dataclass, field

import pytest

from outrider.lm.cassette import Cassette, Cost, Replay, recorded
from outrider.lm.placebo import Random
from outrider.lm.question import Answer, Rate, Score
from outrider.lm.record import Record, key_of

QUESTIONS = [Rate(f'Caption {i}, \u00e9\n"quoted".', "a mission") for i in range(40)]


@dataclass(frozen=True)
class Slow:
    """Random weights that took time, and a count of what was asked."""

    asked: list = field(default_factory=list)
    name = "slow"

    def answer(self, questions):
        self.asked.extend(questions)
        return [Answer(answer.values, tokens=7, seconds=0.25) for answer in Random().answer(questions)]


def test_floats_come_back_bit_for_bit_and_abstentions_with_their_reasons(tmp_path):
    values = (math.pi, -1e-308, 5e-324, 0.1 + 0.2, -47.29580634832382, 1e300, -0.0)
    answers = [Answer(values, tokens=3, seconds=0.5), Answer(abstention="why \u00e9")]
    questions = [Score('p "\u2028\n', (" a", " b")), Rate("c", "m")]
    cassette = Cassette(tmp_path / "a.jsonl")
    cassette.add(Record(q, "engine", (), a) for q, a in zip(questions, answers, strict=True))
    for again in (Cassette(tmp_path / "a.jsonl"), Cassette.load(cassette.pack(tmp_path / "a.jsonl.gz"))):
        found = [again.find(question, "engine") for question in questions]
        assert [[v.hex() for v in f.values] for f in found] == [[v.hex() for v in values], []]
        assert [f.abstention for f in found] == ["", "why \u00e9"]
        assert [f.tokens for f in found] == [3, 0]


def test_only_what_is_missing_is_asked_and_seconds_are_live_ones(tmp_path):
    engine = Slow()
    live = recorded(engine, Cassette(tmp_path / "a.jsonl"))
    first = live.answer(QUESTIONS[:5] + QUESTIONS[:1])
    assert [answer.seconds for answer in first] == [0.25] * 5 + [0.0]
    second = recorded(engine, Cassette(tmp_path / "a.jsonl")).answer(QUESTIONS[3:8])
    assert [answer.seconds for answer in second] == [0.0, 0.0, 0.25, 0.25, 0.25]
    assert len(engine.asked) == 8
    assert Cassette(tmp_path / "a.jsonl").cost("slow") == Cost(questions=8, tokens=56, seconds=2.0)
    assert Cassette(tmp_path / "a.jsonl").cost("other") == Cost()
    replay = Replay(Cassette.load(tmp_path / "a.jsonl"), "slow").answer(QUESTIONS[:8])
    assert [a.values for a in replay] == [a.values for a in Random().answer(QUESTIONS[:8])]
    assert {(a.tokens, a.seconds) for a in replay} == {(7, 0.0)}


def test_packing_is_deterministic_whatever_the_order(tmp_path):
    packed = []
    for name, questions in (("a", QUESTIONS), ("b", QUESTIONS[::-1])):
        cassette = Cassette(tmp_path / f"{name}.jsonl")
        recorded(Slow(), cassette).answer(questions)
        packed.append(cassette.pack(tmp_path / f"{name}.jsonl.gz").read_bytes())
    assert packed[0] == packed[1]
    assert Cassette.load(tmp_path / "a.jsonl.gz").pack(tmp_path / "c.jsonl.gz").read_bytes() == packed[0]
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "a.jsonl",
        "a.jsonl.gz",
        "b.jsonl",
        "b.jsonl.gz",
        "c.jsonl.gz",
    ]
    lines = gzip.decompress(packed[0]).splitlines()
    assert lines == sorted(lines, key=lambda line: line[line.index(b'"key"') :])


def test_the_key_is_the_hash_of_canonical_json_for_ever():
    content = '{"engine":"e","question":{"kind":"score","options":[" a"],"prompt":"p"},"sampling":{}}'
    assert key_of(Score("p", (" a",)), "e", {}) == hashlib.sha256(content.encode()).hexdigest()
    keys = {key_of(q, e, s) for q in (Score("p", ("a", "b")), Score("p", ("b", "a")), Rate("p", "a"))
            for e in ("e", "f") for s in ({}, {"seed": 1})}  # fmt: skip
    assert len(keys) == 12


def test_the_first_answer_to_a_question_stays(tmp_path):
    cassette = Cassette(tmp_path / "a.jsonl")
    for weight in (0.25, 0.75):
        cassette.add([Record(QUESTIONS[0], "e", (), Answer((weight,)))])
    assert cassette.find(QUESTIONS[0], "e") == Answer((0.25,))
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 1


def test_not_a_number_is_never_recorded():
    with pytest.raises(ValueError, match="JSON"):
        Cassette.add(Cassette(), [Record(Score("p", ("\ud800",)), "e", (("x", math.nan),), Answer((1.0,)))])
