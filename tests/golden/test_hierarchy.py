"""Options against plain loops: when they begin and end, who is paid what, and that only choices teach the manager."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

import walks
from buttons import Buttons
from outrider.agents.hierarchical import NEVER, Hierarchical
from outrider.errors import OutriderError
from outrider.explore.signal import nothing
from outrider.learn.algorithms import as_table, settings_from
from outrider.learn.collect import collect
from outrider.learn.hierarchy import Hierarchy, Own, manager_advantage, subgoals, worker_advantage
from outrider.learn.hierarchy_settings import HierarchySettings
from outrider.learn.keeper import Keeper
from outrider.learn.train import learner_for, train
from outrider.ops.ppo import Sample
from outrider.types import Atlas
from outrider.worlds.batch import Batch
from outrider.worlds.registry import make

WORLD = Buttons()
SETTINGS = HierarchySettings(
    envs=16, rollout=20, option_steps=4, epochs=1, minibatches=1, width=8, depth=1, discount=0.9, trace=0.7
)
T, B = SETTINGS.rollout, SETTINGS.envs
BATCH = Batch(WORLD, B, fresh=B)
HIERARCHY = Hierarchy(BATCH, SETTINGS, nothing(), 1, (0, 1, 2))
NOTHING_RATED = Atlas(jnp.zeros(4), jnp.zeros(4, bool))


@cache
def beginning():
    """A learner whose two halves have opinions: fresh ones choose alike."""
    learner = HIERARCHY.init(jax.random.key(0), NOTHING_RATED)
    flat, as_network = ravel_pytree(learner.network)
    return learner._replace(network=as_network(flat + 0.3 * jax.random.normal(jax.random.key(1), flat.shape)))


@cache
def played():
    """The learner after some steps, so that the rollout begins within options, and the rollout."""

    def run(learner):
        first = collect(
            BATCH, learner.network, learner.copies, learner.sight, jax.random.key(2), T, keep=True
        )
        learner = learner._replace(copies=first.copies, sight=first.end)
        rollout = collect(
            BATCH, learner.network, learner.copies, learner.sight, jax.random.key(3), T, keep=True
        )
        return learner, rollout, HIERARCHY.endings(rollout.trajectory)

    return jax.jit(run, compiler_options=walks.QUICK)(beginning())


def path():
    return jax.tree.map(np.asarray, played()[1].trajectory)


def flag_up():
    """Whether the flag of the subgoal in force was up before the action, `[T, B]`."""
    told = path()
    return np.take_along_axis(told.obs.vector, WORLD.size + told.held.goal[..., None], -1)[..., 0] > 0


def slow_endings():
    """What reaches and what ends options, step by step."""
    told, up = path(), flag_up()
    reached, over = np.zeros((T, B), bool), np.zeros((T, B), bool)
    for t in range(T):
        for b in range(B):
            reached[t, b] = told.events[t, b, 0] == told.held.goal[t, b] + 1 and not up[t, b]
            late = told.held.age[t, b] == SETTINGS.option_steps
            over[t, b] = reached[t, b] or late or told.terminated[t, b] or told.truncated[t, b]
    return reached, over


def test_options_end_where_they_are_reached_too_old_or_the_episode_is_over():
    told, ending = path(), jax.tree.map(np.asarray, played()[2])
    reached, over = slow_endings()
    np.testing.assert_array_equal(ending.reached, reached)
    np.testing.assert_array_equal(ending.over, over)
    # What is tested occurs: options reached before and at the end of an episode, late, and cut off.
    assert (reached & told.terminated).any()
    assert (reached & ~told.terminated).any()
    assert told.truncated.any()
    assert (over & ~reached & ~told.terminated & ~told.truncated).any()
    assert (~over[-1]).any()


def test_an_option_begins_where_the_last_one_is_over_and_lasts_till_then():
    told, (_, over) = path().held, slow_endings()
    before = jax.tree.map(np.asarray, played()[1].begin.memory)
    assert not told.begun[0].all()  # some go on from the rollout before
    np.testing.assert_array_equal(told.begun[1:], over[:-1])
    np.testing.assert_array_equal(told.age[1:], np.where(over[:-1], 1, told.age[:-1] + 1))
    np.testing.assert_array_equal(told.goal[1:][~over[:-1]], told.goal[:-1][~over[:-1]])
    np.testing.assert_array_equal(told.goal[0][~told.begun[0]], before.goal[~told.begun[0]])
    np.testing.assert_array_equal(told.age[0], np.where(told.begun[0], 1, before.age + 1))
    assert told.age.max() == SETTINGS.option_steps


def test_what_has_occurred_is_not_chosen_and_the_manager_says_how_likely_the_choice_was():
    told, network, up = path(), played()[0].network, flag_up()
    begun = told.held.begun
    assert not up[begun].any()
    assert set(told.held.goal[begun]) == {0, 1, 2}
    raised = told.obs.vector[..., WORLD.size :] > 0
    assert raised[begun].any()  # some choices were narrowed
    row = told.obs.vector.astype(np.float32)
    outputs, value = network.manager.over((), jnp.asarray(row), jnp.zeros((T, B), bool))
    logits = np.where(raised, NEVER, np.asarray(outputs, np.float64))
    share = np.exp(logits - logits.max(-1, keepdims=True))
    share /= share.sum(-1, keepdims=True)
    chosen = np.take_along_axis(share, told.held.goal[..., None], -1)[..., 0]
    np.testing.assert_allclose(told.held.log_prob[begun], np.log(chosen[begun]), atol=1e-4)
    np.testing.assert_allclose(told.held.value, value, atol=1e-4)


def test_the_worker_is_told_its_subgoal_behind_what_it_sees():
    told, network = path(), played()[0].network
    row = np.concatenate([told.obs.vector, np.eye(3)[told.held.goal]], -1).astype(np.float32)
    outputs, value = network.worker.over((), jnp.asarray(row), jnp.zeros((T, B), bool))
    log_prob, _ = WORLD.space.log_prob_and_entropy(outputs, jnp.asarray(told.action))
    np.testing.assert_allclose(told.value, value, atol=1e-4)
    np.testing.assert_allclose(told.log_prob, log_prob, atol=1e-4)


def test_the_draw_follows_the_managers_shares():
    """Of many copies that see the same, as many choose each subgoal as the shares say; words differ and go on."""
    network = beginning().network
    obs = jax.tree.map(lambda x: jnp.repeat(x[:1], 4000, 0), played()[0].sight.obs)
    act = jax.jit(lambda *seen: network.act(*seen), compiler_options=walks.QUICK)
    _, _, one = act(network.start(4000), obs, jnp.zeros(4000, bool))
    _, _, two = act(one._replace(age=one.age * 0 + SETTINGS.option_steps), obs, jnp.zeros(4000, bool))
    want = jax.nn.softmax(network.choose(network.features(obs))[0][0])
    for option in (one, two):
        np.testing.assert_allclose(np.bincount(option.goal, minlength=3) / 4000, want, atol=0.03)
    assert len(set(np.asarray(two.word).tolist())) > 3990
    assert abs(np.corrcoef(one.goal, two.goal)[0, 1]) < 0.06


def test_where_all_has_occurred_an_option_is_over_at_once():
    network = beginning().network
    vector = jnp.concatenate([jax.nn.one_hot(jnp.arange(4) % 3, WORLD.size), jnp.ones((4, 3))], -1)
    obs, held = (
        played()[0].sight.obs._replace(grid=jnp.zeros((4, 0, 0), jnp.uint8), vector=vector),
        network.start(4),
    )
    for _ in range(3):
        _, _, held = network.act(held, obs, jnp.zeros(4, bool))
        assert held.begun.all()
        assert np.isfinite(held.log_prob).all()
        assert (held.log_prob > -20).all()


def chance():
    """Rewards and values by chance, `[T, B]`."""
    rng = np.random.default_rng(4)
    return [rng.normal(size=(T, B)).astype(np.float32) for _ in range(3)]


def test_the_managers_advantages_are_those_of_whole_options():
    """Semi-MDP: each option is one step of `k` environment steps, written out option by option from the last one."""
    told, (_, over) = path(), slow_endings()
    reward, value, after = chance()
    after[:-1] = np.where(
        told.truncated[:-1], after[:-1], value[1:]
    )  # but for cuts, the value of the next row
    discount, trace = SETTINGS.discount, SETTINGS.trace
    want = np.zeros((T, B))
    for b in range(B):
        later, open_end = 0.0, T
        for t in reversed(range(T)):
            if t > 0 and not over[t - 1, b]:
                continue  # within an option
            last = next((u for u in range(t, open_end) if over[u, b]), open_end - 1)
            k = last - t + 1
            paid = sum(discount**i * reward[t + i, b] for i in range(k))
            future = 0.0 if told.terminated[last, b] else discount**k * after[last, b]
            ended = told.terminated[last, b] or told.truncated[last, b] or not over[last, b]
            want[t, b] = paid + future - value[t, b] + (0.0 if ended else discount**k * trace * later)
            later, open_end = want[t, b], t
    _, rollout, ending = played()
    managers = rollout.trajectory._replace(reward=reward, value=value)
    got = manager_advantage(managers, jnp.asarray(after), ending, beginning().rates)
    begun = np.concatenate([told.held.begun[:1], over[:-1]])
    assert begun.sum() > 20
    np.testing.assert_allclose(np.asarray(got)[begun], want[begun], atol=1e-4)


def test_the_workers_advantages_are_those_of_options_as_episodes():
    told, (reached, over) = path(), slow_endings()
    _, value, after = chance()
    discount, trace = SETTINGS.discount, SETTINGS.trace
    want = np.zeros((T, B))
    for b in range(B):
        later = 0.0
        for t in reversed(range(T)):
            final = reached[t, b] or told.terminated[t, b]
            error = reached[t, b] + (0.0 if final else discount * after[t, b]) - value[t, b]
            later = error + (0.0 if over[t, b] else discount * trace * later)
            want[t, b] = later
    _, rollout, ending = played()
    workers = rollout.trajectory._replace(value=value)
    got = worker_advantage(workers, jnp.asarray(after), ending, beginning().rates)
    np.testing.assert_allclose(got, want, atol=1e-4)


@cache
def improve():
    def run(samples):
        learner = beginning()
        network, tell = learner.network, lambda manager, row, begun: manager.over((), row, begun)
        own = Own(jnp.float32(0.1), jnp.float32(0.01))
        return HIERARCHY.improve(
            network.manager, learner.optimiser.manager, tell, samples, own, learner.rates, jax.random.key(5)
        )

    return jax.jit(run, compiler_options=walks.QUICK)


def test_only_steps_in_which_something_was_chosen_teach_the_manager():
    rng, weight = np.random.default_rng(6), path().held.begun.astype(np.float32)
    goal = jnp.asarray(path().held.goal)
    row = path().obs.vector.astype(np.float32)
    numbers = [rng.normal(size=(T, B)).astype(np.float32) for _ in range(4)]

    def samples(noise):
        off = (1 - weight) * noise
        return Sample((row, weight > 0), goal, *(x + off for x in numbers), weight)

    (one, _, loss, _), (other, _, same, _), (moved, *_) = (
        improve()(samples(0.0)), improve()(samples(0.7)), improve()(samples(0.0)._replace(value=numbers[0]))
    )  # fmt: skip
    np.testing.assert_allclose(loss, same, rtol=1e-5)
    np.testing.assert_allclose(ravel_pytree(one)[0], ravel_pytree(other)[0], atol=1e-5)
    assert np.abs(ravel_pytree(one)[0] - ravel_pytree(moved)[0]).max() > 1e-3
    assert np.abs(ravel_pytree(one)[0] - ravel_pytree(beginning().network.manager)[0]).max() > 1e-2


@cache
def learned():
    """What the rollout teaches with a signal that pays `amount` in each step on the left button."""

    def run(amount):
        signal = nothing()._replace(bonus=lambda state, told: amount * (told.events[..., 0] == 1))
        hierarchy = HIERARCHY._replace(signal=signal)
        learner, rollout, _ = played()
        return hierarchy.learn(learner, rollout, jax.random.key(7))

    return jax.jit(run, compiler_options=walks.QUICK)


def test_a_signal_is_paid_to_the_manager_and_not_to_the_worker():
    (without, _), (with_it, line) = learned()(0.0), learned()(5.0)
    for a, b in zip(*map(jax.tree.leaves, (without.network.worker, with_it.network.worker)), strict=True):
        np.testing.assert_array_equal(a, b)
    assert (
        np.abs(ravel_pytree(without.network.manager)[0] - ravel_pytree(with_it.network.manager)[0]).max()
        > 1e-4
    )
    np.testing.assert_allclose(line.bonus, 5.0 * (path().events[..., 0] == 1).mean(), rtol=1e-5)
    assert line.steps == T * B


def test_subgoals_are_the_kinds_that_a_worlds_vocabulary_has():
    assert subgoals(WORLD) == (0, 1, 2)
    doorkey, unlock = make("minigrid/doorkey-5x5"), make("minigrid/unlock-pickup")
    goal, television = 2, 15
    assert goal in subgoals(doorkey)
    assert goal not in subgoals(unlock)  # no green goal lies there
    assert television not in subgoals(doorkey)
    assert television in subgoals(make("minigrid/doorkey-5x5+television"))


def test_a_world_without_kinds_of_event_is_refused():
    with pytest.raises(
        OutriderError,
        match=r"hierarchy chooses among the kinds of event .* gymnax/cartpole has none; use ppo",
    ):
        learner_for("gymnax/cartpole", HierarchySettings(), "none", 1)


def test_settings_are_tables_and_bad_ones_are_refused():
    assert settings_from(as_table(SETTINGS)) == SETTINGS
    with pytest.raises(OutriderError, match="minibatches = 7"):
        settings_from({"algorithm": "hierarchy", "minibatches": 7})
    with pytest.raises(OutriderError, match="option_steps is 0"):
        settings_from({"algorithm": "hierarchy", "option_steps": 0})
    with pytest.raises(OutriderError, match="a setting of hierarchy that ppo does not"):
        settings_from({"option_steps": 8})


@pytest.mark.long
def test_a_resumed_run_ends_as_one_that_was_not_stopped(tmp_path):
    """Options go on across a checkpoint: bit for bit."""
    steps = 3 * SETTINGS.batch  # three chunks of one update

    def run(**given):
        done = train(WORLD, SETTINGS, "none", None, [0, 1], steps, **given)
        return jax.tree.leaves((done.networks, done.lines, done.solved))

    class Stopped(Exception):
        pass

    def stop(progress, lines):
        raise Stopped

    with pytest.raises(Stopped), Keeper(tmp_path, every="1") as keeper:
        run(heard=stop, keeper=keeper)
    with Keeper(tmp_path, resume=True, every="1") as keeper:
        again = run(keeper=keeper)
    for a, b in zip(again, run(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_network_fits_the_memory_it_starts_with():
    network = beginning().network
    assert isinstance(network, Hierarchical)
    start = jax.eval_shape(lambda: network.start(B))
    after = jax.eval_shape(network.act, network.start(B), played()[0].sight.obs, jnp.zeros(B, bool))[2]
    assert jax.tree.map(lambda x: (x.shape, x.dtype), start) == jax.tree.map(
        lambda x: (x.shape, x.dtype), after
    )
