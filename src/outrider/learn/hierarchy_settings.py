"""Hyperparameters of the hierarchy. No jax: plans are checked against these names and types."""

from __future__ import annotations

from dataclasses import dataclass

from outrider.errors import OutriderError
from outrider.learn.settings import RolloutSettings


@dataclass(frozen=True)
class HierarchySettings(RolloutSettings):
    """PPO twice: for the manager that chooses subgoals, and for the worker that reaches them.

    What begins with `manager_` is the manager's own, the rest holds for both; PPO's defaults. No search stands behind
    them yet.
    """

    envs: int = 64  # copies of the world that a learner steps together
    rollout: int = 64  # environment steps of each copy between two updates
    option_steps: int = 32  # environment steps after which an option ends, reached or not
    epochs: int = 4
    minibatches: int = 4
    learning_rate: float = 2e-3
    manager_learning_rate: float = 1e-3
    anneal: bool = True  # both learning rates fall linearly to 0
    discount: float = 0.99  # of one environment step, also within the manager's options
    trace: float = 0.95  # lambda of the advantage estimator; the manager's from option to option
    clip: float = 0.2
    entropy: float = 0.01
    manager_entropy: float = 0.05  # with 0.01 some managers settle on one subgoal before they are paid at all
    value_weight: float = 0.5
    gradient_norm: float = 0.5  # of the whole gradient, of each half
    width: int = 64
    depth: int = 2
    encoder: str = "flat"  # "convolutional": convolutions over the view, in each half
    cells: str = "planes"  # how a cell becomes numbers: "planes", one a class of tiles, or "numbers"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.batch % self.minibatches:
            raise OutriderError(
                f"envs * rollout = {self.batch} is not divisible by minibatches = {self.minibatches}; "
                "change one of them"
            )

    @property
    def learners(self) -> int:
        """The hierarchy has no synchronous learners yet."""
        return 1
