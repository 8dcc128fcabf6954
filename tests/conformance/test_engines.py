"""Every engine: one answer a question, in order, a value or an abstention, the same whenever asked."""

from __future__ import annotations

import math

import pytest

from lm_model import MISSION, embedded, remembered
from outrider.errors import OutriderError
from outrider.lm.cassette import Cassette, Replay, recorded
from outrider.lm.irrelevant import IRRELEVANT
from outrider.lm.placebo import Constant, Inverted, Oracle, Random, Shuffled
from outrider.lm.question import Answer, Rate, Score
from outrider.lm.registry import build, by_chance, check
from outrider.lm.relevance import Relevance

CAPTIONS = (
    "You picked up the yellow key.",
    "You unlocked the green door.",
    "Nothing happened.",
    "",
    'Say "\u00e9".',
    "The television shows a quiz about cheese.",
)
RATES = [Rate(caption, MISSION) for caption in CAPTIONS]
SCORES = [Score("Two and two are", (" four", " five", " a fish")), Score("The sky is", (" blue",)),
          Score("", (" x",)), Score("No option", ()), Score("A ", ("b",))]  # fmt: skip
MIXED = [question for pair in zip(RATES, SCORES, strict=False) for question in pair] + RATES[len(SCORES) :]


def small(inner):
    """Relevance on a part of the null set: the form is tested here, the numbers elsewhere."""
    return Relevance(inner, null_set=IRRELEVANT[:8])


def replay():
    cassette = Cassette()
    live = recorded(remembered(), cassette)
    live.answer(MIXED)
    return Replay(cassette, live.name)


ENGINES = {
    "embedded": embedded,
    "recorded": remembered,
    "replay": replay,
    "relevance": lambda: small(remembered()),
    "shuffled": lambda: Shuffled(small(remembered())),
    "inverted": lambda: Inverted(small(remembered())),
    "inverted shuffled": lambda: Inverted(Shuffled(Random())),
    "constant": Constant,
    "random": Random,
    "oracle": lambda: Oracle({CAPTIONS[0]: 1.0, CAPTIONS[2]: 0.0}),
}
SCORERS = ("embedded", "recorded", "replay")


@pytest.fixture(params=ENGINES, scope="module")
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def engine(kind):
    return ENGINES[kind]()


def said(answers):
    return [(answer.values, answer.abstention) for answer in answers]


def test_a_value_or_an_abstention_for_every_question(engine, kind):
    answers = engine.answer(MIXED)
    assert len(answers) == len(MIXED)
    for question, answer in zip(MIXED, answers, strict=True):
        assert isinstance(answer, Answer)
        assert bool(answer.values) != bool(answer.abstention)
        assert all(math.isfinite(value) for value in answer.values)
        assert answer.tokens >= 0
        assert answer.seconds >= 0
        assert "\n" not in answer.abstention
        if answer.values and isinstance(question, Score):
            assert len(answer.values) == len(question.options)
            assert all(value <= 0 for value in answer.values)
        if answer.values and isinstance(question, Rate):
            assert 0 <= answer.values[0] <= 1
    values = [question for question, answer in zip(MIXED, answers, strict=True) if answer.values]
    assert {type(question) for question in values} == {Score if kind in SCORERS else Rate}


def test_answers_follow_their_questions_whatever_the_order(engine):
    backward = engine.answer(MIXED[::-1])[::-1]
    assert said(backward) == said(engine.answer(MIXED))


def test_a_repeated_question_has_the_same_answer_twice(engine):
    answers = said(engine.answer(MIXED + MIXED))
    assert answers[: len(MIXED)] == answers[len(MIXED) :]


def test_no_questions_no_answers(engine):
    assert engine.answer([]) == []


def test_a_name_of_one_line_that_stays(engine, kind):
    assert engine.name == ENGINES[kind]().name
    assert engine.name.strip()
    assert "\n" not in engine.name


def test_names_tell_engines_apart():
    names = [make().name for name, make in ENGINES.items() if name not in ("recorded", "replay")]
    assert len(set(names)) == len(names)
    assert Random(1).name != Random(2).name
    assert Relevance(Constant()).name != Relevance(Constant(), span=1.0).name


def test_the_answers_a_scorer_cannot_give_are_abstentions_with_the_reason():
    reasons = [answer.abstention for answer in embedded().answer([*SCORES[2:], RATES[0]])]
    for reason, word in zip(reasons, ("empty", "no option", "joins", "relevance(...)"), strict=True):
        assert word in reason


