"""A learner of host worlds between two of its parts: collecting a rollout, learning from it, acting by what it learned.

Training takes the parts in turn (`host.py`), and `outrider bench` times each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from outrider.errors import OutriderError
from outrider.explore.names import parse
from outrider.learn.act import Actor, actor_of
from outrider.learn.collect import Rollout
from outrider.learn.diary import Line
from outrider.learn.host_collect import Before, Group, Pages, begin, collect, pages
from outrider.learn.host_learner import NOWHERE, init, learner_for
from outrider.learn.host_words import Ask, GrowingAtlas
from outrider.learn.ppo import PPO, Learner
from outrider.learn.settings import Settings
from outrider.types import Key
from outrider.worlds import host
from outrider.worlds.host import HostWorlds
from outrider.worlds.host.captions import Teller

GROUPS = 2
Make = Callable[[str, int, int], HostWorlds]  # a world's id, copies, groups that share the machine


@dataclass
class HostLoop:
    """What changes from part to part of one learner's training, and what its parts are made of."""

    ppo: PPO
    learner: Learner
    actor: Actor
    groups: list[Group]
    leaves: list[Pages]  # two: one is learned from while the other is filled
    step: Callable[[Learner, Rollout], tuple[Learner, Line, Array]]
    atlas: GrowingAtlas | None  # where the signal pays events
    teller: Teller | None  # of a world that speaks
    newest: Float[Array, "P"]  # parameters after the last update
    acting: Float[Array, "P"]  # those that act
    key: Key
    seed: int
    devices: tuple[Any, Any]  # where it acts and where it learns
    collected: int = 0  # rollouts so far
    idle: int = 0  # of all steps, those that only began an episode

    def collect(self) -> Rollout:
        """The next rollout, by the parameters that act. Errors: as `host_collect.collect`."""
        settings, page = self.ppo.settings, self.leaves[self.collected % 2]
        before = Before(self.collected * settings.batch, settings.envs, self.seed)
        key = jax.device_put(jax.random.fold_in(self.key, self.collected), self.devices[0])
        rollout = collect(self.actor, self.acting, self.groups, page, key, before)
        self.collected += 1
        self.idle += int(page.idle.sum())
        return rollout

    def learn(self, rollout: Rollout) -> Line:
        """Begin an update, with the answers about what was new in the rollout; its line is there when it is over."""
        if self.atlas and (grown := self.atlas.grown()):
            told = self.ppo.signal.told(self.learner.signal, jax.device_put(grown, self.devices[1]))
            self.learner = self.learner._replace(signal=told)
        self.learner, line, self.newest = self.step(self.learner, rollout)
        return line

    def renew(self) -> None:
        """From now on act by what was learned."""
        self.acting = jax.device_put(self.newest, self.devices[0])


def make_groups(make: Make, world_id: str, envs: int) -> list[HostWorlds]:
    """The copies, in groups that take turns. Errors: as `make`."""
    size = group_size(envs)
    return [make(world_id, size, envs // size) for _ in range(envs // size)]


def group_size(envs: int) -> int:
    """Copies of each group."""
    return envs // GROUPS if envs % GROUPS == 0 else envs


def open_loop(
    worlds: list[HostWorlds],
    settings: Settings,
    seed: int,
    updates: int,
    signal: str,
    overlap: bool,
    ask: Ask,
) -> HostLoop:
    """A learner before its first rollout. With `overlap` it learns where nobody acts."""
    teller = one_teller(worlds, signal)
    acts, learns = jax.devices()[0], jax.devices()[-1 if overlap else 0]
    ppo = learner_for(worlds[0], settings, updates, signal)
    own_key, act_key, world_key = jax.random.split(jax.random.key(seed), 3)
    learner = jax.device_put(init(ppo, worlds[0], own_key), learns)
    drawn = jax.random.randint(world_key, (len(worlds),), 0, 2**30).tolist()
    groups = begin(worlds, [learner.network.start(one.copies) for one in worlds], drawn, parse(signal).events)

    def learn(learner: Learner, rollout: Rollout) -> tuple[Learner, Line, Array]:
        key, learn_key = jax.random.split(learner.key)
        learner, line = ppo.learn(learner._replace(key=key), rollout, learn_key)
        return learner._replace(sight=NOWHERE), line, ravel_pytree(learner.network)[0]

    newest = ravel_pytree(learner.network)[0]
    return HostLoop(
        ppo=ppo,
        learner=learner,
        actor=actor_of(learner.network),
        groups=groups,
        leaves=[pages(groups, settings.rollout, parse(signal).looks) for _ in range(2)],
        step=jax.jit(learn, donate_argnums=0),
        atlas=_atlas(teller, ask) if teller and parse(signal).events else None,
        teller=teller,
        newest=newest,
        acting=jax.device_put(newest, acts),
        key=act_key,
        seed=seed,
        devices=(acts, learns),
    )


def make_for(signal: str) -> Make:
    """How worlds are made for a signal: silent, and so much the faster, where it reads no captions."""
    if parse(signal).events:
        return host.make
    return lambda world_id, copies, groups: host.make(world_id, copies, groups, captions=False)


def one_teller(worlds: list[HostWorlds], signal: str) -> Teller | None:
    """The first group's, whose words all groups share. Errors: a signal, and a world that says nothing."""
    teller = worlds[0].teller
    if teller is None and parse(signal).events:
        raise OutriderError(
            f"signal {signal} pays captioned events, and world {worlds[0].id} says nothing; use signal none, or a "
            "world that speaks, such as envpool/MiniGrid-DoorKey-8x8-v0"
        )
    for other in worlds[1:]:
        other.teller = teller.fellow(other.copies) if teller else None
    return teller


def mission_of(teller: Teller) -> str:
    """The mission of the copies, if they have one in common, else ""."""
    missions = set(teller.missions())
    return missions.pop() if len(missions) == 1 else ""


def _atlas(teller: Teller, ask: Ask) -> GrowingAtlas:
    """An atlas without answers yet."""
    return GrowingAtlas(teller.captioner.events, mission_of(teller), ask)
