"""Bonuses against slow Python loops; the atlas from answers; what abstains is not held for worthless."""

from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from outrider.errors import OutriderError
from outrider.explore.events import event_constant, event_count
from outrider.explore.signal import nothing
from outrider.guide.atlas import compile_atlas, empty_atlas
from outrider.guide.vocabulary import Vocabulary, vocabulary
from outrider.guide.weights import Weights, ask
from outrider.lm.question import Answer
from outrider.types import Atlas, Obs, Trajectory
from outrider.worlds.names import event_sentences

CODES, LENGTH, COPIES, SLOTS = 12, 20, 7, 2
KEY = jax.random.key(0)


def trajectory(seed):
    """Random events in episodes of random length; copies and slots often share a code in one step."""
    rng = np.random.default_rng(seed)
    events = rng.integers(0, CODES, (LENGTH, COPIES, SLOTS))
    kind = rng.choice(3, (LENGTH, COPIES), p=[0.8, 0.12, 0.08])
    terminated, truncated = kind == 1, kind == 2
    first = np.zeros(events.shape, bool)
    for copy in range(COPIES):
        seen = set()
        for step in range(LENGTH):
            for slot in range(SLOTS):
                code = events[step, copy, slot]
                first[step, copy, slot] = code > 0 and code not in seen
                seen.add(code)
            if kind[step, copy]:
                seen = set()
    empty = np.zeros((LENGTH, COPIES), np.float32)
    return Trajectory(
        obs=Obs(np.zeros((LENGTH, COPIES, 1, 1), np.uint8), np.zeros((LENGTH, COPIES, 0), np.uint8)),
        action=empty.astype(np.int32),
        log_prob=empty,
        value=empty,
        reward=empty,
        terminated=terminated,
        truncated=truncated,
        events=events.astype(np.int32),
        first=first,
        episode_return=empty,
        episode_length=empty.astype(np.int32),
    )


def atlas(seed=0):
    weight = np.random.default_rng(seed).random(CODES).astype(np.float32)
    weight[[0, 3]] = 0
    return Atlas(jnp.asarray(weight), jnp.asarray(weight > 0))


def slow_event_count(path, weight, counts, scale):
    """Counts first, then pay: every occurrence counts, only first ones that end nothing are paid."""
    paid = np.zeros((LENGTH, COPIES))
    for step in range(LENGTH):
        counts.update(path.events[step].reshape(-1).tolist())
        for copy in range(COPIES):
            if path.terminated[step, copy]:
                continue
            for code, first in zip(path.events[step, copy].tolist(), path.first[step, copy], strict=True):
                if first:
                    paid[step, copy] += weight[code] * scale / np.sqrt(counts[code])
    return paid


def test_event_count_over_three_rollouts():
    """The count goes on from rollout to rollout, and in all copies at once."""
    signal, counts = event_count(), Counter()
    state, weight = signal.init(KEY, atlas()), np.asarray(atlas().weight)
    for seed in range(3):
        path = trajectory(seed)
        found = jax.jit(signal.bonus)(state, path)
        np.testing.assert_allclose(found, slow_event_count(path, weight, counts, 2.0), rtol=1e-5)
        state, _ = jax.jit(signal.update)(state, path, KEY)
        np.testing.assert_array_equal(state.n, [counts[code] for code in range(CODES)])
        np.testing.assert_array_equal(state.atlas.weight, weight)


def one_step(*copies, terminated=(), first=True):
    """A rollout of one step in which each copy has one event."""
    events = np.array(copies, np.int32).reshape(1, -1, 1)
    empty = np.zeros(events.shape[:2], np.float32)
    return trajectory(0)._replace(
        events=events,
        first=np.full(events.shape, first) & (events > 0),
        terminated=np.isin(np.arange(len(copies)), terminated)[None],
        truncated=empty.astype(bool),
        reward=empty,
    )


def ones():
    return Atlas(jnp.ones(CODES), jnp.ones(CODES, bool))


