"""What changes over a run: weights and shares that fall, and an entropy bonus that is steered, fixed or fading."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from outrider.errors import OutriderError
from outrider.explore.signal import nothing
from outrider.learn.fit import check_fit
from outrider.learn.ppo import PPO
from outrider.ops.schedule import LEAST_WEIGHT, MOST_WEIGHT, linear, steered
from outrider.types import Atlas
from outrider.worlds.batch import Batch
from outrider.worlds.registry import make
from toy_world import SMALL, Toy

ATLAS = Atlas(jnp.zeros(1), jnp.zeros(1, bool))
CERTAIN, UNSURE = 0.35, 0.6  # nats, of at most 0.69 with two actions


@pytest.mark.parametrize(("step", "left"), [(0, 1.0), (50, 0.55), (100, 0.1), (1000, 0.1)])
def test_a_share_falls_and_stays(step, left):
    assert float(linear(jnp.int32(step), 1.0, 0.1, 100.0)) == pytest.approx(left)
    assert float(linear(jnp.int32(step), 1.0, 0.1, 0.0)) == pytest.approx(0.1)


def test_steering_descends_on_the_logarithm_of_the_weight():
    """The slope of `log(weight) * (entropy - target)` is what is followed, whatever the weight."""
    for weight, entropy, target in ((0.01, 1.2, 0.5), (3.0, 0.1, 0.5)):
        slope = (entropy - target) * 1.0
        want = np.exp(np.log(weight) - 0.2 * slope)
        assert float(steered(weight, jnp.float32(entropy), target, 0.2)) == pytest.approx(want, rel=1e-5)
    assert float(steered(9.9, jnp.float32(0.0), 5.0, 1.0)) == MOST_WEIGHT


def test_a_weight_that_was_steered_down_for_long_comes_back():
    """A policy that acts by chance for long, since it has found nothing, must not lose the bonus for good."""
    weight = jnp.float32(0.01)
    for _ in range(300):
        weight = steered(weight, jnp.float32(1.9), 0.7, 0.1)
    assert float(weight) == pytest.approx(LEAST_WEIGHT)
    for _ in range(100):
        weight = steered(weight, jnp.float32(0.2), 0.7, 0.1)
    assert float(weight) > 0.01


def ended(updates: int = 60, **changes):
    """The learner after training, and the mean entropy of the last sixth of the updates, in nats."""
    settings = replace(SMALL, learning_rate=2e-2, anneal=False, **changes)
    learner = PPO(Batch(Toy(), settings.envs, fresh=1), settings, nothing(), updates)

    def train(key):
        return jax.lax.scan(lambda one, _: learner.update(one), learner.init(key, ATLAS), length=updates)

    end, lines = jax.jit(train)(jax.random.key(0))
    return end, float(lines.entropy[-updates // 6 :].mean())


def test_the_entropy_is_steered_to_its_target():
    """Without steering this policy becomes certain; with it, it stays as unsure as it is told."""
    _, alone = ended(240, entropy=0.3)
    end, told = ended(240, entropy=0.3, target_entropy=UNSURE)
    assert alone < CERTAIN
    assert told == pytest.approx(UNSURE, abs=0.06)
    assert float(end.rates.entropy) > 0.6  # the weight has risen


def test_an_entropy_bonus_that_fades_is_gone_at_the_end():
    """A large bonus keeps the policy unsure; one that fades in half of the run lets it become certain."""
    _, kept = ended(entropy=1.0)
    fading, told = ended(entropy=1.0, entropy_share=0.5)
    assert kept > UNSURE
    assert told < CERTAIN
    assert float(fading.rates.entropy) == 1.0  # the hyperparameter stays what it was


@pytest.mark.parametrize(("spent", "left"), [(0.0, 1.0), (0.25, 0.5), (0.5, 0.0), (1.0, 0.0)])
def test_the_weight_in_the_loss_is_that_of_the_hour(spent, left):
    settings = replace(SMALL, entropy=0.4, entropy_share=0.5)
    learner = PPO(Batch(Toy(), settings.envs, fresh=1), settings, nothing(), 10)
    start = learner.init(jax.random.key(0), ATLAS)
    steps = jnp.int32(spent * 10 * settings.batch)
    now = learner._rates_now(start._replace(diary=start.diary._replace(steps=steps)))
    assert float(now.entropy) == pytest.approx(0.4 * left)


def test_schedules_that_exclude_each_other_are_refused():
    for wrong in ({"entropy_share": 0.5}, {"entropy": 0.0}, {"entropy_gain": 0.0}):
        with pytest.raises(OutriderError, match=r"target_entropy = 0\.6 steers"):
            replace(SMALL, target_entropy=0.6, **wrong)
    with pytest.raises(OutriderError, match=r"entropy_share is 1\.5; it must be at most 1"):
        replace(SMALL, entropy_share=1.5)


def test_a_target_that_no_policy_has_is_refused():
    with pytest.raises(OutriderError, match=r"target_entropy = 0\.7 nats is not below 0\.69, that of chance"):
        check_fit(Toy(), replace(SMALL, target_entropy=0.7))
    check_fit(Toy(), replace(SMALL, target_entropy=0.6))
    with pytest.raises(OutriderError, match="continuous; leave it out"):
        check_fit(make("gymnax/mountaincar-continuous"), replace(SMALL, target_entropy=0.6))
