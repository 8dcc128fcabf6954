"""Asks every engine of a plan about the captions of its world, before the first step, through one cassette.

Of a host world nobody can list the captions beforehand: there the workers ask, and what they were told is gathered
afterwards. Leaves `answers.json`, `gold.json` and `cassette.jsonl.gz`, and the weights that the workers read. Answers
go to the cassette in the work folder as they come, so that an interrupted study asks nothing twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outrider.guide.vocabulary import Vocabulary, vocabulary
from outrider.guide.weights import Weights, ask
from outrider.lm.cassette import Cassette
from outrider.lm.gold import validate
from outrider.lm.question import Answer, Engine, Question
from outrider.lm.record import Record, Sampling, key_of
from outrider.lm.registry import build, by_chance
from outrider.lm.relevance import PARTS
from outrider.verify.environment import available_cores
from outrider.verify.evidence import WORK, json_text, write_json
from outrider.verify.jobs import GIVEN, Job, Result, cassette_path
from outrider.verify.plan import Plan
from outrider.verify.progress import StudyProgress
from outrider.verify.roles import MODEL, role
from outrider.worlds.names import is_host

MOST_THREADS = 4  # of the embedded model; training has not begun yet


@dataclass(frozen=True)
class Asked:
    """What the plan's engines said, and for each model what its answers cost.

    weights: for each engine the texts of its weights files, one a seed for a placebo that draws, else one for all.
    """

    weights: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    costs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


class WatchedCassette(Cassette):
    """A cassette that knows which records this study used, and tells how far the asking is."""

    def __init__(self, path: Path | None = None) -> None:
        super().__init__(path)
        self.used: set[str] = set()
        self.listener: Callable[[int, int], None] = lambda done, total: None
        self._asked: set[str] = set()
        self._answered = 0

    def listen(self, listener: Callable[[int, int], None]) -> None:
        """From now on, tell `listener(answered, asked)` of what the cassette did not hold."""
        self.listener, self._answered = listener, 0
        self._asked.clear()

    def find(self, question: Question, engine: str, sampling: Sampling | None = None) -> Answer | None:
        """As the cassette does it; what is not found will be asked."""
        answer, key = super().find(question, engine, sampling), key_of(question, engine, sampling or {})
        self.used.add(key)
        if answer is None:
            self._asked.add(key)
        return answer

    def add(self, records: Iterable[Record]) -> None:
        """As the cassette does it."""
        records = list(records)
        super().add(records)
        self._answered += len(records)
        if self._asked:
            self.listener(self._answered, len(self._asked))


def ask_engines(plan: Plan, folder: Path, cassette: Path | None, progress: StudyProgress) -> Asked:
    """Ask the engines of all arms; with `cassette` the recording answers alone, without model or weights.

    Of a host world nothing is asked yet; the recording is laid out for the workers. Raises OutriderError for missing
    weights, and for a question that the recording does not hold.
    """
    if is_host(plan.world):
        if cassette is not None:
            Cassette.load(Path(cassette)).pack(folder / WORK / GIVEN)
        return Asked()
    tape = WatchedCassette(folder / WORK / "cassette.jsonl")
    if cassette is not None:
        tape.add(Cassette.load(Path(cassette)).records())
    words = vocabulary(plan.world)
    return _ask_all(plan, dict.fromkeys(plan.engines, words), tape, folder, cassette is not None, progress)


def gather(
    plan: Plan, jobs: Sequence[Job], trained: Mapping[str, Result], folder: Path, progress: StudyProgress
) -> Asked:
    """What the workers of a host world's study asked and were told, as `ask_engines` leaves it.

    For an engine that draws, weights are told as they are for the first seed, of captions that other seeds met, too.
    """
    work, tape, heard = folder / WORK, WatchedCassette(), {}
    for job in jobs:
        tape.add(_told(job, work).records())
        found = trained[job.name]
        if found.captions:
            before = heard.setdefault(job.engine, (found.mission, {}))[1]
            before.update(dict.fromkeys(found.captions))
    words = {engine: Vocabulary(m, dict(enumerate(texts, 1))) for engine, (m, texts) in heard.items()}
    replay = any(job.replay for job in jobs)
    return _ask_all(plan, words, tape, folder, replay, progress)


def _told(job: Job, work: Path) -> Cassette:
    """What a worker recorded or replayed; nothing where its engine has no model."""
    path = work / GIVEN if job.replay else cassette_path(job, work)
    return Cassette.load(path) if path.exists() else Cassette()


def _ask_all(
    plan: Plan,
    words_of: Mapping[str, Vocabulary],
    tape: WatchedCassette,
    folder: Path,
    replay: bool,
    progress: StudyProgress,
) -> Asked:
    """Put each engine's words to it, seed by seed where it draws, and the gold pairs to those that score."""
    scorers = {arm.engine for arm in plan.arms if role(arm) == MODEL}
    threads = min(MOST_THREADS, available_cores())
    weights, answers, gold = {}, {}, {}
    for expression, words in words_of.items():
        tape.listen(lambda done, total, engine=expression: progress.asking(engine, done, total))
        files = []
        for seed in plan.every_seed if by_chance(expression) else [plan.first_seed]:
            engine = build(expression, seed=seed, cassette=tape, threads=threads, replay=replay)
            said = ask(words, engine)
            files.append(
                json_text(
                    {"engine": engine.name, "mission": words.mission, "by_caption": dict(said.by_caption)}
                )
            )
            if seed == plan.first_seed:
                answers[expression] = _answers_record(engine, words.mission, said)
        weights[expression] = tuple(files)
        if expression in scorers:  # never one that draws
            gold[expression] = _gold_record(engine, words.mission)
    write_json(folder / "answers.json", {"engines": answers})
    write_json(folder / "gold.json", {"engines": gold})
    return Asked(weights, _keep_used(tape, folder))