def test_event_count_by_hand():
    signal = event_count(scale=2.0)
    state = signal.init(KEY, ones())
    # Copies that share a code share its count; another code has its own; silence is not an event.
    assert np.allclose(signal.bonus(state, one_step(4, 4, 5, 0)), [[2 / 2**0.5, 2 / 2**0.5, 2, 0]])
    # What ends the episode is not paid but counted; what is not the first of its episode likewise.
    assert np.allclose(signal.bonus(state, one_step(4, 4, 5, terminated=[0, 2])), [[0, 2 / 2**0.5, 0]])
    assert np.allclose(signal.bonus(state, one_step(4, first=False)), [[0]])
    state, _ = signal.update(state, one_step(4, 4, 5, 0, terminated=[0]), KEY)
    assert np.allclose(signal.bonus(state, one_step(4, 5)), [[2 / 3**0.5, 2 / 2**0.5]])


def test_a_truncated_step_is_paid():
    """Truncation is not termination: time running out is no event's merit or fault."""
    path = one_step(4, 5)._replace(truncated=np.array([[True, False]]))
    for signal, want in ((event_count(2.0), [[2, 2]]), (event_constant(0.5), [[0.5, 0.5]])):
        assert np.allclose(signal.bonus(signal.init(KEY, ones()), path), want)


def test_event_constant():
    signal, weight = event_constant(0.5), np.asarray(atlas().weight)
    state = signal.init(KEY, atlas())
    for seed in range(2):
        path = trajectory(seed)
        want = (weight[path.events] * 0.5 * (path.first & ~path.terminated[..., None])).sum(-1)
        np.testing.assert_allclose(signal.bonus(state, path), want, rtol=1e-6)
        state, _ = signal.update(state, path, KEY)


def test_nothing_pays_nothing():
    signal = nothing()
    bonus = signal.bonus(signal.init(KEY, ones()), trajectory(0))
    assert bonus.shape == (LENGTH, COPIES)
    assert not bonus.any()


def test_signals_leave_rejected_events_unpaid_but_counted():
    signal = event_count()
    rejected = Atlas(ones().weight.at[7].set(0.0), ones().known)
    state = signal.init(KEY, rejected)
    assert np.allclose(signal.bonus(state, one_step(7, 7, 8)), [[0, 0, 2]])
    assert signal.update(state, one_step(7, 7, 8), KEY)[0].n[7] == 2


WORDS = Vocabulary("win", {1: "You won.", 2: "You lost.", 5: "You won."})


def test_atlas_keeps_what_is_unknown_apart_from_what_is_worthless():
    made = compile_atlas(WORDS, {"You won.": 0.25, "You lost.": 0.0}, codes=8)
    assert made.weight.tolist() == [0, 0.25, 0, 0, 0, 0.25, 0, 0]
    assert made.known.tolist() == [False, True, True, False, False, True, False, False]
    unsure = compile_atlas(WORDS, {"You won.": 1.0, "You lost.": None}, codes=8)
    assert unsure.weight.tolist() == [0, 1, 0, 0, 0, 1, 0, 0]
    assert unsure.known.tolist() == [False, True, False, False, False, True, False, False]
    assert not empty_atlas(8).known.any()
    assert not empty_atlas(8).weight.any()


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"You won.": 0.5}, "no answer about 'You lost.'"),
        ({"You won.": 1.5, "You lost.": 0.0}, "the weight of 'You won.' is 1.5"),
        ({"You won.": 0.5, "You lost.": -0.1}, "the weight of 'You lost.' is -0.1"),
        ({"You won.": float("nan"), "You lost.": 0.0}, "the weight of 'You won.' is nan"),
    ],
)
def test_atlas_refuses_in_one_line(answers, message):
    with pytest.raises(OutriderError) as error:
        compile_atlas(WORDS, answers, codes=8)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


class Engine:
    """Likes winning, does not know losing."""

    name = "toy"

    def __init__(self):
        self.asked = []

    def answer(self, questions):
        self.asked += questions
        return [Answer((1.0,)) if "won" in q.caption else Answer((), "never lost") for q in questions]


def test_every_caption_is_asked_about_once():
    engine = Engine()
    weights = ask(WORDS, engine)
    assert [(q.caption, q.mission) for q in engine.asked] == [("You won.", "win"), ("You lost.", "win")]
    assert weights.by_caption == {"You won.": 1.0, "You lost.": None}
    assert weights == Weights(weights.answers)


def test_vocabulary_of_a_world_holds_all_it_can_say():
    words = vocabulary("minigrid/doorkey-8x8+television")
    assert dict(words.by_code) == event_sentences("minigrid/doorkey-8x8+television")
    assert len(words.captions) == len(set(words.captions)) > 200
    assert words.mission == "use the key to open the door and then get to the goal"
