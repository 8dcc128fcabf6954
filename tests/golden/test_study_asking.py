"""Asking the engines of a plan: what is written, that nothing is asked twice, and replays without a model."""

import gzip
import json
from dataclasses import dataclass

import pytest

import toy_study
from outrider.errors import OutriderError
from outrider.guide.vocabulary import Vocabulary
from outrider.lm.question import Answer
from outrider.verify.asking import ask_engines
from outrider.verify.evidence import WORK
from outrider.verify.plan import parse_plan
from outrider.verify.progress import Silent

CAPTIONS = (
    "You picked up the yellow key.",
    "You opened the door.",
    "The television shows a recipe for soup.",
)
PLAN = toy_study.PLAN.replace("relevance(toy)", "relevance(embedded)") + (
    '[arms.shuffled]\nsignal = "event-count"\nengine = "shuffled(relevance(embedded))"\n'
)


@dataclass(frozen=True)
class Model:
    """Scores by the words of the prompt; counts what it is asked; breaks after so many calls."""

    calls: list
    breaks_after: int = 1_000

    @property
    def name(self):
        return "embedded toy 0123"

    def answer(self, questions):
        if len(self.calls) >= self.breaks_after:
            raise KeyboardInterrupt
        self.calls.append(len(questions))
        return [
            Answer(tuple(-float(sum(map(ord, q.prompt + o)) % 97) for o in q.options), tokens=5, seconds=0.25)
            for q in questions
        ]


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """Ask as a study does, with a toy model in the embedded one's place."""
    words = Vocabulary("open the door", dict(enumerate(CAPTIONS)))
    monkeypatch.setattr("outrider.verify.asking.vocabulary", lambda world: words)

    def run(model, folder="evidence.partial", cassette=None, progress=None, text=PLAN):
        def make(threads):
            if model is None:
                raise OutriderError("no weights")
            return model

        monkeypatch.setattr("outrider.lm.embedded.Embedded", make)
        (tmp_path / folder / WORK).mkdir(parents=True, exist_ok=True)
        plan = parse_plan(text, names=None)
        return tmp_path / folder, ask_engines(plan, tmp_path / folder, cassette, progress or Silent())

    return run


def test_what_is_written(asked):
    model = Model([])
    folder, found = asked(model)
    answers = json.loads((folder / "answers.json").read_text())["engines"]
    assert list(answers) == ["relevance(embedded)", "constant", "shuffled(relevance(embedded))"]
    first = answers["relevance(embedded)"]["captions"][0]
    assert first["caption"] == CAPTIONS[0]
    assert set(first["parts"]) == {"relevance", "contrast", "mission"}
    assert [c["weight"] for c in answers["constant"]["captions"]] == [1.0, 1.0, 1.0]
    plain, shuffled = (
        sorted(c["weight"] for c in answers[e]["captions"])
        for e in ("relevance(embedded)", "shuffled(relevance(embedded))")
    )
    assert plain == shuffled
    for expression, texts in found.weights.items():
        given = [json.loads(text)["by_caption"] for text in texts]
        assert given[0] == {c["caption"]: c["weight"] for c in answers[expression]["captions"]}
        if "shuffled" in expression:  # dealt anew for each seed, the same weights every time
            assert len(given) == 8
            assert all(sorted(one.values()) == plain for one in given)
            assert len({json.loads(text)["engine"] for text in texts}) == 8
        else:
            assert len(given) == 1
    gold = json.loads((folder / "gold.json").read_text())["engines"]
    assert list(gold) == ["relevance(embedded)"]  # placebos are no scorers
    pair = gold["relevance(embedded)"]["pairs"][0]
    assert pair["right"] == (pair["better_score"] > pair["worse_score"])
    lines = gzip.decompress((folder / "cassette.jsonl.gz").read_bytes()).splitlines()
    (cost,) = found.costs.values()
    assert cost["questions"] == len(lines) == sum(model.calls)
    assert cost["seconds"] == pytest.approx(0.25 * len(lines))


def test_a_placebo_draws_by_the_seeds_of_the_plan(asked):
    shuffled = "shuffled(relevance(embedded))"
    _, found = asked(Model([]))
    later, shifted = asked(
        Model([]), "later.partial", text=PLAN.replace("seeds = 8", "seeds = 4\nfirst_seed = 4")
    )
    assert shifted.weights[shuffled] == found.weights[shuffled][4:]
    (told,) = [
        {c["caption"]: c["weight"] for c in record["captions"]}
        for name, record in json.loads((later / "answers.json").read_text())["engines"].items()
        if name == shuffled
    ]
    assert told == json.loads(shifted.weights[shuffled][0])["by_caption"], "that of the first seed"


def test_progress_counts_what_is_put_to_the_model(asked):
    class Heard(Silent):
        def __init__(self):
            self.told = []

        def asking(self, engine, done, total):
            self.told.append((engine, done, total))

    heard, model = Heard(), Model([])
    asked(model, progress=heard)
    engine, done, total = heard.told[-1]
    assert engine == "relevance(embedded)"  # the shuffled one finds everything on the cassette
    assert done == total
    assert all(d <= t for _, d, t in heard.told)


def test_an_interrupted_study_asks_nothing_twice(asked, tmp_path):
    broken = Model([], breaks_after=4)
    with pytest.raises(KeyboardInterrupt):
        asked(broken)
    again, calm = Model([]), Model([])
    one, _ = asked(again)
    other, _ = asked(calm, "calm.partial")
    assert sum(broken.calls) + sum(again.calls) == sum(calm.calls)
    for name in ("answers.json", "gold.json", "cassette.jsonl.gz"):
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_a_replay_needs_no_model_and_gives_the_same(asked, tmp_path):
    live, first = asked(Model([]))
    replayed, second = asked(None, "replayed.partial", cassette=live / "cassette.jsonl.gz")
    for name in ("answers.json", "gold.json", "cassette.jsonl.gz"):
        assert (live / name).read_bytes() == (replayed / name).read_bytes()
    assert first == second


def test_a_recording_that_lacks_a_question(asked, tmp_path):
    live, _ = asked(Model([]))
    short = tmp_path / "short.jsonl"
    lines = gzip.decompress((live / "cassette.jsonl.gz").read_bytes()).splitlines(keepends=True)
    short.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(OutriderError, match="holds no answer") as error:
        asked(None, "replayed.partial", cassette=short)
    assert "\n" not in str(error.value)
    with pytest.raises(OutriderError, match="cannot read the cassette"):
        asked(None, "nothing.partial", cassette=tmp_path / "nowhere.jsonl.gz")
