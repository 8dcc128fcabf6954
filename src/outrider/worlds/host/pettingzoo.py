"""PettingZoo's parallel worlds: each agent of each copy is a row, so that one policy plays all of them.

An agent that leaves early has idle rows, which show its last sight, until its copy starts anew. That happens within the
step in which the last agent leaves.
"""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from outrider.errors import OutriderError
from outrider.worlds.host.captions import HostCaptioner
from outrider.worlds.host.face import Turn, drawn, guarded, package
from outrider.worlds.host.gymnasium import PICTURE
from outrider.worlds.spaces import actions, row

# Where the worlds of a family are: MPE has moved to a package of its own.
FAMILIES = {
    "mpe2": "mpe2",
    "butterfly": "pettingzoo.butterfly",
    "sisl": "pettingzoo.sisl",
    "classic": "pettingzoo.classic",
}


@dataclass
class PettingZooWorlds:
    """`worlds` copies of a parallel world, stepped one after another. Errors: agents that differ in their spaces.

    Rows are ordered by copy, then by agent in the order of `possible_agents`. A team's rows all begin at once.
    """

    make: Callable[[], Any]  # one pettingzoo.ParallelEnv
    id: str
    worlds: int
    idles: bool = True
    teller: None = None  # these worlds say nothing
    solved_above: float = 0.0

    def __post_init__(self) -> None:
        self.envs = [guarded(self.id, self.make) for _ in range(self.worlds)]
        self.agents = tuple(self.envs[0].possible_agents)
        self.copies = self.worlds * len(self.agents)
        first = self.envs[0]
        sights = [first.observation_space(agent) for agent in self.agents]
        deeds = [first.action_space(agent) for agent in self.agents]
        for agent, sight, deed in zip(self.agents, sights, deeds, strict=True):
            if sight != sights[0] or deed != deeds[0]:
                raise OutriderError(
                    f"world {self.id} has agents that differ: {self.agents[0]} has {sights[0]} and {deeds[0]}, "
                    f"{agent} {sight} and {deed}; pad them to be alike (supersuit does), or take another world"
                )
        self.row, self.actions = row(sights[0], self.id), actions(deeds[0], self.id)

    def reset(self, seed: int) -> np.ndarray:
        """Copy `i` begins with seed `seed + i`, and draws its later episodes from there."""
        self._rows = np.zeros((self.copies, self.row.width), self.row.dtype)
        self._idle = np.ones(self.copies, bool)  # of agents that have left
        self._places: list[dict[str, int]] = [{} for _ in self.envs]  # rows of those that have not
        for which in range(self.worlds):
            self._begin(which, seed + which)
        return self._rows.copy()

    def send(self, action: np.ndarray) -> None:
        self._said = self.actions.say(action)

    def receive(self) -> Turn:
        n, team, idle = self.copies, len(self.agents), self._idle.copy()
        reward, terminated, truncated = np.zeros(n, np.float32), np.zeros(n, bool), np.zeros(n, bool)
        fresh, final, over = np.zeros(n, bool), None, False
        for which, (env, places) in enumerate(zip(self.envs, self._places, strict=True)):
            said = {agent: self._said[place] for agent, place in places.items()}
            obs, rewards, terms, truncs, _ = guarded(self.id, lambda env=env, said=said: env.step(said))
            self._write(obs, places)
            for agent, place in places.items():
                reward[place] = rewards.get(agent, 0.0)
            here = env.agents
            if len(here) == len(places) and not (any(terms.values()) or any(truncs.values())):
                continue
            final = np.zeros_like(self._rows) if final is None else final
            for agent, place in tuple(places.items()):
                ended = terms.get(agent, False)
                if (
                    ended or truncs.get(agent, False) or agent not in here
                ):  # its end is not known where nobody says
                    terminated[place], truncated[place] = ended, not ended
                    final[place], self._idle[place] = self._rows[place], True
                    del places[agent]
            if not places:
                self._begin(which, None)
                fresh[which * team : which * team + team] = over = True
        return Turn(self._rows.copy(), reward, terminated, truncated, idle, fresh, final if over else None)

    def render(self, copy: int = 0) -> np.ndarray:
        """A picture of the world in which a row's agent is."""
        return drawn(self.id, self.envs[copy // len(self.agents)].render)

    def close(self) -> None:
        for env in self.envs:
            env.close()

    def _begin(self, which: int, seed: int | None) -> None:
        obs, _ = guarded(self.id, lambda: self.envs[which].reset(seed=seed))
        at = which * len(self.agents)
        places = {agent: at + k for k, agent in enumerate(self.agents) if agent in obs}
        self._idle[list(places.values())] = False
        self._places[which] = places
        self._write(obs, places)

    def _write(self, obs: dict[str, Any], places: dict[str, int]) -> None:
        for agent, place in places.items():
            if agent not in obs:
                continue
            if self.row.whole:
                self._rows[place] = obs[agent].reshape(-1)
            else:
                self.row.write(obs[agent], self._rows[place : place + 1])


def names() -> list[str]:
    """The numbered worlds of the families that are installed, as FAMILY/NAME."""
    package("pettingzoo", "pettingzoo/FAMILY/NAME", "multi")
    within = {family: find_spec(module.partition(".")[0]) for family, module in FAMILIES.items()}
    return [f"{family}/{name}" for family, found in within.items() if found for name in _known(family)]


def _known(family: str) -> list[str]:
    folder = package(FAMILIES[family], f"pettingzoo/{family}/NAME", "multi").__path__
    return [module.name for module in pkgutil.iter_modules(folder) if _numbered(module.name)]


def build(
    world_id: str, name: str, copies: int, groups: int, captioner: HostCaptioner | None
) -> PettingZooWorlds:
    """`pettingzoo/FAMILY/NAME`, such as `pettingzoo/mpe2/simple_spread_v3`: `copies` rows, whole worlds of agents.

    Errors: unknown family or name, a world in turns, `copies` that no number of whole worlds fills.
    """
    package("pettingzoo", world_id, "multi")
    family, _, short = name.partition("/")
    if family not in FAMILIES:
        near = difflib.get_close_matches(family, FAMILIES, n=2) or list(FAMILIES)
        raise OutriderError(f"PettingZoo has no family {family!r}; did you mean {' or '.join(near)}?")
    known = _known(family)
    if short not in known:
        near = difflib.get_close_matches(short, known, n=3, cutoff=0.4) or known[:4]
        raise OutriderError(f"PettingZoo has no world {name!r}; did you mean {' or '.join(near)}?")
    module = guarded(world_id, lambda: import_module(f"{FAMILIES[family]}.{short}"))
    make = getattr(module, "parallel_env", None)
    if make is None:
        raise OutriderError(
            f"world {world_id} is played in turns (it has no parallel_env); take one whose agents act at once"
        )
    first = guarded(world_id, make)
    agents = len(first.possible_agents)
    if PICTURE in first.metadata.get("render_modes", ()):
        make = partial(make, render_mode=PICTURE)
    first.close()
    if copies % agents:
        raise OutriderError(
            f"world {world_id} has {agents} agents, each a copy; {copies} copies are no whole number of worlds: "
            f"take a multiple of {agents}"
        )
    return PettingZooWorlds(make, world_id, copies // agents)


def _numbered(name: str) -> bool:
    return name.rpartition("_v")[2].isdigit()
