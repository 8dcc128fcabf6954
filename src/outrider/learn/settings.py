"""Hyperparameters of PPO, and what all learners' settings share. No jax: plans are checked against these types."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from outrider.errors import OutriderError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

CELLS = ("planes", "numbers")
ENCODERS = ("flat", "convolutional")
MEMORIES = ("none", "gru", "gtrxl")
WAYS = ("auto", "turns", "together", "devices")  # of `learn/group.py`, how learners share the machine
CHOICES = {"cells": CELLS, "encoder": ENCODERS, "memory": MEMORIES}

MOST_STEPS = 2_000_000_000  # of one run: the device counts them in 32 bits


def check_steps(steps: int) -> None:
    """Refuse a budget of environment steps that cannot be trained."""
    if not 0 < steps <= MOST_STEPS:
        raise OutriderError(f"{steps} environment steps cannot be trained; choose 1 to {MOST_STEPS}")


def expert_episodes(source: str) -> int:
    """How many episodes of the world's expert a source of demonstrations asks for; 0 where it is a folder."""
    who, _, number = source.partition(":")
    return int(number) if who == "expert" and number.isdecimal() else 0


def check_source(source: str) -> None:
    """Refuse what cannot be a source of demonstrations: `expert:256`, a folder, or nothing."""
    if type(source) is not str or (source.partition(":")[0] == "expert" and not expert_episodes(source)):
        raise OutriderError(
            f"learner setting demonstrations is {source!r}; write expert:256 for as many episodes of the world's "
            "expert, or the folder of a Minari dataset"
        )


def check_fields(settings: DataclassInstance) -> None:
    """Refuse values that are not of their field's type and range, whatever the algorithm."""
    for field in fields(settings):
        name, value = field.name, getattr(settings, field.name)
        if field.type == "int" and (type(value) is not int or value < 1):
            raise OutriderError(f"learner setting {name} is {value!r}; it must be an integer of at least 1")
        if field.type == "float" and not (type(value) in (int, float) and 0 <= value < float("inf")):
            raise OutriderError(f"learner setting {name} is {value!r}; it must be a number of at least 0")
        if field.type == "bool" and type(value) is not bool:
            raise OutriderError(f"learner setting {name} is {value!r}; it must be true or false")
        if name in CHOICES and value not in CHOICES[name]:
            raise OutriderError(
                f"learner setting {name} is {value!r}; it must be one of {', '.join(CHOICES[name])}"
            )


def check_shares(envs: int, learners: int, rows: int, what: str, minibatches: int) -> None:
    """Refuse a team that cannot share its copies evenly, or minibatches that cannot share a learner's rows.

    `rows` are the whole team's, and `what` they are.
    """
    if envs % learners:
        raise OutriderError(f"envs = {envs} is not divisible by learners = {learners}; change one of them")
    if (share := rows // learners) % minibatches:
        raise OutriderError(
            f"a learner's share of {what}, {share}, is not divisible by minibatches = {minibatches}; "
            "change one of them"
        )


@dataclass(frozen=True)
class RolloutSettings:
    """What the settings of every learner begin with."""

    envs: int
    rollout: int

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def batch(self) -> int:
        """Environment steps of one update."""
        return self.envs * self.rollout

    def updates(self, steps: int) -> int:
        """Updates that spend at least `steps` environment steps."""
        return -(-steps // self.batch)


@dataclass(frozen=True)
class Settings(RolloutSettings):
    """PPO as in Schulman et al. 2017, with the details of Huang et al. 2022 ("The 37 implementation details").

    Of six candidates the defaults are best for the *unguided* learner over two worlds: docs/decisions/settings.md.
    """

    envs: int = 64  # copies of the world that a learner, or its whole team, steps together
    rollout: int = 64  # environment steps of each copy between two updates
    epochs: int = 4
    minibatches: int = 4
    learning_rate: float = 2e-3
    anneal: bool = True  # learning rate falls linearly to 0
    discount: float = 0.99
    trace: float = 0.95  # lambda of the advantage estimator
    clip: float = 0.2
    entropy: float = 0.01  # weight of the policy's entropy, in nats, in the loss; at the first step
    entropy_share: float = 0.0  # share of the run's steps over which it falls linearly to 0; 0: it stays
    target_entropy: float = 0.0  # nats, to which that weight is steered from update to update; 0: it is not
    entropy_gain: float = 0.1  # of the steering: a nat too little multiplies the weight by exp(0.1) an update
    value_weight: float = 0.5
    gradient_norm: float = 0.5  # of the whole gradient
    width: int = 64
    depth: int = 2
    encoder: str = "flat"  # "convolutional": convolutions over the view before policy and value
    memory: str = "none"  # "gru" or "gtrxl": what an agent keeps from step to step
    learners: int = 1  # synchronous learners, one a device, that share the copies and average their gradients
    demonstrations: str = ""  # to stay near: expert:256, or the folder of a Minari dataset; none where empty
    demonstration_weight: float = 0.1  # of their cross-entropy in the loss, at the first step
    demonstration_share: float = 0.5  # share of the run's steps over which that weight falls linearly to 0
    cells: str = "planes"  # how a cell becomes numbers: "planes", one a class of tiles, or "numbers"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_source(self.demonstrations)
        if self.demonstrations and self.memory != "none":
            raise OutriderError(
                f"learner setting memory = {self.memory!r} and demonstrations exclude each other: they are learned "
                "from step by step, without what came before; leave one out"
            )
        for name in ("demonstration_share", "entropy_share"):
            if (value := getattr(self, name)) > 1:
                raise OutriderError(f"learner setting {name} is {value!r}; it must be at most 1")
        if self.target_entropy and (self.entropy_share or not self.entropy or not self.entropy_gain):
            raise OutriderError(
                f"learner setting target_entropy = {self.target_entropy!r} steers the weight entropy, which must be "
                "above 0, as must entropy_gain, and may not have an entropy_share; mend one of them"
            )
        rows, what = (self.batch, "envs * rollout") if self.memory == "none" else (self.envs, "envs")
        check_shares(self.envs, self.learners, rows, what, self.minibatches)
