"""One recorded answer, and how it is written: a line of canonical JSON under the hash of what was asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from outrider.errors import OutriderError
from outrider.lm.question import Answer, Question, Rate, Score

Sampling = Mapping[str, object]


@dataclass(frozen=True)
class Record:
    """One answer, and all that it depends on."""

    question: Question
    engine: str
    sampling: tuple[tuple[str, object], ...]
    answer: Answer

    @property
    def key(self) -> str:
        return key_of(self.question, self.engine, dict(self.sampling))


def key_of(question: Question, engine: str, sampling: Sampling) -> str:
    """SHA-256 of question, engine and sampling in canonical JSON."""
    body = {"engine": engine, "question": _question_json(question), "sampling": dict(sampling)}
    return hashlib.sha256(_canonical(body).encode()).hexdigest()


def parse(text: bytes, path: Path) -> list[Record]:
    """The records of a whole file. OutriderError with the line of what is damaged or was changed."""
    records = []
    for number, written in enumerate(text.splitlines(), 1):
        try:
            row = json.loads(written)
            answer = Answer(**{**row["answer"], "values": tuple(row["answer"]["values"])})
            record = Record(
                _question(row["question"]), row["engine"], tuple(sorted(row["sampling"].items())), answer
            )
            if record.key != row["key"]:
                raise ValueError("its key is not the hash of its content")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise OutriderError(f"{path}, line {number}: not a record of a cassette ({error})") from error
        records.append(record)
    return records


def line(record: Record) -> str:
    """A record as it stands in the file, with its newline."""
    answer = record.answer
    body = {
        "abstention": answer.abstention,
        "seconds": answer.seconds,
        "tokens": answer.tokens,
        "values": answer.values,
    }
    row = {"key": record.key, "engine": record.engine, "sampling": dict(record.sampling)}
    return _canonical(row | {"question": _question_json(record.question), "answer": body}) + "\n"


def describe(question: Question) -> str:
    """A question on one line, for messages."""
    return _canonical(_question_json(question))


def _question_json(question: Question) -> dict[str, object]:
    match question:
        case Score(prompt, options):
            return {"kind": "score", "prompt": prompt, "options": list(options)}
        case Rate(caption, mission):
            return {"kind": "rate", "caption": caption, "mission": mission}


def _question(row: Mapping[str, object]) -> Question:
    match row:
        case {"kind": "score", "prompt": str(prompt), "options": list(options)}:
            return Score(prompt, tuple(options))
        case {"kind": "rate", "caption": str(caption), "mission": str(mission)}:
            return Rate(caption, mission)
    raise ValueError(f"unknown question {row}")


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
