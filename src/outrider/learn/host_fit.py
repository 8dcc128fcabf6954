"""Whether a host world's learner can be what it is asked to be, told before anything is made. No jax."""

from __future__ import annotations

from outrider.errors import OutriderError
from outrider.explore.names import parse
from outrider.guide.growing import check_engine
from outrider.learn.algorithms import AnySettings, algorithm_of
from outrider.learn.settings import Settings


def check_host(world_id: str, settings: AnySettings, signal: str, engine: str = "") -> Settings:
    """The settings, which a host world's learner can have. Errors: an algorithm, encoder, team or signal that it lacks,
    demonstrations, an engine that cannot be asked as sentences come."""
    if not isinstance(settings, Settings):
        raise OutriderError(
            f"world {world_id} runs on the host, where agents learn by ppo, not {algorithm_of(settings)}; "
            "leave the algorithm out"
        )
    if settings.demonstrations:
        raise OutriderError(
            f"world {world_id} runs on the host, and demonstrations are of device worlds; leave "
            "--learner.demonstrations out"
        )
    if parse(signal).situations:
        raise OutriderError(
            f"signal `{signal}` looks at situations, which host worlds' learners do not read; use observation counts"
        )
    if parse(signal).ways:
        raise OutriderError(
            f"signal `{signal}` measures the way that is left, which no host world can tell; "
            "choose a world of minigrid/"
        )
    if settings.encoder == "convolutional":
        raise OutriderError(
            "learner setting encoder = convolutional needs a grid, host worlds have rows; use flat"
        )
    if settings.learners > 1:
        raise OutriderError(
            f"learner setting learners = {settings.learners} is for device worlds; host worlds take 1"
        )
    if engine:
        check_engine(world_id, engine)
    return settings
