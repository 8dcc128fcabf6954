"""TextWorld's challenges: text adventures that are made and compiled here. What a game writes is what it says.

An action is one of the commands that can make sense in the game; one that makes none now is answered and costs a step.
A row tells which commands do make sense now, and which of the game's words describe the room and what is carried. A
reward is what the score rises by. An episode is won, lost, or cut after `STEPS` commands. A game is the same whatever
the seed of `reset`: `+game=SEED` makes another.
"""

from __future__ import annotations

import contextlib
import difflib
import re
import tempfile
import warnings
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from platformdirs import user_cache_path

from outrider.errors import OutriderError
from outrider.worlds.host.captions import HostCaptioner, Sight
from outrider.worlds.host.face import guarded, package
from outrider.worlds.host.gymnasium import WORKERS, GymnasiumWorlds, many
from outrider.worlds.host.table import Table

STEPS = 200
GAME = "+game="  # an option: the seed of the game's making
LEVELS = {"coin-collector": 300, "treasure-hunter": 30}  # challenges and their highest level
SIMPLE = "simple"
_SAID = ("feedback", "description", "inventory", "objective")


class TextWorldEnv(gymnasium.Env):
    """A compiled game with Gymnasium's interface; info holds its texts."""

    def __init__(self, file: str) -> None:
        textworld: Any = import_module("textworld")
        wanted = {name: True for name in (*_SAID, "admissible_commands", "score", "won", "lost")}
        with _quiet():
            self._game = textworld.start(file, textworld.EnvInfos(**wanted))
        made = textworld.Game.load(str(Path(file).with_suffix(".json")))
        self.commands = tuple(made.possible_admissible_commands)
        self._place = {command: place for place, command in enumerate(self.commands)}
        words = import_module("textworld.text_utils").extract_vocab(made)
        self._word = {word: place for place, word in enumerate(sorted(words), start=len(self.commands))}
        self.action_space = gymnasium.spaces.Discrete(len(self.commands))
        self.observation_space = gymnasium.spaces.MultiBinary(len(self._place) + len(self._word))

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        """The game from its beginning."""
        super().reset(seed=seed)
        state = self._game.reset()
        self._steps, self._score = 0, state["score"] or 0
        return self._seen(state)

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One command."""
        state, _, done = self._game.step(self.commands[int(action)])
        score = state["score"] or 0
        gained, self._score, self._steps = score - self._score, score, self._steps + 1
        obs, info = self._seen(state)
        return obs, float(gained), bool(done), not done and self._steps >= STEPS, info

    def close(self) -> None:
        """End the game's interpreter."""
        self._game.close()

    def _seen(self, state: Any) -> tuple[np.ndarray, dict[str, Any]]:
        said = {name: plain(state[name] or "") for name in _SAID}
        row = np.zeros(len(self._place) + len(self._word), np.int8)
        now = [self._place.get(command) for command in state["admissible_commands"] or ()]
        words = re.findall(r"[a-z0-9'-]+", f"{said['description']} {said['inventory']}".lower())
        now += [self._word.get(word.strip("-'")) for word in words]
        row[[place for place in now if place is not None]] = 1
        return row, said


def plain(text: str) -> str:
    """What a game writes in one line, without its prompt and line of status, frames, and count of steps at the end."""
    text = re.sub(r"\*\*\* The End \*\*\*.*", "The End.", text, flags=re.DOTALL)
    text = re.sub(r"\n>[^\n]*$", "", text)
    text = re.sub(r"-= (.*?) =-", r"\1:", text)
    return " ".join(re.sub(r"[_|\\/$*<>]+", " ", text).split())


class TextWorldCaptioner:
    """As `HostCaptioner` says, word for word what the game writes."""

    def __init__(self) -> None:
        self.events, self.situations = Table(), Table()

    def read(self, obs: Any, info: Any, copies: int) -> Sight:
        """The answer, the room, what is carried and the mission, texts `[n]`."""
        return tuple(np.array(info[name], object).reshape(copies) for name in _SAID)

    def event(self, before: np.ndarray, action: np.ndarray, after: np.ndarray) -> np.ndarray:
        """The game's answer to the command."""
        return np.array([self.events.code(text) for text in after], np.int32)

    def situation(self, now: Sight) -> np.ndarray:
        """The room and what is carried."""
        told = (
            f"{room} {carried}".strip().rstrip(".") + "." for room, carried in zip(*now[1:3], strict=True)
        )
        return np.array([self.situations.code(text) for text in told], np.int32)

    def missions(self, now: Sight) -> list[str]:
        """The game's objective."""
        return list(now[3])


def compiled(name: str, seed: int) -> str:
    """The file of a game: made when it is first asked for, kept in the user's cache folder as compiled programs are.

    TextWorld takes seconds for a game, and for the largest more than a minute. Ctrl-C leaves nothing half-made.
    """
    kept = user_cache_path("outrider") / "textworld" / version("textworld")
    game = kept / f"{name}-{seed}.z8"
    if not game.exists():
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept) as place, _quiet():
            made = Path(_make(name, seed, f"{place}/{game.name}"))
            for part in (made.with_suffix(".json"), made):  # the game last: where it is, all is
                part.replace(kept / part.name)
    return str(game)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """TextWorld's interpreter warns that it does not know a game's score; the game itself tells it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _make(name: str, seed: int, path: str) -> str:
    """Make and compile a game; its file, which is `path`, beside one that tells of it."""
    textworld: Any = import_module("textworld")
    challenges: Any = import_module("textworld.challenges")
    options = textworld.GameOptions()
    options.seeds, options.path = seed, path
    kind, _, level = name.rpartition("-")
    settings: dict[str, Any] = {"level": int(level)} if kind else {}
    if not kind:
        settings = {"rewards": "balanced", "goal": "detailed", "test": False}
    made = challenges.CHALLENGES[f"tw-{(kind or name).replace('-', '_')}"][1](settings, options)
    return import_module("textworld.generator").compile_game(made, options)


def names() -> list[str]:
    """The challenges with their levels."""
    return [SIMPLE, *(f"{kind}-{level}" for kind, most in LEVELS.items() for level in range(1, most + 1))]


def build(
    world_id: str, name: str, copies: int, groups: int, captioner: HostCaptioner | None
) -> GymnasiumWorlds:
    """`textworld/simple`, `textworld/coin-collector-LEVEL` or `textworld/treasure-hunter-LEVEL`; `+game=`, `+workers`.

    Errors: unknown name, near ones suggested; the extra `textworld` missing; a game that cannot be compiled.
    """
    package("textworld", world_id, "textworld")
    short, _, seed = name.removesuffix(WORKERS).partition(GAME)
    if short not in names():
        near = difflib.get_close_matches(short, names(), n=3, cutoff=0.4) or names()[:4]
        raise OutriderError(f"TextWorld has no world {short!r} here; did you mean {' or '.join(near)}?")
    if seed and not seed.isdecimal():
        raise OutriderError(f"world {world_id} has the game {seed!r}; take a number, such as +game=7")
    file = guarded(world_id, lambda: compiled(short, int(seed or 0)))
    env = guarded(world_id, lambda: many(partial(TextWorldEnv, file), copies, name.endswith(WORKERS)))
    return GymnasiumWorlds(env, world_id, captioner or TextWorldCaptioner())
