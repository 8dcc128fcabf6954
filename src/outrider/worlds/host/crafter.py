"""Crafter, the original in Python: 64 x 64 pictures of bytes; achievements are its events, as in Craftax-Classic.

Crafter has an interface of its own with one `done`; its `discount` of 0 tells a death from the end of time.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

import gymnasium
import numpy as np

from outrider.errors import OutriderError
from outrider.worlds.craftax.words import ACHIEVEMENTS as CRAFTAX
from outrider.worlds.host.captions import HostCaptioner, Sight
from outrider.worlds.host.face import package
from outrider.worlds.host.gymnasium import WORKERS, GymnasiumWorlds, many
from outrider.worlds.host.table import Lookup, Table

ACHIEVEMENTS = CRAFTAX[:22]  # those of Craftax-Classic are Crafter's
NAMES = {"reward": True, "noreward": False}  # Crafter's two worlds
NEEDS = ("health", "food", "drink", "energy")
LOW = 3  # of 9
_THINGS = ("sapling", "wood", "stone", "coal", "iron", "diamond")
_TOOLS = tuple(f"{of}_{tool}" for tool in ("pickaxe", "sword") for of in ("wood", "stone", "iron"))


class CrafterEnv(gymnasium.Env):
    """Crafter with Gymnasium's interface. Episodes are a function of the seed of the last `reset` that had one."""

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012  # as Gymnasium has it
    render_mode = "rgb_array"

    def __init__(self, reward: bool = True) -> None:
        self._reward = reward
        self._make(0)
        self.action_space = gymnasium.spaces.Discrete(len(self._env.action_names))
        self.observation_space = gymnasium.spaces.Box(0, 255, (64, 64, 3), np.uint8)

    def _make(self, seed: int) -> None:
        self._env: Any = import_module("crafter").Env(reward=self._reward, seed=seed)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        """Nothing is achieved yet, nothing carried, all needs are met."""
        super().reset(seed=seed)
        if seed is not None:
            self._make(seed)
        obs = self._env.reset()
        held = np.array([9] * len(NEEDS) + [0] * len(_THINGS + _TOOLS), np.int64)
        return obs, {"achieved": np.zeros(len(ACHIEVEMENTS), np.int64), "inventory": held}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One action; info holds counts of achievements and of what is carried."""
        obs, reward, done, told = self._env.step(int(action))
        died = told["discount"] == 0
        info = {
            "achieved": np.array(
                [told["achievements"][name.replace(" ", "_")] for name, _ in ACHIEVEMENTS], np.int64
            ),
            "inventory": np.array(
                [told["inventory"][name] for name in (*NEEDS, *_THINGS, *_TOOLS)], np.int64
            ),
        }
        return obs, float(reward), bool(died), bool(done and not died), info

    def render(self) -> Any:
        """What the agent sees, larger."""
        return self._env.render((256, 256))


class CrafterCaptioner:
    """As `HostCaptioner` says: achievements, and which needs are low and what is carried."""

    def __init__(self) -> None:
        self.events, self.situations = Table(), Table()
        self._event = Lookup(self.events, lambda key: ACHIEVEMENTS[key - 1][1] if key else "")
        self._situation = Lookup(self.situations, _situation)

    def read(self, obs: Any, info: Any, copies: int) -> Sight:
        """Counts of achievements `[n, 22]` and of needs and things `[n, 16]`."""
        return tuple(np.array(info[key], np.int64).reshape(copies, -1) for key in ("achieved", "inventory"))

    def event(self, before: np.ndarray, action: np.ndarray, after: np.ndarray) -> np.ndarray:
        """What was achieved, each time; of several at once the last in Craftax's order."""
        more = after > before
        last = more.shape[1] - np.argmax(more[:, ::-1], axis=1)
        return self._event(np.where(more.any(1), last, 0))

    def situation(self, now: Sight) -> np.ndarray:
        """One bit a need and a thing."""
        needs = len(NEEDS)
        bits = np.concatenate([now[1][:, :needs] <= LOW, now[1][:, needs:] > 0], axis=1)
        return self._situation(bits @ (1 << np.arange(bits.shape[1], dtype=np.int64)))

    def missions(self, now: Sight) -> list[str]:
        """Crafter does not say."""
        return [""] * len(now[0])


def _situation(bits: int) -> str:
    low = [need for i, need in enumerate(NEEDS) if bits >> i & 1]
    had = [name for i, name in enumerate(_THINGS + _TOOLS, start=len(NEEDS)) if bits >> i & 1]
    carried = (
        ", ".join(
            f"{'an' if name[0] == 'i' else 'a'} {name.replace('_', ' ')}" if name in _TOOLS else name
            for name in had
        )
        or "nothing"
    )
    return f"You carry {carried}; {'low: ' + ', '.join(low) if low else 'all needs are met'}."


def names() -> list[str]:
    """Crafter's two worlds."""
    return list(NAMES)


def build(
    world_id: str, name: str, copies: int, groups: int, captioner: HostCaptioner | None
) -> GymnasiumWorlds:
    """`crafter/reward` or `crafter/noreward`, with `+workers` each copy in a process of its own."""
    package("crafter", world_id, "crafter")
    kind = name.removesuffix(WORKERS)
    if kind not in NAMES:
        raise OutriderError(f"Crafter has no world {kind!r}; did you mean {' or '.join(NAMES)}?")
    env = many(partial(CrafterEnv, NAMES[kind]), copies, name.endswith(WORKERS))
    return GymnasiumWorlds(env, world_id, captioner or CrafterCaptioner())
