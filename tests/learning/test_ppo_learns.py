"""PPO learns, its control does not, and a seed's result is the same bit for bit wherever it is trained."""

import json
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import walks
from outrider.errors import OutriderError
from outrider.guide.atlas import compile_atlas
from outrider.guide.vocabulary import vocabulary
from outrider.learn.evaluate import EPISODES
from outrider.learn.settings import Settings
from outrider.learn.train import as_record, learner_for, train
from outrider.worlds.registry import make

WORLD = "minigrid/doorkey-8x8"
SETTINGS = Settings(
    envs=32, rollout=32, epochs=4, minibatches=2, learning_rate=2e-3, anneal=True, entropy=0.01
)
STEPS = 100_000
SEEDS = (0, 1)
WORDS = vocabulary(WORLD)


def atlas():
    """Every event is worth the same: event counts without a model."""
    return compile_atlas(WORDS, dict.fromkeys(WORDS.captions, 1.0), make(WORLD).codes)


def success(trained):
    """Each seed's successes among the episodes that ended in the last fifth."""
    late = jax.tree.map(lambda x: x[:, -x.shape[1] // 5 :].sum(axis=1), trained.lines)
    return late.successes / late.episodes


@pytest.fixture(scope="module")
def learned():
    """Two seeds with event counts, and what the trainer said meanwhile."""
    heard = []
    trained = train(WORLD, SETTINGS, "event-count", atlas(), SEEDS, STEPS, lambda *said: heard.append(said))
    return trained, heard


def test_ppo_with_event_counts_solves_doorkey(learned):
    rates = success(learned[0])
    assert rates.min() >= 0.9, rates
    assert (learned[0].solved >= 0.9 * EPISODES).all()
    lines = learned[0].lines
    assert lines.entropy[:, -1].max() < 0.8 * np.log(6)
    late = jax.tree.map(lambda x: x[:, -20:].sum(axis=1), lines)
    assert (late.lengths / late.episodes).max() < 100  # it walks there, and does not only stumble on it


def test_without_learning_nothing_is_solved():
    """The control: the same updates of the same size, but the learning rate is 0."""
    still = replace(SETTINGS, learning_rate=0.0)
    updates = still.updates(STEPS)
    learner = learner_for(WORLD, still, "event-count", updates)
    start = jax.jit(learner.init, compiler_options=walks.QUICK)(jax.random.key(SEEDS[0]), atlas())
    run = jax.jit(
        lambda state: jax.lax.scan(lambda one, _: learner.update(one), state, None, length=updates),
        compiler_options=walks.QUICK,
    )
    after, lines = jax.device_get(run(start))
    late = jax.tree.map(lambda x: x[-updates // 5 :].sum(), lines)
    assert late.episodes > 20
    assert late.successes / late.episodes < 0.2
    np.testing.assert_allclose(lines.entropy, np.log(6), atol=0.01)
    jax.tree.map(np.testing.assert_array_equal, after.network, start.network)


def test_a_seed_learns_the_same_beside_other_seeds(learned):
    """Bit for bit, in another place of a group of the same size."""
    again = train(WORLD, SETTINGS, "event-count", atlas(), (1, 77), STEPS)
    jax.tree.map(
        lambda one, other: np.testing.assert_array_equal(one[1], other[0]), _kept(learned[0]), _kept(again)
    )
    records = [as_record(t, i, "a", 1, dict(WORDS.by_code)) for t, i in ((learned[0], 1), (again, 0))]
    assert json.dumps(records[0]) == json.dumps(records[1])
    other = as_record(again, 1, "a", 1, dict(WORDS.by_code))
    assert other["return"] != records[0]["return"]


def test_each_seed_can_have_an_atlas_of_its_own():
    """As shuffled answers do: nothing for one seed, everything for the other."""
    every = atlas()
    both = jax.tree.map(lambda x: jnp.stack([jnp.zeros_like(x), x]), every)
    paid = train(WORLD, SETTINGS, "event-count", both, SEEDS, 4 * SETTINGS.batch)
    alone = train(WORLD, SETTINGS, "event-count", every, SEEDS, 4 * SETTINGS.batch)
    assert (paid.lines.bonus[0] == 0).all()
    jax.tree.map(lambda one, two: np.testing.assert_array_equal(one[1], two[1]), _kept(paid), _kept(alone))


def _kept(trained):
    return trained.networks, trained.lines, trained.diary, trained.solved


def test_training_stops_at_the_first_chunk_whose_bonus_is_not_finite():
    """As from an engine whose answers slipped past the atlas."""
    broken, heard = atlas()._replace(weight=atlas().weight.at[2].set(np.nan)), []
    with pytest.raises(
        OutriderError,
        match=r"the bonus of seed 0 is not finite at step \d+: mend the signal or its weights; no checkpoints",
    ):
        train(WORLD, SETTINGS, "event-count", broken, SEEDS, STEPS, lambda *said: heard.append(said))
    assert not heard


def test_progress_is_told_chunk_by_chunk(learned):
    trained, heard = learned
    progress = [p for p, _ in heard]
    assert progress == sorted(progress)
    assert progress[-1] == 1
    assert 2 <= len(progress) <= 80
    told = jax.tree.map(lambda *parts: np.concatenate(parts, axis=1), *[lines for _, lines in heard])
    jax.tree.map(np.testing.assert_array_equal, told, trained.lines)
    steps = trained.lines.steps
    updates = SETTINGS.updates(STEPS)
    np.testing.assert_array_equal(steps, np.broadcast_to(1024 * np.arange(1, updates + 1), steps.shape))
    assert steps[0, -1] >= STEPS > steps[0, -1] - SETTINGS.batch


def test_the_record_of_a_run(learned):
    trained, _ = learned
    record = as_record(trained, 0, "guided", 0, dict(WORDS.by_code))
    assert (record["arm"], record["seed"]) == ("guided", 0)
    updates = SETTINGS.updates(STEPS)
    for name in ("steps", "success", "return", "length", "bonus", "episodes", "entropy"):
        assert len(record[name]) == updates, name
    for name in ("success", "return", "length"):
        for value, episodes in zip(record[name], record["episodes"], strict=True):
            assert (value is None) == (episodes == 0)  # no episode ended: that is not a success of 0
    finished = [s for s in record["success"] if s is not None]
    assert 0 <= min(finished) <= max(finished) <= 1
    assert record["success"][-1] == 1
    assert set(record["events"]) <= set(WORDS.captions)
    assert record["events"].keys() == record["first_seen"].keys()
    assert record["events"]["You reached the green goal."] >= sum(
        round(s * n) for s, n in zip(record["success"], record["episodes"], strict=True) if n
    )
    first = record["first_seen"]
    order = ("You picked up the yellow key.", "You unlocked the yellow door.", "You reached the green goal.")
    assert 0 < first[order[0]] <= first[order[1]] <= first[order[2]] <= record["steps"][-1]
    assert sum(trained.diary.met[0]) == record["steps"][-1]
    json.dumps(record, allow_nan=False)


@pytest.mark.long
@pytest.mark.parametrize("world_id", ["minigrid/unlock-pickup", "minigrid/blocked-unlock-pickup"])
def test_event_counts_solve_the_worlds_of_two_rooms(world_id):
    words = vocabulary(world_id)
    even = compile_atlas(words, dict.fromkeys(words.captions, 1.0), make(world_id).codes)
    rates = success(train(world_id, Settings(), "event-count", even, (0, 1, 2), 700_000))
    assert np.median(rates) >= 0.9, rates


@pytest.mark.long
@pytest.mark.parametrize("group", [(1,), (9, 1, 4)])
def test_a_seed_learns_the_same_in_a_group_of_another_size(learned, group):
    """Bit for bit, on a CPU, where the learners of a group are trained one after another."""
    other = train(WORLD, SETTINGS, "event-count", atlas(), group, STEPS)
    place = group.index(1)
    jax.tree.map(
        lambda one, two: np.testing.assert_array_equal(one[1], two[place]), _kept(learned[0]), _kept(other)
    )
