"""envpool's worlds: many copies, stepped by C++ threads."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from outrider.errors import OutriderError
from outrider.worlds.host.captions import HostCaptioner, Teller
from outrider.worlds.host.face import Turn, drawn, guarded, just_below, package
from outrider.worlds.host.grids import GridCaptioner
from outrider.worlds.spaces import CODED, spaces_of


@dataclass
class EnvpoolWorlds:
    """envpool's copies, stepped by its C++ threads between `send` and `receive`.

    envpool tells a step that both terminates and reaches the time limit as truncated. The seed is fixed when it is
    made: `reset` with the same seed after steps begins other episodes.
    """

    make: Callable[[int], Any]  # from a seed
    id: str
    copies: int
    captioner: HostCaptioner | None = None
    idles: bool = True

    def __post_init__(self) -> None:
        self._env: Any = None
        self.teller = Teller(self.captioner, self.copies, later=True) if self.captioner else None
        made = self.make(0)
        self.solved_above = just_below(getattr(made.spec.config, "reward_threshold", None))
        self.row, self.actions = spaces_of(made, self.id)
        self._name, ids = _action_name(made), np.arange(self.copies, dtype=np.int32)
        # Said with every action: else envpool works out anew whose it is, which takes as long as a twentieth of a step.
        self._whose = {"env_id": ids, "players": {"env_id": ids}}
        if self._name:
            self.actions = replace(self.actions, dtype=made.spec.action_array_spec[self._name].dtype.name)

    def reset(self, seed: int) -> np.ndarray:
        self._env = guarded(self.id, lambda: self.make(seed))
        obs, info = guarded(self.id, self._env.reset)
        self._ended = np.zeros(self.copies, bool)
        if self.teller:
            self.teller.begin(obs, info)
        return self._rows(obs)

    def send(self, action: np.ndarray) -> None:
        self._said = self.actions.say(action)
        given = np.array(self._said, order="C")  # its own: envpool's threads read it, and want it writeable
        if self._name:
            given = {**self._whose, self._name: given}
        guarded(self.id, lambda: self._env.send(given))
        if self.teller:
            self.teller.catch_up()

    def receive(self) -> Turn:
        obs, reward, terminated, truncated, info = guarded(self.id, self._env.recv)
        idle, self._ended = self._ended, terminated | truncated
        said = self.teller and self.teller.hear(self._said, obs, info, idle)
        return Turn(self._rows(obs), reward, terminated, truncated, idle, idle, None, said)

    def render(self, copy: int = 0) -> np.ndarray:
        return drawn(self.id, lambda: self._env.render([copy])[0])

    def close(self) -> None:
        if self._env is not None:
            self._env.close()

    def _rows(self, obs: Any) -> np.ndarray:
        return self.row.rows(obs, self.copies, own=True)  # envpool's arrays are new in every step


def _action_name(env: Any) -> str:
    """What envpool calls a world's actions, beside whose they are; "" where they are more than one array."""
    names = [name for name in env.spec.action_array_spec if name not in ("env_id", "players.env_id")]
    return names[0] if len(names) == 1 and "." not in names[0] else ""


def names() -> list[str]:
    """envpool's own."""
    return package("envpool", "envpool/NAME", "host").list_all_envs()


def build(
    world_id: str, name: str, copies: int, groups: int, captioner: HostCaptioner | None
) -> EnvpoolWorlds:
    """`envpool/NAME`. Errors: unknown name, near ones suggested."""
    envpool = package("envpool", world_id, "host")
    if name not in envpool.list_all_envs():
        near = difflib.get_close_matches(name, envpool.list_all_envs(), n=3, cutoff=0.4)
        raise OutriderError(
            f"envpool has no world {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else "")
        )
    threads = max(1, (os.cpu_count() or 1) // groups)

    def made(seed: int) -> Any:
        options = {"num_envs": copies, "num_threads": threads, "seed": seed, "render_mode": "rgb_array"}
        return envpool.make(name, env_type="gymnasium", **options)

    if captioner is None and name.startswith(CODED):
        captioner = GridCaptioner()
    return EnvpoolWorlds(made, world_id, copies, captioner)
