"""Each signal against slow NumPy that follows its paper."""

from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from outrider.errors import OutriderError
from outrider.explore.combine import anneal, chain, clip, normalise, scale
from outrider.explore.counts import count, episodic, episodic_count
from outrider.explore.disagreement import disagreement
from outrider.explore.e3b import OUTPUTS, RIDGE, e3b
from outrider.explore.events import event_constant
from outrider.explore.icm import icm
from outrider.explore.learned import moves
from outrider.explore.names import check, parse
from outrider.explore.noveld import noveld
from outrider.explore.ride import ride
from outrider.explore.rnd import rnd
from outrider.explore.visits import Visits, hashed
from outrider.ops.moments import Moments
from wandering import COPIES, LENGTH, SEEN, atlas, ground, rollout

KEY = jax.random.key(5)


def place_of(sights):
    """Which place each row of `SEEN` is."""
    return np.abs(np.asarray(sights)[..., None, :] - SEEN).sum(-1).argmin(-1)


def layers(perceptron, x):
    """A perceptron of one hidden layer, by hand."""
    first, last = ((np.asarray(la.weight), np.asarray(la.bias)) for la in perceptron.layers)
    return np.tanh(x @ first[0] + first[1]) @ last[0] + last[1]


def test_counts_for_ever():
    for of, kind in (
        ("observations", lambda path: place_of(path.reached.vector)),
        ("situations", lambda path: np.asarray(path.situation[..., 0])),
    ):
        signal, met = count(ground(), of, scale=0.5), Counter()
        state = signal.init(KEY, atlas())
        for seed in range(3):
            path = rollout(seed)
            places, want = kind(path), np.zeros((LENGTH, COPIES))
            for t in range(LENGTH):
                met.update(places[t].tolist())
                want[t] = [0.5 / np.sqrt(met[place]) for place in places[t].tolist()]
            want[np.asarray(path.terminated)] = 0
            np.testing.assert_allclose(signal.bonus(state, path), want, rtol=1e-6)
            state, _ = signal.update(state, path, KEY)


def slow_visits(paths):
    """The how-manieth visit of its episode each step makes, over rollouts that follow one another."""
    met = [Counter() for _ in range(COPIES)]
    for path in paths:
        places, found = place_of(path.reached.vector), np.zeros((LENGTH, COPIES), int)
        done = np.asarray(path.terminated | path.truncated)
        for t in range(LENGTH):
            for copy in range(COPIES):
                met[copy][places[t, copy]] += 1
                found[t, copy] = met[copy][places[t, copy]]
                if done[t, copy]:
                    met[copy] = Counter()
        yield found


def test_counts_by_episode_and_first_visits():
    paths = [rollout(seed) for seed in range(3)]
    signal, first = episodic_count(ground(), scale=0.5), episodic(event_constant(1.0), ground())
    state, other = signal.init(KEY, atlas()), first.init(KEY, atlas())
    for path, n in zip(paths, slow_visits(paths), strict=True):
        want = np.where(path.terminated, 0, 0.5 / np.sqrt(n))
        np.testing.assert_allclose(signal.bonus(state, path), want, rtol=1e-6)
        inner = np.asarray(event_constant(1.0).bonus(atlas(), path))
        np.testing.assert_allclose(first.bonus(other, path), np.where(n == 1, inner, 0))
        state, other = signal.update(state, path, KEY)[0], first.update(other, path, KEY)[0]


def test_hashes_tell_rows_apart_and_are_what_they_are():
    rows = np.array(np.meshgrid(*[range(4)] * 6)).reshape(6, -1).T
    spread = np.unique(hashed(jnp.asarray(rows), 24))
    assert len(spread) > 0.999 * len(rows)
    assert hashed(jnp.asarray([[1, 2, 3], [3, 2, 1]]), 16).tolist() == [35323, 34131]
    buckets = np.bincount(np.asarray(hashed(jnp.asarray(rows), 6)), minlength=64)
    assert buckets.min() > 30  # 64 a bucket, were it quite even
    assert buckets.max() < 130


def test_more_visits_than_an_episode_has_buckets_forget_nothing_of_the_next():
    visits = Visits.none(1, buckets=4)
    where, ended = (
        jnp.asarray([[0], [1], [0], [0], [1]]),
        jnp.asarray([[False], [False], [True], [False], [False]]),
    )
    visits, n = visits.after(where, ended)
    assert n[:, 0].tolist() == [1, 1, 2, 1, 1]


