"""What PPO's minibatches begin to remember with: the memory that each of their copies had when its rollout began."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import pytest

import walks
from buttons import Buttons
from outrider.explore.signal import nothing
from outrider.learn.collect import collect
from outrider.learn.ppo import PPO
from outrider.learn.settings import Settings
from outrider.types import Atlas
from outrider.worlds.batch import Batch

SETTINGS = Settings(envs=8, rollout=12, epochs=1, minibatches=4, learning_rate=0.0, width=16)


def apart(self, network, rates, held, part):
    """In a loss's place: by how much log-probabilities and values differ from those of the rollout at most."""
    outputs, value = network.over(held, *part.given)
    log_prob, _ = network.space.log_prob_and_entropy(outputs, part.action)
    return jnp.abs(log_prob - part.log_prob).max(), jnp.abs(value - part.value).max()


@pytest.mark.parametrize("memory", ["gru", "gtrxl"])
def test_a_rollout_begun_in_mid_episode_is_seen_again_as_it_was(memory, monkeypatch):
    made = PPO(Batch(Buttons(3), 8, fresh=2), replace(SETTINGS, memory=memory), nothing(), updates=4)
    start = jax.jit(made.init, compiler_options=walks.QUICK)(
        jax.random.key(1), Atlas(jnp.zeros(4), jnp.zeros(4, bool))
    )
    loud = start._replace(network=jax.tree.map(lambda x: 2 * x, start.network))
    roll = jax.jit(
        lambda now, sight, copies, key: collect(made.batch, now, copies, sight, key, SETTINGS.rollout),
        compiler_options=walks.QUICK,
    )
    first = roll(loud.network, loud.sight, loud.copies, jax.random.key(2))
    second = roll(loud.network, first.end, first.copies, jax.random.key(3))
    assert not second.begin.restart.all()  # most copies are in the middle of an episode
    done = second.trajectory.terminated | second.trajectory.truncated
    assert done.any()

    monkeypatch.setattr(PPO, "loss", apart)
    learn = jax.jit(made.learn, compiler_options=walks.QUICK)
    _, line = learn(loud, second, jax.random.key(4))
    assert float(line.loss) < 1e-4
    assert float(line.entropy) < 1e-4
    empty = second.begin._replace(memory=jax.tree.map(jnp.zeros_like, second.begin.memory))
    _, line = learn(loud, second._replace(begin=empty), jax.random.key(4))
    assert float(line.entropy) > 0.1  # it matters what was remembered
