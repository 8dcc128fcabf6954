"""A learner for host worlds: PPO whose batch is never stepped by itself, since the host does that."""

from __future__ import annotations

from typing import Any, cast

import jax
from jax.flatten_util import ravel_pytree

from outrider.agents.actor_critic import ActorCritic
from outrider.agents.rows import RowFeatures
from outrider.explore.registry import build
from outrider.explore.signal import Ground
from outrider.guide.atlas import empty_atlas
from outrider.learn.collect import Sight
from outrider.learn.diary import start
from outrider.learn.host_words import CODES
from outrider.learn.ppo import PPO, Learner
from outrider.learn.rates import Rates
from outrider.learn.settings import Settings
from outrider.ops.keys import apart
from outrider.types import Key
from outrider.worlds.batch import Batch
from outrider.worlds.host import HostWorlds
from outrider.worlds.world import World

_none: Any = ()
NOWHERE = Sight(_none, _none, _none)  # worlds and sights stay on the host


def learner_for(worlds: HostWorlds, settings: Settings, updates: int, signal: str = "none") -> PPO:
    """PPO for host worlds."""
    features = RowFeatures(worlds.row)
    paid = build(signal, Ground(settings.envs, features, features.size, worlds.actions.space))
    return PPO(Batch(cast(World, worlds), settings.envs, 1, worlds.solved_above), settings, paid, updates)


def init(ppo: PPO, worlds: HostWorlds, key: Key) -> Learner:
    """A learner before its first step."""
    s = ppo.settings
    network_key, key = jax.random.split(key)
    network = network_of(worlds, s, network_key)
    rates = Rates.of(s)
    optimiser = ppo._optimiser(rates).init(ravel_pytree(network)[0])
    codes = CODES if worlds.teller else 1  # only silence
    signal = ppo.signal.init(apart(key), empty_atlas(codes))
    return Learner(network, optimiser, _none, NOWHERE, signal, start(codes), rates, key)


def network_of(worlds: HostWorlds, settings: Settings, key: Key) -> ActorCritic:
    """The network for a host world's rows and actions."""
    s, features = settings, RowFeatures(worlds.row)
    return ActorCritic(key, features, worlds.actions.space, s.width, s.depth, s.encoder, s.memory)