def test_rnd_is_half_the_mean_squared_difference():
    signal = rnd(ground())
    state = signal.init(KEY, atlas())
    for seed in range(2):
        path = rollout(seed)
        seen = state.pupil.seen
        shown = (np.asarray(path.reached.vector) - np.asarray(seen.mean)) / np.sqrt(
            np.asarray(seen.variance) + 1e-8
        )
        shown = np.clip(shown, -5, 5)
        wrong = layers(state.target, shown) - layers(state.pupil.networks, shown)
        want = np.where(path.terminated, 0, 0.5 * (wrong**2).mean(-1))
        np.testing.assert_allclose(signal.bonus(state, path), want, rtol=2e-3, atol=1e-6)
        state, _ = signal.update(state, path, KEY)


def test_noveld_pays_for_the_frontier_once_an_episode():
    signal, paths = noveld(ground(), alpha=0.5), [rollout(seed) for seed in range(2)]
    state = signal.init(KEY, atlas())
    for path, n in zip(paths, slow_visits(paths), strict=True):
        inner = state[0]

        def novelty(sights, inner=inner):
            shown = np.asarray(inner.pupil.seen.standard(sights.vector, 5.0))
            wrong = layers(inner.target, shown) - layers(inner.pupil.networks, shown)
            return np.sqrt((wrong**2).mean(-1))

        want = np.maximum(novelty(path.reached) - 0.5 * novelty(path.obs), 0)
        want = np.where(np.asarray(path.terminated) | (n > 1), 0, want)
        np.testing.assert_allclose(signal.bonus(state, path), want, rtol=2e-3, atol=1e-5)
        state, _ = signal.update(state, path, KEY)


def shown_rows(state, path):
    """What the networks are shown of a rollout, from running moments by hand."""
    return (np.asarray(state.seen.standard(sights.vector, 5.0)) for sights in (path.obs, path.reached))


def test_icm_is_the_forward_models_error():
    signal = icm(ground())
    state = signal.init(KEY, atlas())
    for seed in range(2):
        path = rollout(seed)
        before, after = shown_rows(state, path)
        models = state.networks
        left, reached = layers(models.inverse.embed, before), layers(models.inverse.embed, after)
        acts = np.eye(3)[np.asarray(path.action)]
        expected = layers(models.forward.layers, np.concatenate([left, acts], -1))
        want = np.where(path.terminated, 0, 0.5 * ((expected - reached) ** 2).sum(-1))
        np.testing.assert_allclose(signal.bonus(state, path), want, rtol=2e-3, atol=1e-5)
        # The loss: how unlikely the action is thought, and the error, 0.8 to 0.2.
        guess = layers(models.inverse.guess, np.concatenate([left, reached], -1))
        unlikely = np.log(np.exp(guess).sum(-1)) - (guess * acts).sum(-1)
        part = moves(ground(), state.seen, path)
        want = 0.8 * unlikely + 0.2 * 0.5 * ((expected - reached) ** 2).sum(-1)
        np.testing.assert_allclose(models.loss(part), want, rtol=2e-3, atol=1e-5)
        state, _ = signal.update(state, path, KEY)


def test_ride_is_impact_over_the_root_of_visits():
    signal, paths = ride(ground()), [rollout(seed) for seed in range(2)]
    state = signal.init(KEY, atlas())
    for path, n in zip(paths, slow_visits(paths), strict=True):
        before, after = shown_rows(state.pupil, path)
        embed = state.pupil.networks.inverse.embed
        apart = np.linalg.norm(layers(embed, after) - layers(embed, before), axis=-1)
        want = np.where(path.terminated, 0, apart / np.sqrt(n))
        np.testing.assert_allclose(signal.bonus(state, path), want, rtol=5e-3, atol=1e-4)
        state, _ = signal.update(state, path, KEY)


def test_e3b_is_the_inverse_covariances_length_of_a_direction():
    signal = e3b(ground())
    state = signal.init(KEY, atlas())
    covariance = [RIDGE * np.eye(OUTPUTS) for _ in range(COPIES)]
    for seed in range(2):
        path = rollout(seed)
        _, after = shown_rows(state.pupil, path)
        found, want = layers(state.pupil.networks.embed, after), np.zeros((LENGTH, COPIES))
        done = np.asarray(path.terminated | path.truncated)
        for t in range(LENGTH):
            for copy in range(COPIES):
                f = found[t, copy]
                want[t, copy] = f @ np.linalg.inv(covariance[copy]) @ f
                covariance[copy] = covariance[copy] + np.outer(f, f)
                if done[t, copy]:
                    covariance[copy] = RIDGE * np.eye(OUTPUTS)
        want[np.asarray(path.terminated)] = 0
        np.testing.assert_allclose(signal.bonus(state, path), want, rtol=1e-2, atol=1e-3)
        state, _ = signal.update(state, path, KEY)


