"""PPO holds CartPole's pole up for all 500 steps, on every seed; the control, whose learning rate is 0, does not."""

from dataclasses import replace

import pytest

from outrider.learn.evaluate import EPISODES
from outrider.learn.rates import stacked
from outrider.learn.settings import Settings
from outrider.learn.train import train

pytest.importorskip("gymnax")
SETTINGS = Settings(envs=16, rollout=64, learning_rate=2e-3, entropy=0.0)


def test_ppo_balances_the_pole_to_the_end():
    still = replace(SETTINGS, learning_rate=0.0)
    rates = stacked([SETTINGS, SETTINGS, SETTINGS, still])
    trained = train("gymnax/cartpole", SETTINGS, "none", None, (0, 1, 2, 3), 300_000, rates=rates)
    assert (trained.returned[:3] >= 499).all(), trained.returned
    assert (trained.solved[:3] == EPISODES).all()
    assert trained.returned[3] < 50
    assert trained.solved[3] == 0
