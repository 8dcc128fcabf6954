"""Learning from demonstrations, against NumPy: the losses, what DAgger keeps, what PPO adds. All of it small."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from outrider.agents.actor_critic import ActorCritic
from outrider.agents.features import Features
from outrider.errors import OutriderError
from outrider.explore.signal import nothing
from outrider.learn.algorithms import ALGORITHMS, settings_from
from outrider.learn.cloning import BC
from outrider.learn.dagger import DAgger
from outrider.learn.imitation import Shown, imitation_loss
from outrider.learn.imitation_settings import BCSettings, DAggerSettings
from outrider.learn.ppo import PPO
from outrider.learn.together import check_together, wants_expert
from outrider.ops.distribution import Continuous, Discrete
from outrider.ops.imitation import cross_entropy
from outrider.types import Atlas, Obs
from outrider.worlds.batch import Batch
from toy_world import SMALL, Toy

SMALLEST = {
    "envs": 4,
    "rollout": 8,
    "minibatches": 8,
    "rows": 32,
    "learning_rate": 1e-2,
    "width": 8,
    "depth": 1,
}
UNPAID = Toy(bad="reward", value=0.0)  # what is right can only be learned by being shown
ATLAS = Atlas(jnp.zeros(1), jnp.zeros(1, bool))


def shown(rows: int = 64, right: bool = True) -> Shown:
    """What the toy's expert does: it says the bit that it sees, or the other one."""
    bits = jnp.arange(rows) % 2
    sights = jnp.stack([bits.astype(jnp.float32), 1.0 - bits], axis=1)
    return Shown(Obs(jnp.zeros((rows, 0, 0), jnp.uint8), sights), bits if right else 1 - bits)


def rightly(network) -> float:
    """The share of right answers that a policy gives."""
    part = shown()
    outputs, _, _ = network.act((), part.obs, jnp.zeros(64, bool))
    return float((jax.nn.softmax(outputs)[jnp.arange(64), part.action]).mean())


def learned(learner, key: int = 0):
    end, lines = jax.jit(lambda key: run(learner, key))(jax.random.key(key))
    return end, jax.device_get(lines)


def run(learner, key):
    start = learner.init(key, ATLAS)
    return jax.lax.scan(lambda one, _: learner.update(one), start, None, length=learner.updates)


def test_cross_entropy_is_that_of_numpy():
    rng = np.random.default_rng(0)
    logits, action = rng.normal(size=(50, 6)), rng.integers(0, 6, 50)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    log_prob, _ = Discrete(6).log_prob_and_entropy(jnp.asarray(logits), jnp.asarray(action))
    assert float(cross_entropy(log_prob)) == pytest.approx(-np.log(p[np.arange(50), action]).mean(), rel=1e-5)


def test_the_loss_of_a_network_and_its_gradient():
    """Of logits the gradient is the policy less what was shown, in the mean; the value learns nothing."""
    network = ActorCritic(jax.random.key(0), Features("planes", (0, 0), 2), Discrete(2), 8, 1)
    part = shown()
    loss, entropy = imitation_loss(network, part)
    logits = np.asarray(network.act((), part.obs, jnp.zeros(64, bool))[0], np.float64)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    told = np.asarray(part.action)
    assert float(loss) == pytest.approx(-np.log(p[np.arange(64), told]).mean(), rel=1e-5)
    assert float(entropy) == pytest.approx(-(p * np.log(p)).sum(1).mean(), rel=1e-5)
    gradient = jax.grad(lambda n: imitation_loss(n, part)[0])(network)
    bias = np.asarray(gradient.actor.layers[-1].bias)
    np.testing.assert_allclose(bias, (p - np.eye(2)[told]).mean(0), atol=1e-6)
    assert all(not np.asarray(leaf).any() for leaf in jax.tree.leaves(gradient.critic))


def test_continuous_actions_are_cloned_by_their_density():
    space = Continuous(3)
    network = ActorCritic(jax.random.key(0), Features("planes", (0, 0), 2), space, 8, 1)
    rng = np.random.default_rng(1)
    part = shown()._replace(action=jnp.asarray(rng.normal(size=(64, 3)), jnp.float32))
    mean = np.asarray(network.act((), part.obs, jnp.zeros(64, bool))[0])[:, :3]
    density = -0.5 * (np.asarray(part.action) - mean) ** 2 - 0.5 * np.log(2 * np.pi)
    assert float(imitation_loss(network, part)[0]) == pytest.approx(-density.sum(1).mean(), rel=1e-5)


