"""Every question that was put to a model and what it said, addressed by content: replaying needs no model and
no network.

A cassette is a file of JSON lines, one a question, appended as the answers come. `pack` writes it sorted and
compressed, byte for byte the same for the same records. A replayed answer has the recorded values bit for
bit, the recorded tokens, and 0 seconds, for it took none; `cost` adds up what the answers cost when they were
given.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import threading
import warnings
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from outrider.errors import OutriderError
from outrider.lm.question import Answer, Engine, Question
from outrider.lm.record import Record, Sampling, describe, key_of, line, parse

ASK_AT_ONCE = 16  # questions between two writes: so many answers are lost by a crash, at most


@dataclass(frozen=True)
class Cost:
    """What recorded answers cost when they were given: questions, tokens, seconds of the engine."""

    questions: int = 0
    abstentions: int = 0
    tokens: int = 0
    seconds: float = 0.0


class Cassette:
    """The records, in memory, and on disk where a path is given. Reopening continues it.

    A torn last line (the process died while writing) is dropped with a warning; any other damage is an
    OutriderError.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._records: dict[str, Record] = {}
        self._lock = threading.Lock()
        if path and path.exists():
            whole = _without_torn_end(path)
            self._records = {record.key: record for record in parse(whole, path)}

    @classmethod
    def load(cls, path: Path) -> Cassette:
        """A recording to read from (.jsonl or packed .jsonl.gz); what is added to it stays in memory."""
        try:
            data = path.read_bytes()
            text = gzip.decompress(data) if path.name.endswith(".gz") else data
            if not data and path.name.endswith(".gz"):
                raise EOFError("it is empty")
        except (OSError, EOFError, zlib.error) as error:
            raise OutriderError(
                f"cannot read the cassette {path} ({error}): take it from its evidence again"
            ) from error
        cassette = cls()
        cassette._records = {record.key: record for record in parse(text, path)}
        return cassette

    def __len__(self) -> int:
        return len(self._records)

    def records(self) -> list[Record]:
        """All records, in the order of their keys."""
        return [self._records[key] for key in sorted(self._records)]

    def engines(self) -> list[str]:
        """The names of the engines that were recorded, sorted."""
        return sorted({record.engine for record in self._records.values()})

    def find(self, question: Question, engine: str, sampling: Sampling | None = None) -> Answer | None:
        """The recorded answer, at 0 seconds, or None."""
        record = self._records.get(key_of(question, engine, sampling or {}))
        return replace(record.answer, seconds=0.0) if record else None

    def add(self, records: Iterable[Record]) -> None:
        """Keep these answers, and write them to the disk before returning. The first record of a question
        stays.
        """
        with self._lock:
            fresh = {record.key: record for record in records if record.key not in self._records}
            if self.path and fresh:
                try:
                    self.path.parent.mkdir(parents=True, exist_ok=True)
                    with self.path.open("ab") as file:
                        file.write("".join(line(record) for record in fresh.values()).encode())
                        file.flush()
                        os.fsync(file.fileno())
                except OSError as error:
                    raise OutriderError(f"cannot write the cassette {self.path}: {error.strerror}") from error
            self._records |= fresh

    def cost(self, engine: str = "") -> Cost:
        """What the recorded answers (of this engine) cost when they were given."""
        answers = [r.answer for r in self._records.values() if engine in ("", r.engine)]
        return Cost(
            questions=len(answers),
            abstentions=sum(bool(answer.abstention) for answer in answers),
            tokens=sum(answer.tokens for answer in answers),
            seconds=sum(answer.seconds for answer in answers),
        )

    def pack(self, path: Path) -> Path:
        """Write all records to `path` (.jsonl.gz): sorted, no timestamp, in one step; the same records,
        the same bytes.
        """
        body = "".join(line(record) for record in self.records()).encode()
        fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(gzip.compress(body, compresslevel=9, mtime=0))
            fresh.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise OutriderError(f"cannot write the cassette {path}: {error.strerror}") from error
        return path


def recorded(engine: Engine, cassette: Cassette, sampling: Sampling | None = None) -> Recorded:
    """This engine, asked only what the cassette does not hold; what it says is added."""
    return Recorded(engine, cassette, tuple(sorted((sampling or {}).items())))


@dataclass(frozen=True)
class Recorded:
    """Engine: replays what is on the cassette, asks the engine the rest and records it. It has the
    engine's name.
    """

    engine: Engine
    cassette: Cassette
    sampling: tuple[tuple[str, object], ...] = ()

    @property
    def name(self) -> str:
        return self.engine.name

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """Live answers once with their seconds; replayed and repeated ones with 0 seconds."""
        name, sampling = self.name, dict(self.sampling)
        known = {
            question: self.cassette.find(question, name, sampling) for question in dict.fromkeys(questions)
        }
        asked = sorted((question for question, answer in known.items() if answer is None), key=repr)
        for i in range(0, len(asked), ASK_AT_ONCE):
            part = asked[i : i + ASK_AT_ONCE]
            answers = self.engine.answer(part)
            self.cassette.add(
                Record(question, name, self.sampling, answer)
                for question, answer in zip(part, answers, strict=True)
            )
            known |= dict(zip(part, answers, strict=True))
        return _once(questions, known)


@dataclass(frozen=True)
class Replay:
    """Engine: answers from a cassette alone. What was not recorded is an OutriderError that says which
    question.
    """

    cassette: Cassette
    name: str
    sampling: tuple[tuple[str, object], ...] = ()

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        found = [self.cassette.find(question, self.name, dict(self.sampling)) for question in questions]
        for question, answer in zip(questions, found, strict=True):
            if answer is None:
                raise OutriderError(
                    f"the cassette holds no answer of `{self.name}` to "
                    f"{describe(question)[:160]}: run the study live, to record it"
                )
        return [answer for answer in found if answer is not None]


def _once(questions: Sequence[Question], known: Mapping[Question, Answer | None]) -> list[Answer]:
    """The answers in order; a question that comes again cost nothing again."""
    seen: set[Question] = set()
    out: list[Answer] = []
    for question in questions:
        answer = known[question]
        assert answer is not None
        out.append(replace(answer, seconds=0.0) if question in seen else answer)
        seen.add(question)
    return out


def _without_torn_end(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            warnings.warn(
                f"the last line of {path} was torn and is dropped; that question is asked again", stacklevel=3
            )
            with path.open("r+b") as file:
                file.truncate(len(whole))
    except OSError as error:
        raise OutriderError(f"cannot open the cassette {path}: {error.strerror}") from error
    return whole
