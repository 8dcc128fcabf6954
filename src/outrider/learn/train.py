"""Trains a group of learners, seed by seed alike, in chunks of updates: one compiled call a chunk."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from outrider.agents.agent import Agent
from outrider.errors import OutriderError
from outrider.explore.events import event_constant, event_count
from outrider.explore.signal import Signal, nothing
from outrider.learn.algorithms import AnySettings, algorithm_of
from outrider.learn.diary import Diary, Line
from outrider.learn.dqn import DQN
from outrider.learn.evaluate import EPISODES, solved
from outrider.learn.ppo import PPO, SHARES, Learner
from outrider.learn.pqn import PQN
from outrider.learn.q_settings import DQNSettings
from outrider.learn.rates import AnyRates, stacked
from outrider.learn.settings import Settings, check_steps
from outrider.learn.team import mesh, place, spread
from outrider.ops.distribution import Discrete
from outrider.types import Atlas, Key
from outrider.worlds.batch import Batch
from outrider.worlds.names import event_kind
from outrider.worlds.registry import make

SIGNALS: dict[str, Callable[[], Signal]] = {
    "none": nothing,
    "event-count": event_count,
    "event-constant": event_constant,
}
COPIES_A_RESET = 16  # copies that share one freshly generated world a step
CHUNK = 8  # about how many updates a compiled call makes: a second or two, so that progress shows and Ctrl-C lands

EVALUATION = 20_261  # its keys, the same for a seed in every arm


class Algorithm(Protocol):
    """The unchanging parts of a learner, whatever it learns by: `init` makes one, `update` is its training step."""

    @property
    def batch(self) -> Batch: ...
    def init(self, key: Key, atlas: Atlas, rates: Any = None) -> Any: ...
    def update(self, learner: Any) -> tuple[Any, Line]: ...


Heard = Callable[[float, Line], None]  # progress in [0, 1] and the newest lines, [seeds, updates]


@dataclass(frozen=True)
class Trained:
    """What training leaves, each with a leading axis of seeds."""

    networks: Agent
    lines: Line  # [seeds, updates]
    diary: Diary
    solved: np.ndarray  # of `EPISODES` fresh episodes, by the final policy
    returned: np.ndarray  # in the mean over these episodes
    compile_seconds: float
    run_seconds: float


def train(
    world_id: str,
    settings: AnySettings,
    signal: str,
    atlas: Atlas | None,
    seeds: Sequence[int],
    steps: int,
    heard: Heard = lambda progress, lines: None,
    rates: AnyRates | None = None,
) -> Trained:
    """Train one learner a seed on at least `steps` environment steps each; one atlas for all `[E]`, or one a seed.

    `rates` `[seeds]` gives each learner its own in place of the settings'; it is one compiled program all the same.
    What a seed learns depends neither on the clock nor on the seeds beside it.

    Errors: unknown world or signal, a rollout longer than the world's horizon, a loss that is not finite.
    """
    check_steps(steps)
    updates = settings.updates(steps)
    learner = learner_for(world_id, settings, signal, updates)
    devices = mesh(settings.learners)
    world = learner.batch.world
    atlas = atlas or Atlas(jnp.zeros(world.codes), jnp.zeros(world.codes, bool))
    chunk = _chunk_size(updates)

    began = time.perf_counter()
    start = jax.jit(jax.vmap(learner.init, in_axes=(0, 0 if atlas.weight.ndim == 2 else None, 0)))
    keys = jax.vmap(jax.random.key)(jnp.asarray(seeds, jnp.uint32))
    state = start(keys, atlas, rates or stacked([settings] * len(seeds)))

    def advance(state: Learner, length: int) -> tuple[Learner, Line]:
        return jax.lax.scan(lambda one, _: learner.update(one), state, None, length=length)

    def group(state: Learner) -> tuple[Learner, Line]:
        return _each(lambda one: advance(one, chunk), state)

    if settings.learners > 1:
        group, state = spread(group, devices, SHARES), place(state, devices, SHARES)
    run = jax.jit(group, donate_argnums=0)
    compiled = run.lower(state).compile()
    compile_seconds = time.perf_counter() - began

    began, written = time.perf_counter(), []
    for done in range(chunk, updates + 1, chunk):
        state, lines = compiled(state)
        lines = jax.device_get(lines)
        _check_finite(lines, seeds)
        written.append(lines)
        heard(done / updates, lines)
    run_seconds = time.perf_counter() - began

    evaluate = jax.jit(
        lambda networks, keys: jax.lax.map(lambda one: solved(one[0], world, one[1]), (networks, keys))
    )
    fresh = jax.vmap(lambda seed: jax.random.fold_in(jax.random.key(EVALUATION), seed))(
        jnp.asarray(seeds, jnp.uint32)
    )
    networks = jax.device_put(state.network, jax.devices()[0])
    won, returned = map(np.asarray, evaluate(networks, fresh))
    lines = jax.tree.map(lambda *parts: np.concatenate(parts, axis=1), *written)
    return Trained(networks, lines, jax.device_get(state.diary), won, returned, compile_seconds, run_seconds)


def _each(advance: Callable[[Learner], tuple[Learner, Line]], state: Learner) -> tuple[Learner, Line]:
    """All learners of a group: one after another on a CPU, where small networks gain nothing from sharing a matrix
    product (an eighth slower, measured), together elsewhere.
    """
    return jax.lax.map(advance, state) if jax.default_backend() == "cpu" else jax.vmap(advance)(state)


def learner_for(world_id: str, settings: AnySettings, signal: str, updates: int) -> Algorithm:
    """The settings' algorithm on a world with a named signal. Errors: as `train`."""
    if signal not in SIGNALS:
        raise OutriderError(f"unknown signal {signal!r}; use one of {', '.join(SIGNALS)}")
    world = make(world_id)
    if settings.rollout > world.horizon:
        raise OutriderError(
            f"learner setting rollout = {settings.rollout} is longer than an episode of {world_id} "
            f"({world.horizon} steps); make it at most that"
        )
    batch = Batch(world, settings.envs, fresh=max(1, settings.envs // COPIES_A_RESET))
    if isinstance(settings, Settings):
        return PPO(batch, settings, SIGNALS[signal](), updates)
    if not isinstance(world.space, Discrete):
        raise OutriderError(
            f"{algorithm_of(settings)} values each of a few actions, and {world_id} has none to list; use ppo"
        )
    if isinstance(settings, DQNSettings):
        return DQN(batch, settings, SIGNALS[signal](), updates)
    return PQN(batch, settings, SIGNALS[signal](), updates)


def _chunk_size(updates: int) -> int:
    """A divisor of the number of updates, so that one compiled shape serves, and near `CHUNK`."""
    return min((d for d in range(1, 2 * CHUNK + 1) if updates % d == 0), key=lambda d: abs(d - CHUNK))


def _check_finite(lines: Line, seeds: Sequence[int]) -> None:
    bad = ~np.isfinite(lines.loss)
    if bad.any():
        seed, update = np.argwhere(bad)[0]
        raise OutriderError(
            f"the loss of seed {seeds[seed]} is not finite at step {lines.steps[seed, update]}; lower learning_rate"
        )


def as_record(trained: Trained, which: int, arm: str, seed: int, sentences: dict[int, str]) -> dict[str, Any]:
    """One run as a line of `runs.jsonl`: see docs/evidence.md."""
    line = jax.tree.map(lambda x: x[which], trained.lines)
    episodes = line.episodes.astype(int)

    def mean(total: np.ndarray) -> list[float | None]:
        return [_round(t / n) if n else None for t, n in zip(total.tolist(), episodes.tolist(), strict=True)]

    met: Counter[str] = Counter()
    first: dict[str, int] = {}
    kinds: Counter[str] = Counter()
    for code in np.flatnonzero(trained.diary.met[which]).tolist():
        count, at = int(trained.diary.met[which, code]), int(trained.diary.first_met[which, code])
        kinds[event_kind(code)] += count
        if sentence := sentences.get(code):
            met[sentence] += count
            first[sentence] = min(first.get(sentence, at), at)
    top = sorted(met, key=lambda sentence: (-met[sentence], sentence))[:50]
    return {
        "arm": arm,
        "seed": seed,
        "steps": line.steps.tolist(),
        "success": mean(line.successes),
        "return": mean(line.returns),
        "length": mean(line.lengths),
        "bonus": [_round(b) for b in line.bonus.tolist()],
        "episodes": episodes.tolist(),
        "entropy": [_round(e) for e in line.entropy.tolist()],
        "evaluation": {"episodes": EPISODES, "solved": int(trained.solved[which])},
        "kinds": dict(sorted(kinds.items())),
        "events": {sentence: met[sentence] for sentence in top},
        "first_seen": {sentence: first[sentence] for sentence in top},
    }


def _round(x: float) -> float:
    """Six significant digits: what the evidence keeps."""
    return float(f"{x:.6g}")
