"""Finds the first number of an update that is not finite, so that training stops there and says whose it is.

On the device a few reductions an update over what the world and the signal gave, and one over the parameters. The
world comes first: a reward that is not finite makes a loss that is not, so the loss is blamed only where nothing before
it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int

from outrider.errors import OutriderError
from outrider.learn.collect import Rollout
from outrider.learn.diary import Line
from outrider.learn.team import Team

NEVER = np.iinfo(np.int32).max
# What can be at fault at one time step, in the order in which it comes about, and what to do about it.
MEND = {
    "observation": "mend the world",
    "reward": "mend the world",
    "bonus": "mend the signal or its weights",
    "loss": "lower learning_rate",
    "network": "lower learning_rate",
}
KINDS = tuple(MEND)


def first(
    team: Team,
    rollout: Rollout,
    bonus: Float[Array, "T B"],
    loss: Float[Array, ""],
    network: object,
) -> Int[Array, ""]:
    """What is first not finite in an update, as 1 + number of kinds * step of the rollout + kind; 0 for nothing.

    The observation of step t is that before its action; step T is what the rollout ended in, and what was learned: the
    `network`, an array or a tree of them.
    """
    trajectory = rollout.trajectory
    end = jnp.int32(len(trajectory.reward))
    last = (rollout.end.obs, rollout.cut.obs)
    found = [
        (0, _first_row(trajectory.obs)),
        (0, jnp.where(_all_finite(last), NEVER, end)),
        (1, _first_row(trajectory.reward)),
        (2, _first_row(bonus)),
        (3, jnp.where(jnp.isfinite(loss), NEVER, end)),
        (4, jnp.where(_all_finite(ravel_pytree(network)[0]), NEVER, end)),
    ]
    codes = jnp.stack([jnp.where(t == NEVER, NEVER, 1 + len(KINDS) * t + kind) for kind, t in found])
    code = team.least(codes.min())
    return jnp.where(code == NEVER, 0, code)


def refuse(lines: Line, seeds: Sequence[int], envs: int, rollout: int, then: str) -> None:
    """Stop where a line `[seeds, updates]` tells of a fault: an error with the learner, environment step and `then`.

    `envs` and `rollout` are those of the settings. A reward belongs to the steps that it was paid for, an observation
    to those before it.
    """
    bad = lines.fault > 0
    if not bad.any():
        return
    seed, update = np.argwhere(bad)[np.argmin(np.argwhere(bad)[:, 1])]
    t, kind = divmod(int(lines.fault[seed, update]) - 1, len(KINDS))
    t = min(t + (KINDS[kind] in ("reward", "bonus")), rollout)
    step = int(lines.steps[seed, update]) - (rollout - t) * envs
    raise OutriderError(
        f"the {KINDS[kind]} of seed {seeds[seed]} is not finite at step {step}: {MEND[KINDS[kind]]}; {then}"
    )


def _first_row(tree: object) -> Int[Array, ""]:
    """The first index along the leading axis at which a number is not finite."""
    rows = [
        jnp.where(~jnp.isfinite(leaf).reshape(len(leaf), -1).all(axis=1), jnp.arange(len(leaf)), NEVER).min()
        for leaf in _floats(tree)
    ]
    return jnp.stack(rows).min().astype(jnp.int32) if rows else jnp.int32(NEVER)


def _all_finite(tree: object) -> Array:
    return jnp.all(jnp.stack([jnp.isfinite(leaf).all() for leaf in _floats(tree)] or [jnp.bool_(True)]))


def _floats(tree: object) -> list[Array]:
    """The leaves that can hold such a number at all: not bytes or integers."""
    return [leaf for leaf in jax.tree.leaves(tree) if jnp.issubdtype(leaf.dtype, jnp.floating) and leaf.size]
