"""NovelD: pays for crossing from what is known to what is not, once an episode."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from outrider.explore.counts import episodic
from outrider.explore.learned import moves
from outrider.explore.rnd import Distilled, rnd, surprise
from outrider.explore.signal import Ground, Signal
from outrider.types import Trajectory


def noveld(ground: Ground, alpha: float = 0.5) -> Signal:
    """`max(novelty(reached) - alpha * novelty(left), 0)` at the first visit of an episode; novelty is RND's surprise.

    Source: Zhang et al. 2021, eq. 3 (alpha 0.5); visits are counted by what is seen, as there. As RND's, it
    wants `normalise` around it.
    """
    inner = rnd(ground)

    def bonus(state: Distilled, trajectory: Trajectory) -> Float[Array, "T B"]:
        shown = moves(ground, state.pupil.seen, trajectory)
        # The published novelty is the norm of the difference, not its square.
        left, reached = (
            jnp.sqrt(2 * surprise(state.target, state.pupil.networks, rows) + 1e-12)
            for rows in (shown.before, shown.after)
        )
        return shown.weight * jnp.maximum(reached - alpha * left, 0.0)

    return episodic(inner._replace(bonus=bonus), ground)