def test_bc_learns_what_is_shown_right_or_wrong():
    settings = BCSettings(**SMALLEST)
    batch = Batch(UNPAID, settings.envs, fresh=1)
    for right, share in ((True, 1.0), (False, 0.0)):
        end, lines = learned(BC(batch, settings, shown(right=right), 20))
        assert rightly(end.network) == pytest.approx(share, abs=0.1)
        assert lines.steps.tolist() == [settings.batch * (k + 1) for k in range(20)]
        assert lines.loss[-1] < 0.5 * lines.loss[0]


def test_dagger_keeps_every_sight_with_what_the_expert_says_of_it():
    settings = DAggerSettings(**SMALLEST, capacity=100)
    learner = DAgger(Batch(UNPAID, settings.envs, fresh=1), settings, lambda state: state.bit, 5)
    end, _ = learned(learner)
    assert int(end.shown.filled) == 100  # of 160, the oldest gone
    np.testing.assert_array_equal(end.shown.rows.action, end.shown.rows.obs.vector[:, 0])


def test_dagger_learns_where_nothing_is_paid():
    settings = DAggerSettings(**SMALLEST)
    batch = Batch(UNPAID, settings.envs, fresh=1)
    end, _ = learned(DAgger(batch, settings, lambda state: state.bit, 20))
    assert rightly(end.network) > 0.9
    end, _ = learned(
        DAgger(batch, settings, lambda state: state.clock % 2, 20)
    )  # an expert who does not look
    assert rightly(end.network) < 0.7


@pytest.mark.parametrize(("assisted", "right"), [(1.0, 1.0), (0.0, 0.5)])
def test_the_expert_acts_at_first_and_the_learner_afterwards(assisted, right):
    settings = DAggerSettings(**{**SMALLEST, "envs": 64, "learning_rate": 0.0}, assisted=assisted)
    learner = DAgger(Batch(Toy(), settings.envs, fresh=1), settings, lambda state: state.bit, 1000)
    start = learner.init(jax.random.key(0), ATLAS)
    end, _ = jax.jit(learner.update)(start)
    assert float(end.copies.returned.mean() / settings.rollout) == pytest.approx(right, abs=0.1)


def test_ppo_keeps_near_what_is_shown_as_far_as_it_weighs():
    """Where nothing is paid, PPO alone learns nothing; shown what is right it does it, and the weight fades away."""
    settings = replace(SMALL, learning_rate=2e-2, demonstration_weight=1.0, demonstration_share=1.0)
    batch = Batch(UNPAID, settings.envs, fresh=1)

    def end_of(settings, lesson):
        return rightly(learned(PPO(batch, settings, nothing(), 60, lesson))[0].network)

    assert end_of(settings, shown()) > 0.9
    assert end_of(settings, shown(right=False)) < 0.1
    assert 0.3 < end_of(replace(settings, demonstration_weight=0.0), shown()) < 0.7
    assert 0.3 < end_of(replace(settings, demonstration_share=0.0), shown()) < 0.7


def test_without_demonstrations_ppo_is_what_it_was():
    """Not one random number is drawn otherwise: a weight of 0 gives the same parameters but for rounding."""
    batch = Batch(Toy(), SMALL.envs, fresh=1)
    alone, _ = learned(PPO(batch, SMALL, nothing(), 5))
    beside, _ = learned(PPO(batch, replace(SMALL, demonstration_weight=0.0), nothing(), 5, shown()))
    for one, other in zip(jax.tree.leaves(alone.network), jax.tree.leaves(beside.network), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_who_has_an_expert_is_known_without_making_the_world():
    from outrider.worlds.experts import expert_of
    from outrider.worlds.names import WORLDS, has_expert
    from outrider.worlds.registry import make

    def found(world_id):
        try:
            return bool(expert_of(make(world_id)))
        except OutriderError:
            return False

    asked = [name for name in WORLDS if name.startswith("minigrid/")] + ["minigrid/doorkey-8x8+television"]
    told = {name: has_expert(name) for name in asked}
    assert told == {name: found(name) for name in asked}
    assert set(told.values()) == {True, False}
    assert not has_expert("gymnax/cartpole")
    assert not has_expert("craftax/classic")
    check_together("minigrid/doorkey-8x8", DAggerSettings(), "none")
    check_together("gymnax/cartpole", BCSettings(demonstrations="a/folder"), "none")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_dagger_alone_asks_an_expert_by_itself(algorithm):
    settings = settings_from(
        {"algorithm": algorithm} | ({"demonstrations": "a"} if algorithm == "bc" else {})
    )
    assert wants_expert(settings) == (algorithm == "dagger")
