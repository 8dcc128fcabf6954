"""Host worlds: Gymnasium's vector environments and envpool's, many copies each, behind one small face.

`send` hands the actions over and `receive` waits for what came of them, so that several groups of copies can be kept
busy at once. A copy whose episode ended starts anew by itself, in one of two ways. Within the step (Gymnasium's
SAME_STEP, and DISABLED, where this adapter resets): the sight is the next episode's, and `final` holds the ended one's.
Or in an extra step whose action is ignored (NEXT_STEP; envpool): that step is `idle`, and the sight before it was the
ended episode's own.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np

from outrider.errors import OutriderError
from outrider.worlds.spaces import CODED, Actions, Row, actions, row

T = TypeVar("T")
WORKERS = "+workers"  # a Gymnasium world's option: each copy in a process of its own


class Turn(NamedTuple):
    """What one step of `n` copies leads to, `[n, ...]`."""

    rows: np.ndarray  # what the next action sees
    reward: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    idle: np.ndarray  # the action was ignored: the step only began an episode
    fresh: np.ndarray  # `rows` begins an episode
    final: (
        np.ndarray | None
    )  # rows of the episodes that ended here, where `rows` are the next ones'; others' are 0


class HostWorlds(Protocol):
    """Copies of one world on the host. `row` and `actions` say what the numbers mean."""

    id: str
    copies: int
    idles: bool  # some steps may only begin an episode
    row: Row
    actions: Actions

    def reset(self, seed: int) -> np.ndarray:
        """The first sight of every copy, `[n, width]`; again with a seed, the same again, where the world allows."""
        ...

    def send(self, action: np.ndarray) -> None: ...
    def receive(self) -> Turn: ...
    def close(self) -> None: ...


@dataclass
class GymnasiumWorlds:
    """A Gymnasium vector environment of any autoreset mode. Errors: no known mode, spaces that do not fit."""

    env: Any  # gymnasium.vector.VectorEnv
    id: str

    def __post_init__(self) -> None:
        from gymnasium.vector import AsyncVectorEnv, AutoresetMode

        self.copies = self.env.num_envs
        self.row, self.actions = _spaces(self.env, self.id)
        self._mode = self.env.metadata.get("autoreset_mode")
        if not isinstance(self._mode, AutoresetMode):
            raise OutriderError(
                f"world {self.id} does not say how it starts anew (autoreset_mode is {self._mode!r}); "
                "use a vector environment of Gymnasium 1.1 or later"
            )
        self._waits = isinstance(self.env, AsyncVectorEnv)
        self._same = self._mode == AutoresetMode.SAME_STEP
        self._disabled = self._mode == AutoresetMode.DISABLED
        self.idles = self._mode == AutoresetMode.NEXT_STEP

    def reset(self, seed: int) -> np.ndarray:
        obs, _ = _guarded(self.id, lambda: self.env.reset(seed=seed))
        self._ended = np.zeros(self.copies, bool)
        return self._rows(obs)

    def send(self, action: np.ndarray) -> None:
        said = self.actions.say(action)
        if self._waits:
            _guarded(self.id, lambda: self.env.step_async(said))
        self._said = said

    def receive(self) -> Turn:
        step = self.env.step_wait if self._waits else lambda: self.env.step(self._said)
        obs, reward, terminated, truncated, info = _guarded(self.id, step)
        ended, final = terminated | truncated, None
        if self._same or self._disabled:
            idle, fresh = np.zeros(self.copies, bool), ended
            if ended.any() and self._same:
                final = self._finals(info["final_obs"], ended)
            elif ended.any():
                final = self._rows(obs)
                obs, _ = _guarded(self.id, lambda: self.env.reset(options={"reset_mask": ended.copy()}))
        else:
            idle = fresh = self._ended
        self._ended = ended
        return Turn(self._rows(obs), np.asarray(reward), terminated, truncated, idle, fresh, final)

    def close(self) -> None:
        try:
            self.env.close(**({"terminate": True} if self._waits else {}))
        except (EOFError, OSError):  # one of its processes has died before
            for process in self.env.processes:
                process.terminate()
            self.env.closed = True

    def _rows(self, obs: Any) -> np.ndarray:
        out = np.empty((self.copies, self.row.width), self.row.dtype)
        self.row.write(obs, out)
        return out

    def _finals(self, given: Any, ended: np.ndarray) -> np.ndarray:
        out = np.zeros((self.copies, self.row.width), self.row.dtype)
        for copy in np.flatnonzero(ended):
            self.row.write(given[copy], out[copy : copy + 1])
        return out


@dataclass
class EnvpoolWorlds:
    """envpool's copies, stepped by its C++ threads between `send` and `receive`.

    envpool tells a step that both terminates and reaches the time limit as truncated. The seed is fixed when it is
    made: `reset` with the same seed after steps begins other episodes.
    """

    make: Callable[[int], Any]  # from a seed
    id: str
    copies: int
    idles: bool = True

    def __post_init__(self) -> None:
        self._env: Any = None
        made = self.make(0)
        self.row, self.actions = _spaces(made, self.id)

    def reset(self, seed: int) -> np.ndarray:
        self._env = _guarded(self.id, lambda: self.make(seed))
        obs, _ = _guarded(self.id, self._env.reset)
        self._ended = np.zeros(self.copies, bool)
        return self._rows(obs)

    def send(self, action: np.ndarray) -> None:
        _guarded(self.id, lambda: self._env.send(self.actions.say(action)))

    def receive(self) -> Turn:
        obs, reward, terminated, truncated, _ = _guarded(self.id, self._env.recv)
        idle, self._ended = self._ended, terminated | truncated
        return Turn(self._rows(obs), reward, terminated, truncated, idle, idle, None)

    def close(self) -> None:
        if self._env is not None:
            self._env.close()

    def _rows(self, obs: Any) -> np.ndarray:
        out = np.empty((self.copies, self.row.width), self.row.dtype)
        self.row.write(obs, out)
        return out


def make(world_id: str, copies: int, groups: int = 1) -> HostWorlds:
    """`copies` of `envpool/NAME` or `gymnasium/NAME`, one of `groups` that share this machine's cores.

    Errors: unknown family or name, an extra that is not installed, spaces that do not fit.
    """
    family, _, name = world_id.partition("/")
    if family not in FAMILIES:
        raise OutriderError(f"no host world {world_id!r}; host worlds are {' or '.join(FAMILIES)}/NAME")
    return FAMILIES[family](world_id, name, copies, groups)


def _gymnasium(world_id: str, name: str, copies: int, groups: int) -> HostWorlds:
    gym = _package("gymnasium", world_id)
    if name.startswith(CODED):
        _package("minigrid", world_id)  # which registers them
    from gymnasium.vector import AutoresetMode

    options: dict[str, Any] = {"autoreset_mode": AutoresetMode.SAME_STEP}
    if workers := name.endswith(WORKERS):
        options["context"] = "spawn"  # jax has threads, which a fork would tear
    kind = "async" if workers else "sync"
    env = _guarded(
        world_id,
        lambda: gym.make_vec(
            name.removesuffix(WORKERS), copies, vectorization_mode=kind, vector_kwargs=options
        ),
    )
    return GymnasiumWorlds(env, world_id)


def _envpool(world_id: str, name: str, copies: int, groups: int) -> HostWorlds:
    envpool = _package("envpool", world_id)
    if name not in envpool.list_all_envs():
        near = difflib.get_close_matches(name, envpool.list_all_envs(), n=3, cutoff=0.4)
        raise OutriderError(
            f"envpool has no world {name!r}" + (f"; did you mean {' or '.join(near)}?" if near else "")
        )
    threads = max(1, (os.cpu_count() or 1) // groups)

    def build(seed: int) -> Any:
        return envpool.make(name, env_type="gymnasium", num_envs=copies, num_threads=threads, seed=seed)

    return EnvpoolWorlds(build, world_id, copies)


FAMILIES = {"gymnasium": _gymnasium, "envpool": _envpool}


def _package(name: str, world_id: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise OutriderError(
            f"world {world_id} needs the package {name} ({error}); "
            + ("pip install minigrid" if name == "minigrid" else "pip install 'outrider[host]'")
        ) from None


def _spaces(env: Any, world_id: str) -> tuple[Row, Actions]:
    return row(env.single_observation_space, world_id), actions(env.single_action_space, world_id)


def _guarded(world_id: str, call: Callable[[], T]) -> T:
    """What the environment returns. Errors: whatever it raises, in one line."""
    try:
        return call()
    except OutriderError:
        raise
    except Exception as error:
        told = " ".join(str(error).split()) or "no message"
        raise OutriderError(
            f"world {world_id} failed: {type(error).__name__}: {told}; mend the environment, or try another"
        ) from error
