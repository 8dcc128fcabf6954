"""Whether a learner can be what it is asked to be in a world, told before anything is made. No jax."""

from __future__ import annotations

from outrider.errors import OutriderError
from outrider.explore.names import parse
from outrider.learn.algorithms import AnySettings, algorithm_of
from outrider.learn.host_fit import check_host
from outrider.learn.imitation_settings import BCSettings, DAggerSettings, ImitationSettings
from outrider.learn.settings import Settings, expert_episodes
from outrider.worlds.names import check_expert, is_host


def check_together(world_id: str, settings: AnySettings, signal: str, engine: str = "") -> None:
    """Refuse what can only fail once training begins. Errors: as `check_host` and `check_paid`; an expert where the
    world has none, whom a signal may ask for the way, too."""
    if is_host(world_id):
        check_host(world_id, settings, signal, engine)
        return
    check_paid(settings, signal)
    if wants_expert(settings) or parse(signal).ways:
        check_expert(world_id)


def check_paid(settings: AnySettings, signal: str) -> None:
    """Refuse a signal to who learns from no reward."""
    if isinstance(settings, ImitationSettings) and signal != "none":
        raise OutriderError(
            f"{algorithm_of(settings)} learns from what it is shown and not from rewards: leave signal {signal} out"
        )


def wants_expert(settings: AnySettings) -> bool:
    """Whether the world's expert is asked, for demonstrations or for advice."""
    if isinstance(settings, Settings | BCSettings):
        return bool(expert_episodes(settings.demonstrations))
    return isinstance(settings, DAggerSettings)
