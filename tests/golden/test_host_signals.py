"""What host worlds say reaches the signal: codes, first ones, bonuses and counts, retold by hand."""

import json
from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from jax.flatten_util import ravel_pytree

import counting
from outrider.cli import main
from outrider.errors import OutriderError
from outrider.guide.atlas import compile_atlas
from outrider.guide.vocabulary import Vocabulary
from outrider.learn import host_collect, host_learner, host_loop, host_words
from outrider.learn.act import actor_of
from outrider.learn.host import train_host
from outrider.learn.settings import Settings
from outrider.worlds.batch import _mark
from outrider.worlds.host import GymnasiumWorlds

LENGTH, COPIES, SCALE = 24, 6, 2.0
WEIGHTS = {"You passed one.": 1.0, "You passed two.": 0.25, "You passed episode 0.": None}
SETTINGS = Settings(envs=COPIES, rollout=LENGTH, width=8, epochs=1, minibatches=1)


def speaking(mode=AutoresetMode.SAME_STEP, made=None, copy=True):
    """A maker of worlds that speak, each group with words of its own; `made` collects them."""
    made = [] if made is None else made

    def make(world_id, copies, groups):
        first = sum(one.copies for one in made) % COPIES
        env = counting.vector(mode, copies, first=first, copy=copy)
        made.append(GymnasiumWorlds(env, world_id, counting.Words()))
        return made[-1]

    return make


def ask(mission, captions):
    assert mission == "count"
    return {caption: WEIGHTS.get(caption, 0.5) for caption in captions}


def rollouts(mode, count, copy=True):
    """The learner, and what it is given of some rollouts of two groups, with copies of the pages."""
    make = speaking(mode, copy=copy)
    worlds = [make("gymnasium/Counting", 3, 2) for _ in range(2)]
    teller = host_loop.one_teller(worlds, "event-count")
    ppo = host_learner.learner_for(worlds[0], SETTINGS, count, "event-count")
    learner = host_learner.init(ppo, worlds[0], jax.random.key(3))
    groups = host_collect.begin(worlds, [learner.network.start(3)] * 2, [0, 0])
    parameters, found = ravel_pytree(learner.network)[0], []
    for k in range(count):
        page = host_collect.pages(groups, LENGTH)
        before = host_collect.Before(k * LENGTH * COPIES, COPIES, 0)
        key = jax.random.key(k)
        found.append(host_collect.collect(actor_of(learner.network), parameters, groups, page, key, before))
    return ppo, learner, found, teller.captioner.events


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("mode", AutoresetMode)
def test_codes_and_first_ones_are_those_of_each_copys_own_episodes(mode, copy):
    _, _, found, table = rollouts(mode, 2, copy)
    paths = [rollout.trajectory for rollout in found]
    events, first, ended = (
        np.concatenate(parts)
        for parts in (
            [path.events[..., 0] for path in paths],
            [path.first[..., 0] for path in paths],
            [path.terminated | path.truncated for path in paths],
        )
    )
    valid = [
        np.ones_like(rollout.trajectory.reward, bool) if rollout.marks.valid is None else rollout.marks.valid
        for rollout in found
    ]
    valid = np.concatenate(valid)
    twice = 0
    for copy in range(COPIES):
        heard = set()
        steps = counting.walk(copy, int(valid[:, copy].sum()))
        for t, (_, _, terminated, truncated, then) in zip(np.flatnonzero(valid[:, copy]), steps, strict=True):
            text = counting.said(*then)
            assert table.text(events[t, copy]) == text
            assert first[t, copy] == (text != "" and text not in heard)
            twice += text in heard
            heard = set() if terminated or truncated else heard | {text} - {""}
    assert twice > 10
    assert not events[~valid].any()
    assert not first[~valid].any()
    seen = jnp.zeros((COPIES, 1), jnp.uint32)  # as device worlds mark them
    for t in range(len(events)):
        marks, seen = _mark(seen, jnp.asarray(events[t])[:, None])
        np.testing.assert_array_equal(first[t], np.asarray(marks)[:, 0])
        seen = jnp.where(jnp.asarray(ended[t])[:, None], 0, seen)


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP])
def test_an_event_bonus_arrives_in_the_update(mode):
    """Bonus, counts and diary over two updates against a slow loop over what each copy lives through."""
    ppo, learner, found, table = rollouts(mode, 2)
    words = Vocabulary("", dict(enumerate(table.texts, start=1)))
    atlas = compile_atlas(words, ask("count", table.texts), host_words.CODES)
    learner = learner._replace(signal=ppo.signal.told(learner.signal, atlas))
    counts, when = Counter(), {}
    learn, pay = jax.jit(ppo.learn), jax.jit(ppo.signal.bonus)
    for update, rollout in enumerate(found):
        path, paid = rollout.trajectory, np.zeros((LENGTH, COPIES))
        for t in range(LENGTH):
            texts = [table.text(code) for code in path.events[t, :, 0]]
            counts.update(texts)
            for copy, text in enumerate(texts):
                when.setdefault(text, (update * LENGTH + t + 1) * COPIES)
                if path.first[t, copy, 0] and not path.terminated[t, copy]:
                    paid[t, copy] = SCALE * (WEIGHTS.get(text, 0.5) or 0.0) / np.sqrt(counts[text])
        assert (paid > 0).sum() > 20
        np.testing.assert_allclose(pay(learner.signal, path), paid, rtol=1e-5)
        learner, line = learn(learner, rollout, jax.random.key(9))
        assert float(line.bonus) == pytest.approx(paid.mean(), rel=1e-5)
    for code, text in enumerate(["", *table.texts]):
        assert learner.diary.met[code] == counts[text]
        assert learner.diary.first_met[code] == when[text]