def _keep_used(tape: WatchedCassette, folder: Path) -> dict[str, dict[str, float]]:
    """Pack the records that this study used; what they cost when they were answered, by model."""
    kept = Cassette()
    kept.add(record for record in tape.records() if record.key in tape.used)
    kept.pack(folder / "cassette.jsonl.gz")
    costs = {name: kept.cost(name) for name in kept.engines()}
    return {
        name: {
            "questions": cost.questions,
            "abstentions": cost.abstentions,
            "tokens": cost.tokens,
            "seconds": round(cost.seconds, 3),
        }
        for name, cost in costs.items()
    }


def _answers_record(engine: Engine, mission: str, said: Weights) -> dict[str, Any]:
    """What one engine said: each caption with its weight, or why it has none, and the weight's parts.

    One that draws is recorded as it said it for the first seed; the others follow from the same answers.
    """
    weights = said.by_caption
    return {
        "name": engine.name,
        "mission": mission,
        "captions": [
            {
                "caption": caption,
                "weight": weights[caption],
                "abstention": answer.abstention,
                "parts": _parts(answer),
            }
            for caption, answer in said.answers.items()
        ],
    }


def _parts(answer: Answer) -> dict[str, float]:
    """The values after the weight, by the names that a scorer gives them."""
    names = PARTS if len(answer.values) == len(PARTS) else [f"value {i}" for i in range(len(answer.values))]
    return dict(list(zip(names, answer.values, strict=True))[1:])


def _gold_record(engine: Engine, mission: str) -> dict[str, Any]:
    """How a scorer orders the gold pairs, asked for the world's own mission."""
    found = validate(engine, mission=mission)
    return {
        "name": found.engine,
        "mission": found.mission,
        "sentence": found.sentence,
        "accuracy": None if math.isnan(found.accuracy) else found.accuracy,
        "p": found.p,
        "pairs": [
            {
                "better": one.pair.better,
                "worse": one.pair.worse,
                "better_score": one.better,
                "worse_score": one.worse,
                "outcome": one.outcome,
                "right": one.outcome == "right",
            }
            for one in found.judged
        ],
    }
