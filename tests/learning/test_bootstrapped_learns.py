"""Ten networks beside their priors find a treasure on every seed; one, that as little acts by chance, never does."""

from dataclasses import replace

from deep_sea import DeepSea
from outrider.learn.evaluate import EPISODES
from outrider.learn.q_settings import DQNSettings
from outrider.learn.train import train

WORLD, STEPS, SEEDS = DeepSea(10), 6_000, (0, 1, 2)
SETTINGS = DQNSettings(
    members=10, prior=5.0, envs=4, rollout=10, minibatches=10, rows=64, width=32, depth=1, epsilon_start=0.0,
    epsilon_end=0.0, learning_rate=3e-3, warmup=200, capacity=10_000, target_every=1, dueling=False, double=False,
)  # fmt: skip


def solved(settings):
    """Which share of fresh episodes each seed's final policy solves."""
    return train(WORLD, settings, "none", None, SEEDS, STEPS).solved / EPISODES


def test_members_find_the_treasure_on_every_seed():
    found = solved(SETTINGS)
    assert (found >= 0.9).all(), found


def test_a_single_network_does_not():
    """The control: greedy from the start, it goes where it first believes that it should."""
    found = solved(replace(SETTINGS, members=1))
    assert (found == 0).all(), found