@pytest.mark.parametrize("overlap", [True, False])
def test_training_asks_about_every_sentence_once_and_counts_what_it_met(overlap):
    asked = []

    def heard(mission, captions):
        asked.extend(captions)
        return ask(mission, captions)

    make = speaking()
    trained = train_host(
        "gymnasium/Counting",
        SETTINGS,
        0,
        4 * SETTINGS.batch,
        signal="event-count",
        overlap=overlap,
        make=make,
        ask=heard,
    )
    assert sorted(asked) == sorted(set(asked)) == sorted(trained.events) == sorted(trained.by_caption)
    assert trained.by_caption == ask("count", asked)
    told = Counter(
        counting.said(*then) for copy in range(COPIES) for *_, then in counting.walk(copy, 4 * LENGTH)
    )
    met = trained.diary.met[: len(trained.events) + 1]
    assert dict(zip(["", *trained.events], met.tolist(), strict=True)) == told
    assert (trained.lines.bonus > 0).all()
    nothing = train_host(
        "gymnasium/Counting",
        SETTINGS,
        0,
        2 * SETTINGS.batch,
        signal="event-count",
        make=speaking(),
        ask=lambda mission, captions: dict.fromkeys(captions, 0.0),
    )
    assert not nothing.lines.bonus.any()


def test_a_signal_without_words_is_refused_in_one_line():
    with pytest.raises(OutriderError, match="signal event-count pays captioned events, and world") as told:
        train_host("gymnasium/CartPole-v1", SETTINGS, 0, SETTINGS.batch, signal="event-count")
    assert "\n" not in str(told.value)
    with pytest.raises(OutriderError, match="unknown name 'event-cuont'"):
        train_host("gymnasium/CartPole-v1", SETTINGS, 0, SETTINGS.batch, signal="event-cuont")


@pytest.mark.parametrize(
    "signal",
    ["situation-count", "episodic-situation-count", "chain(event-count, scale(situation-count, 0.5))"],
)
def test_situations_are_refused_in_one_line_before_any_world_is_made(signal):
    with pytest.raises(OutriderError) as told:
        train_host(
            "gymnasium/Counting", SETTINGS, 0, SETTINGS.batch, signal=signal, make=lambda *asked: 1 / 0
        )
    assert f"signal `{signal}` looks at situations" in str(told.value)
    assert "use observation counts" in str(told.value)
    assert "\n" not in str(told.value)


def test_counts_of_sights_are_paid_for_what_steps_led_to():
    """Every sight but an episode's first is a new one here, and what terminates an episode is not paid."""
    trained = train_host(
        "gymnasium/Counting",
        SETTINGS,
        0,
        3 * SETTINGS.batch,
        signal="observation-count",
        overlap=False,
        make=speaking(),
    )
    terminated = np.array([[row[2] for row in counting.walk(copy, 3 * LENGTH)] for copy in range(COPIES)])
    share = 1 - terminated.T.reshape(3, LENGTH * COPIES).mean(-1)
    np.testing.assert_allclose(trained.lines.bonus, 0.1 * share, rtol=1e-4)


def test_more_sentences_than_codes_are_refused_in_one_line(monkeypatch):
    for module in (host_words, host_learner, host_collect):
        monkeypatch.setattr(module, "CODES", 4)
    with pytest.raises(OutriderError, match="more than 3 different events") as told:
        train_host("gymnasium/Counting", SETTINGS, 0, SETTINGS.batch, signal="event-count", make=speaking())
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("world_id", "engine", "said"),
    [
        ("envpool/MiniGrid-DoorKey-5x5-v0", "shuffled(constant)", "captions come one by one"),
        ("envpool/BabyAI-GoToLocal-v0", "word-overlap", "has no one mission for all its copies"),
        ("envpool/CartPole-v1", "constant", "says nothing"),
    ],
)
def test_engines_that_cannot_be_asked_there_are_one_line(world_id, engine, said, tmp_path, capsys):
    pytest.importorskip("envpool")
    out = tmp_path / "policy.safetensors"
    small = ["--steps", "64", "--learner.envs", "8", "--learner.rollout", "8", "--learner.minibatches", "1"]
    asked = ["--signal", "event-count", "--engine", engine, "--out", str(out)]
    assert main(["train", world_id, *small, *asked]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not out.exists()


def test_the_command_line_trains_with_an_engine_and_tells_the_events(tmp_path, capsys):
    pytest.importorskip("envpool")
    out = tmp_path / "policy.safetensors"
    small = "--steps 512 --learner.envs 16 --learner.rollout 16 --learner.minibatches 1 --learner.epochs 1"
    asked = ["--signal", "event-count", "--engine", "word-overlap", "--out", str(out)]
    assert main(["train", "envpool/MiniGrid-DoorKey-5x5-v0", *small.split(), *asked]) == 0
    told = capsys.readouterr().out
    assert "different events; most often 'Nothing happened.' (" in told
    weights = json.loads((tmp_path / "policy.weights.json").read_text())
    assert weights["engine"] == "word-overlap"
    assert weights["by_caption"]["Nothing happened."] == 0.0
    assert all(
        weight == float("key" in text or "door" in text or "goal" in text)
        for text, weight in weights["by_caption"].items()
    )
