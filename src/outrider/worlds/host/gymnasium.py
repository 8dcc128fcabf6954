"""Gymnasium's vector environments as host worlds, in every autoreset mode."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from outrider.errors import OutriderError
from outrider.worlds.host.captions import HostCaptioner, Last, Teller
from outrider.worlds.host.face import Turn, drawn, guarded, just_below, package
from outrider.worlds.host.grids import GridCaptioner
from outrider.worlds.spaces import CODED, WORDS, spaces_of

WORKERS = "+workers"  # an option: each copy in a process of its own
PICTURE = "rgb_array"  # Gymnasium's name of pictures as arrays


@dataclass
class GymnasiumWorlds:
    """A Gymnasium vector environment of any autoreset mode. Errors: no known mode, spaces that do not fit."""

    env: Any  # gymnasium.vector.VectorEnv
    id: str
    captioner: HostCaptioner | None = None
    # Keys of observations that are no numbers to learn from: the captioner reads them.
    words: tuple[str, ...] = WORDS
    # A step in two calls, where the environment has them.
    halves: tuple[Callable[[Any], Any], Callable[[], Any]] | None = None
    # Of a row, where the environment draws no picture itself.
    picture: Callable[[np.ndarray], np.ndarray] | None = None
    own: bool = False  # the environment never writes over observations that it has handed out
    threshold: float | None = None  # a return that is a success; without it, Gymnasium's reward threshold

    def __post_init__(self) -> None:
        from gymnasium.vector import AsyncVectorEnv, AutoresetMode

        self.copies = self.env.num_envs
        self.row, self.actions = spaces_of(self.env, self.id, self.words)
        self._mode = self.env.metadata.get("autoreset_mode")
        if not isinstance(self._mode, AutoresetMode):
            raise OutriderError(
                f"world {self.id} does not say how it starts anew (autoreset_mode is {self._mode!r}); "
                "use a vector environment of Gymnasium 1.1 or later"
            )
        known = getattr(self.env.spec, "reward_threshold", None)
        self.solved_above = just_below(known if self.threshold is None else self.threshold)
        self.teller = Teller(self.captioner, self.copies, self.own) if self.captioner else None
        self._waits = isinstance(self.env, AsyncVectorEnv)
        self._send, self._wait = self.halves or (
            (self.env.step_async, self.env.step_wait) if self._waits else (None, None)
        )
        self._same = self._mode == AutoresetMode.SAME_STEP
        self._disabled = self._mode == AutoresetMode.DISABLED
        self.idles = self._mode == AutoresetMode.NEXT_STEP
        self._never = np.zeros(self.copies, bool)
        self._never.flags.writeable = False

    def reset(self, seed: int) -> np.ndarray:
        obs, info = guarded(self.id, lambda: self.env.reset(seed=seed))
        self._ended = np.zeros(self.copies, bool)
        if self.teller:
            self.teller.begin(obs, info)
        return self._rows(obs)

    def send(self, action: np.ndarray) -> None:
        said = self.actions.say(action)
        if self._send:
            send = self._send
            guarded(self.id, lambda: send(said))
        self._said = said
        if self.teller:
            self.teller.catch_up()

    def receive(self) -> Turn:
        step = self._wait or (lambda: self.env.step(self._said))
        obs, reward, terminated, truncated, info = guarded(self.id, step)
        ended, final = terminated | truncated, None
        last: Last = None
        if self._same:
            idle, fresh = self._never, ended
            if np.count_nonzero(ended):  # quicker than any()
                final = self._finals(info["final_obs"], ended)
                if self.teller:
                    last = {copy: _last(info, copy) for copy in np.flatnonzero(ended).tolist()}
        elif self._disabled:
            idle, fresh = self._never, ended
            if ended.any():
                # A copy: an environment made with copy=False writes the next sights over these.
                final, last = self._rows(obs), (deepcopy(obs), info, ended) if self.teller else None
                obs, info = guarded(self.id, lambda: self.env.reset(options={"reset_mask": ended.copy()}))
        else:
            idle = fresh = self._ended
        self._ended = ended
        said = self.teller and self.teller.hear(self._said, obs, info, idle, last)
        return Turn(self._rows(obs), np.asarray(reward), terminated, truncated, idle, fresh, final, said)

    def render(self, copy: int = 0) -> np.ndarray:
        if self.picture:
            return self.picture(self._seen[copy])
        return drawn(self.id, lambda: self.env.render()[copy] if self.env.render_mode == PICTURE else None)

    def close(self) -> None:
        try:
            self.env.close(**({"terminate": True} if self._waits else {}))
        except (EOFError, OSError):  # one of its processes has died before
            for process in self.env.processes:
                process.terminate()
            self.env.closed = True

    def _rows(self, obs: Any) -> np.ndarray:
        self._seen = self.row.rows(obs, self.copies, self.own)
        return self._seen

    def _finals(self, given: Any, ended: np.ndarray) -> np.ndarray:
        out = np.zeros((self.copies, self.row.width), self.row.dtype)
        for copy in np.flatnonzero(ended).tolist():
            self.row.write(given[copy], out[copy : copy + 1])
        return out


def _last(info: Any, copy: int) -> tuple[Any, Any]:
    return info["final_obs"][copy], _one(info["final_info"], copy)


def _one(info: Any, copy: int) -> Any:
    """One copy's part of a vector environment's info: arrays `[n, ...]` and dictionaries of them."""
    if isinstance(info, dict):
        return {key: _one(value, copy) for key, value in info.items()}
    return info[copy : copy + 1]


def many(make: Callable[[], Any], copies: int, workers: bool) -> Any:
    """A vector environment of copies that `make` makes, started anew within the step."""
    from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv

    # Observations are not copied there, since they are written into rows here.
    made, mode = [make] * copies, AutoresetMode.SAME_STEP
    if workers:
        return AsyncVectorEnv(
            made, copy=False, autoreset_mode=mode, context="spawn"
        )  # jax has threads, which a fork would tear
    return SyncVectorEnv(made, copy=False, autoreset_mode=mode)


def names() -> list[str]:
    """What is registered with Gymnasium."""
    return list(package("gymnasium", "gymnasium/NAME", "host").registry)


def build(
    world_id: str, name: str, copies: int, groups: int, captioner: HostCaptioner | None
) -> GymnasiumWorlds:
    """`gymnasium/NAME` or `gymnasium/NAME+workers`."""
    gym = package("gymnasium", world_id, "host")
    if name.startswith(CODED):
        package("minigrid", world_id, "pip install minigrid")  # which registers them
    from gymnasium.vector import AutoresetMode

    options: dict[str, Any] = {"autoreset_mode": AutoresetMode.SAME_STEP, "copy": False}  # rows are copies
    if workers := name.endswith(WORKERS):
        options["context"] = "spawn"  # jax has threads, which a fork would tear
    kind, short = "async" if workers else "sync", name.removesuffix(WORKERS)
    env = guarded(
        world_id,
        lambda: gym.make_vec(
            short, copies, vectorization_mode=kind, vector_kwargs=options, **_each(gym, short)
        ),
    )
    if captioner is None and name.startswith(CODED):
        captioner = GridCaptioner()
    return GymnasiumWorlds(env, world_id, captioner)


def _each(gym: Any, name: str) -> dict[str, Any]:
    """How each copy is made: such that it can be drawn, and without a checker, which looks at first steps only."""
    registered = gym.registry.get(name)
    made = registered and registered.entry_point
    if isinstance(made, str):
        made = gym.envs.registration.load_env_creator(made)
    modes = getattr(made, "metadata", {}).get("render_modes", ())
    return {"disable_env_checker": True, **({"render_mode": PICTURE} if PICTURE in modes else {})}