def test_an_abstention_inside_is_an_abstention_outside():
    inside = Oracle({CAPTIONS[0]: 0.25})
    for around in (Inverted(inside), Shuffled(inside)):
        answers = around.answer(RATES)
        assert sum(bool(answer.abstention) for answer in answers) == len(RATES) - 1
    assert "scores no options" in Relevance(Constant()).answer(RATES[:1])[0].abstention


def test_shuffled_deals_out_the_same_answers():
    inside = Random(3)
    questions = [Rate(f"Caption {i}.", MISSION) for i in range(60)]
    for seed in range(3):
        dealt = said(Shuffled(inside, seed).answer(questions))
        assert sorted(dealt) == sorted(said(inside.answer(questions)))
        moved = sum(a != b for a, b in zip(dealt, said(inside.answer(questions)), strict=True))
        assert moved > 50
    assert said(Shuffled(inside, 0).answer(questions)) != said(Shuffled(inside, 1).answer(questions))


def test_random_weights_are_uniform():
    weights = [answer.values[0] for answer in Random().answer([Rate(str(i), MISSION) for i in range(4000)])]
    assert [round(sum(w < q / 10 for w in weights) / 4000, 1) for q in range(1, 10)] == [
        q / 10 for q in range(1, 10)
    ]


def test_inverted_is_one_minus():
    assert Inverted(Oracle({"a": 0.25})).answer([Rate("a", "")])[0].values == (0.75,)


def test_oracles_weights_lie_between_nothing_and_everything():
    with pytest.raises(OutriderError, match="must lie in"):
        Oracle({"a": 1.5})


def test_expressions_build_what_they_say():
    cassette = Cassette()
    built = build("shuffled(relevance(embedded))", cassette=cassette, threads=1)
    assert built.name == Shuffled(Relevance(embedded())).name
    assert len(cassette) == 0
    assert build(" inverted( random ) ").answer(RATES) == Inverted(Random()).answer(RATES)
    assert build("embedded", rates=False, threads=1).name == embedded().name


def test_only_placebos_that_draw_hear_the_seed():
    for expression in ("random", "shuffled(word-overlap)", "inverted(shuffled(relevance(embedded)))"):
        assert by_chance(expression)
    for expression in ("constant", "word-overlap", "relevance(embedded)", "inverted(constant)"):
        assert not by_chance(expression)
    assert build("shuffled(random)", seed=5).name == Shuffled(Random(5), 5).name
    assert build("inverted(constant)", seed=5).name == build("inverted(constant)").name


def test_a_replay_needs_neither_model_nor_weights(monkeypatch, tmp_path):
    cassette = Cassette()
    live = recorded(remembered(), cassette)
    expected = small(live).answer(RATES)
    monkeypatch.setenv("OUTRIDER_MODEL", str(tmp_path / "gone"))
    inside = build("embedded", cassette=cassette, replay=True, rates=False)
    assert said(small(inside).answer(RATES)) == said(expected)
    assert {answer.seconds for answer in small(inside).answer(RATES)} == {0.0}


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("relevence(embedded)", "did you mean `relevance`"),
        ("gpt", "known are embedded, constant"),
        ("relevance", "needs an engine in parentheses"),
        ("relevance()", "a name is missing"),
        ("relevance(embedded", "closing parenthesis"),
        ("relevance(embedded))", "unexpected `)`"),
        ("constant(random)", "takes nothing"),
        ("shuffled(embedded)", "rates captions"),
        ("relevance(constant)", "scores options"),
        ("embedded", "write `relevance(embedded)`"),
        ("__import__('os')", "unknown name"),
        ("", "a name is missing"),
        ("constant random", "unexpected `random`"),
    ],
)
def test_bad_expressions_are_one_line_that_says_what_to_do(expression, message):
    with pytest.raises(OutriderError) as caught:
        check(expression)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_word_overlap_needs_a_common_word_that_means_something():
    mission = "use the key to unlock the door and then pick up the object"
    said = {
        "You unlocked the red door.": 1.0,
        "You picked up the grey ball.": 1.0,
        "You bumped into the wall.": 0.0,
        "The television shows the history of cheese.": 0.0,
    }
    answers = build("word-overlap").answer([Rate(caption, mission) for caption in said])
    assert [answer.values[0] for answer in answers] == list(said.values())