def test_disagreement_is_the_ensembles_variance():
    signal = disagreement(ground())
    state = signal.init(KEY, atlas())
    path = rollout(0)
    before, _ = shown_rows(state, path)
    ensemble, acts = state.networks, np.eye(3)[np.asarray(path.action)]
    row = np.concatenate([layers(ensemble.embed, before), acts], -1)
    said = np.stack([layers(model.layers, row) for model in ensemble.models])
    want = np.where(path.terminated, 0, said.var(0).mean(-1))
    np.testing.assert_allclose(signal.bonus(state, path), want, rtol=2e-3, atol=1e-6)
    # The random embedding never learns.
    after, _ = signal.update(state, path, KEY)
    for old, new in zip(ensemble.embed.layers, after.networks.embed.layers, strict=True):
        np.testing.assert_array_equal(old.weight, new.weight)


def test_steps_that_lead_nowhere_teach_nothing():
    """A terminated step has no place that it reached: whatever stands there changes no network."""
    signal, path = rnd(ground()), rollout(0)
    state = signal.init(KEY, atlas())
    lost = jnp.where(path.terminated[..., None], 99.0, path.reached.vector)
    other = path._replace(reached=path.reached._replace(vector=lost))
    one, two = (signal.update(state, each, KEY)[0].pupil.networks for each in (path, other))
    assert jax.tree.all(jax.tree.map(lambda a, b: bool(jnp.allclose(a, b)), one, two))


def test_moments_merge_as_if_all_rows_had_come_at_once():
    rows = np.random.default_rng(0).normal(3, 2, (50, 4)).astype(np.float32)
    moments = Moments.of(4).merged(rows[:7]).merged(rows[7:20]).merged(rows[20:])
    np.testing.assert_allclose(moments.mean, rows.mean(0), rtol=1e-5)
    np.testing.assert_allclose(moments.variance, rows.var(0), rtol=1e-4)
    assert moments.count == 50


def test_combinations():
    one, two, path = count(ground()), event_constant(0.5), rollout(0)
    a, b = (np.asarray(s.bonus(s.init(KEY, atlas()), path)) for s in (one, two))

    def paid(signal, state=None):
        return signal.bonus(signal.init(KEY, atlas()) if state is None else state, path)

    np.testing.assert_allclose(paid(chain(one, scale(two, 3.0))), a + 3 * b, rtol=1e-6)
    np.testing.assert_allclose(paid(clip(two, 0.4)), np.minimum(b, 0.4), rtol=1e-6)
    falling = anneal(two, over=4 * LENGTH * COPIES)
    state = falling.init(KEY, atlas())
    for left in (1.0, 0.75, 0.5, 0.25, 0.0, 0.0):
        np.testing.assert_allclose(paid(falling, state), left * b, rtol=1e-6)
        state, _ = falling.update(state, path, KEY)


def test_normalise_divides_by_the_deviation_of_discounted_sums():
    signal = normalise(event_constant(0.5), ground(), discount=0.9)
    state, total, sums = signal.init(KEY, atlas()), np.zeros(COPIES), []
    for seed in range(3):
        path = rollout(seed)
        raw = np.asarray(event_constant(0.5).bonus(atlas(), path))
        deviation = np.std(sums) if sums else 1.0
        np.testing.assert_allclose(signal.bonus(state, path), raw / deviation, rtol=1e-4)
        for t in range(LENGTH):
            total = 0.9 * total + raw[t]
            sums.append(total)
        state, _ = signal.update(state, path, KEY)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a name is missing"),
        ("rdn", "unknown name 'rdn': did you mean"),
        ("rnd(icm)", "rnd takes nothing in parentheses"),
        ("scale(rnd)", "scale needs a factor"),
        ("scale(rnd, x)", "scale needs a factor above 0, not `x`"),
        ("scale(rnd, -1)", "above 0, not `-1`"),
        ("chain(rnd)", "chain holds 1 signals"),
        ("episodic(rnd, icm)", "episodic holds 2 signals"),
        ("chain(rnd, icm", "a closing parenthesis is missing"),
        ("scale(normalise(rnd)(0.1)", "unexpected `(`"),
        ("anneal(rnd, 0.5)", "anneal needs environment steps from 1 to"),
        ("anneal(rnd, 3e9)", "anneal needs environment steps from 1 to"),
        ("rnd)", "unexpected `)` after its end"),
        ("anneal", "anneal needs a signal in parentheses"),
    ],
)
def test_an_expression_that_is_none(text, message):
    with pytest.raises(OutriderError) as error:
        parse(text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_engines_go_with_captioned_events_alone():
    assert check("chain(rnd, event-count)", "constant").events
    assert not check("scale(rnd, 0.5)", "").events
    with pytest.raises(OutriderError, match="name an engine"):
        check("chain(rnd, event-count)", "")
    with pytest.raises(OutriderError, match="leave the engine out"):
        check("rnd", "constant")
