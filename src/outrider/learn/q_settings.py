"""Hyperparameters of DQN and PQN. No jax: plans are checked against these names and types."""

from __future__ import annotations

from dataclasses import dataclass

from outrider.errors import OutriderError
from outrider.learn.settings import RolloutSettings, check_shares


@dataclass(frozen=True)
class QSettings(RolloutSettings):
    """What both have in common."""

    envs: int = 32  # copies of the world that a learner steps together
    rollout: int = 8  # environment steps of each copy between two updates
    minibatches: int = 4
    learning_rate: float = 5e-4
    anneal: bool = False  # learning rate falls linearly to 0
    discount: float = 0.99
    epsilon_start: float = 1.0  # share of actions by chance at the first step
    epsilon_end: float = 0.02  # and at last; the trained policy acts with it, too
    explore: float = 0.3  # share of the run's steps over which epsilon falls linearly
    gradient_norm: float = 10.0  # of the whole gradient
    width: int = 128
    depth: int = 2
    encoder: str = "flat"  # "convolutional": convolutions over the view
    dueling: bool = True  # the value of a situation and the advantages of actions, told apart
    cells: str = "planes"  # how a cell becomes numbers: "planes", one a class of tiles, or "numbers"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("epsilon_start", "epsilon_end", "explore"):
            if (value := getattr(self, name)) > 1:
                raise OutriderError(f"learner setting {name} is {value!r}; it must be at most 1")


@dataclass(frozen=True)
class DQNSettings(QSettings):
    """DQN (Mnih et al. 2015) over many copies of a world; double (van Hasselt et al. 2016), dueling (Wang et al. 2016).

    The defaults are what a search on DeepSea-10 chose, rounded: sweeps/deepsea-10-dqn.
    """

    learning_rate: float = 2e-3
    epsilon_end: float = 0.01  # share of actions by chance at last; the trained policy acts with it, too
    explore: float = 0.5  # share of the run's steps over which epsilon falls linearly
    minibatches: int = 4  # gradient steps of an update, each on rows drawn anew
    rows: int = 64  # replayed steps of a minibatch
    capacity: int = 100_000  # environment steps that the replay holds
    warmup: int = 2_000  # environment steps before the first gradient
    target_every: int = 4  # updates between two copies of the network to its target
    members: int = 1  # networks, an episode following one of them (bootstrapped DQN); epsilon may then be 0
    prior: float = 3.0  # of several members: the weight of the random network beside each
    double: bool = True  # the network chooses the best next action, its target says what it is worth

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.capacity < max(self.batch, self.warmup):
            raise OutriderError(
                f"learner setting capacity = {self.capacity} must hold warmup = {self.warmup} steps and those "
                f"of an update, envs * rollout = {self.batch}; raise it"
            )

    @property
    def learners(self) -> int:
        """DQN has no synchronous learners: its replay is one learner's."""
        return 1


@dataclass(frozen=True)
class PQNSettings(QSettings):
    """PQN as in Gallici et al. 2024: no replay and no target, many copies, normalised layers, Q(lambda).

    A search on DeepSea-10 found nothing better than the defaults: sweeps/deepsea-10-pqn.
    """

    envs: int = 64  # copies of the world that a learner, or its whole team, steps together
    rollout: int = 32  # environment steps of each copy between two updates
    epochs: int = 4
    minibatches: int = 4
    learning_rate: float = 1e-3
    anneal: bool = True  # learning rate falls linearly to 0
    explore: float = 0.5  # share of the run's steps over which epsilon falls linearly
    trace: float = 0.65  # lambda of the returns
    norm: bool = True  # layer normalisation
    dueling: bool = False  # the value of a situation and the advantages of actions, told apart
    learners: int = 1  # synchronous learners, one a device, that share the copies and average their gradients

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shares(self.envs, self.learners, self.batch, "envs * rollout", self.minibatches)
