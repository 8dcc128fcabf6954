"""Hyperparameters of behaviour cloning and DAgger. No jax: plans are checked against these names and types."""

from __future__ import annotations

from dataclasses import dataclass

from outrider.errors import OutriderError
from outrider.learn.settings import RolloutSettings, check_source


@dataclass(frozen=True)
class ImitationSettings(RolloutSettings):
    """What both have in common."""

    envs: int = 64  # copies of the world that a learner steps together
    rollout: int = 8  # environment steps of each copy between two updates
    minibatches: int = 16  # gradient steps of an update, each on rows drawn anew
    rows: int = 256  # shown steps of a minibatch
    learning_rate: float = 1e-3
    anneal: bool = True  # learning rate falls linearly to 0
    gradient_norm: float = 1.0  # of the whole gradient
    width: int = 64
    depth: int = 2
    encoder: str = "flat"  # "convolutional": convolutions over the view before the policy
    cells: str = "planes"  # how a cell becomes numbers: "planes", one a class of tiles, or "numbers"

    @property
    def learners(self) -> int:
        """Imitation has no synchronous learners: what was shown is one learner's."""
        return 1


@dataclass(frozen=True)
class BCSettings(ImitationSettings):
    """Behaviour cloning (Pomerleau 1991): the environment steps are watched, for the curve, and not learned from.

    The defaults were tried on DoorKey alone: no search stands behind them yet.
    """

    demonstrations: str = "expert:256"  # episodes of the world's expert, or the folder of a Minari dataset

    def __post_init__(self) -> None:
        super().__post_init__()
        check_source(self.demonstrations)
        if not self.demonstrations:
            raise OutriderError(
                "learner setting demonstrations is empty; name a dataset's folder, or write expert:256"
            )


@dataclass(frozen=True)
class DAggerSettings(ImitationSettings):
    """DAgger (Ross et al. 2011): the learner acts, the expert says what it would have done, all of it is learned from.

    The defaults were tried on DoorKey alone: no search stands behind them yet.
    """

    capacity: int = 200_000  # labelled steps that are kept; the oldest go first
    assisted: float = 0.1  # share of the run's steps over which the expert's part of the actions falls to 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.assisted > 1:
            raise OutriderError(f"learner setting assisted is {self.assisted!r}; it must be at most 1")
        if self.capacity < self.batch:
            raise OutriderError(
                f"learner setting capacity = {self.capacity} must hold the steps of an update, "
                f"envs * rollout = {self.batch}; raise it"
            )
