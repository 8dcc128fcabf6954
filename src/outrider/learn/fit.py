"""Whether a world and the settings of a learner go together, told before anything is compiled."""

from __future__ import annotations

import math
from typing import get_args

import jax

from outrider.agents.gtrxl import HEADS
from outrider.errors import OutriderError
from outrider.learn.algorithms import AnySettings, algorithm_of
from outrider.learn.hierarchy_settings import HierarchySettings
from outrider.learn.q_settings import QSettings
from outrider.learn.settings import Settings
from outrider.ops.distribution import Continuous, Discrete, Space
from outrider.types import shown_shape
from outrider.worlds.world import World

FLAG_BITS = 32


def check_fit(world: World, settings: AnySettings, timed: bool = True) -> None:
    """Refuse a world that the settings' network cannot see, act in or learn from.

    Errors: a rollout longer than the episodes of a world that is `timed` (a copy is cut off at most once in one),
    convolutions without a view, a width that attention cannot share out, an action space that no policy is written
    for, observations of other shapes than the world says.
    """
    if timed and settings.rollout > world.horizon:
        raise OutriderError(
            f"learner setting rollout = {settings.rollout} is longer than an episode of {world.id} "
            f"({world.horizon} steps); make it at most that"
        )
    if settings.encoder == "convolutional" and not all(world.view):
        raise OutriderError(
            f"learner setting encoder = 'convolutional' needs a view, and {world.id} has none; choose 'flat'"
        )
    if isinstance(settings, Settings) and settings.memory == "gtrxl" and settings.width % HEADS:
        raise OutriderError(
            f"learner setting width = {settings.width} is not divisible by the {HEADS} heads of memory = 'gtrxl'; "
            "change one of them"
        )
    if not isinstance(world.space, get_args(Space)):
        known = ", ".join(space.__name__ for space in get_args(Space))
        raise OutriderError(
            f"the actions of {world.id} are {type(world.space).__name__}; a policy acts in {known}: wrap the world"
        )
    if isinstance(settings, QSettings) and not isinstance(world.space, Discrete):
        raise OutriderError(
            f"{algorithm_of(settings)} values each of a few actions, and {world.id} has none to list; use ppo"
        )
    if isinstance(settings, Settings) and settings.target_entropy:
        _check_target(world, settings.target_entropy)
    if isinstance(settings, HierarchySettings) and not world.flags:
        raise OutriderError(
            f"{algorithm_of(settings)} chooses among the kinds of event that an observation has flags for, and "
            f"{world.id} has none; use ppo"
        )
    if world.flags > FLAG_BITS:
        raise OutriderError(f"{world.id} has {world.flags} kinds of event; at most {FLAG_BITS} have flags")
    obs = jax.eval_shape(lambda: world.reset(jax.random.key(0))[1])
    if obs.vector.dtype == "int32" and (
        obs.grid.size or world.flags or world.vector < 2 or obs.vector.shape != (1,)
    ):
        raise OutriderError(
            f"the vector of {world.id} is int32, which says the place of the only one in a vector without grid and "
            "flags (`Obs`); give float32 or uint8 where numbers are meant"
        )
    length = shown_shape(obs, world.vector)[0]
    found, said = (obs.grid.shape, obs.vector.shape), (world.view, (length,))
    if found != said:
        raise OutriderError(
            f"{world.id} says that it observes a grid and a vector of the shapes {said}, and gives {found}; "
            "mend the world"
        )


def _check_target(world: World, target: float) -> None:
    """Refuse an entropy that no policy of these actions has, or that says nothing about them."""
    space = world.space
    if isinstance(space, Continuous):
        raise OutriderError(
            f"learner setting target_entropy is for actions that can be counted, and those of {world.id} are "
            "continuous; leave it out"
        )
    most = math.log(math.prod([space.n] if isinstance(space, Discrete) else space.sizes))
    if target >= most:
        raise OutriderError(
            f"learner setting target_entropy = {target:g} nats is not below {most:.2f}, that of chance in "
            f"{world.id}; lower it"
        )
