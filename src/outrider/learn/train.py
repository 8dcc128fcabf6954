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
from outrider.agents.features import Features
from outrider.explore.names import parse
from outrider.explore.registry import build
from outrider.explore.signal import Ground
from outrider.learn.algorithms import AnySettings
from outrider.learn.cloning import BC
from outrider.learn.dagger import DAgger
from outrider.learn.diary import Diary, Line, shortened, situations
from outrider.learn.dqn import DQN
from outrider.learn.evaluate import EPISODES, solved
from outrider.learn.finite import refuse
from outrider.learn.fit import check_fit
from outrider.learn.group import group
from outrider.learn.hierarchy import Hierarchy, subgoals
from outrider.learn.hierarchy_settings import HierarchySettings
from outrider.learn.imitation import shown_in
from outrider.learn.imitation_settings import BCSettings, DAggerSettings, ImitationSettings
from outrider.learn.keeper import Keeper, configuration, joined, last_good, own_world
from outrider.learn.ppo import PPO, SHARES, Learner
from outrider.learn.pqn import PQN
from outrider.learn.processes import meet
from outrider.learn.q_settings import DQNSettings
from outrider.learn.rates import AnyRates, stacked
from outrider.learn.settings import Settings, check_steps
from outrider.learn.team import mesh, place
from outrider.learn.team import spread as on_team
from outrider.learn.together import check_paid
from outrider.types import Atlas, Key
from outrider.worlds.batch import Batch
from outrider.worlds.experts import expert_of, gauge_of
from outrider.worlds.facts import WorldFacts
from outrider.worlds.names import check_world, event_kind, is_host
from outrider.worlds.registry import make
from outrider.worlds.world import World

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

    world: str
    networks: Agent
    lines: Line  # [seeds, updates]
    diary: Diary
    solved: np.ndarray  # of `episodes` fresh ones, by the final policy
    returned: np.ndarray  # in the mean over these episodes
    compile_seconds: float
    run_seconds: float  # since this process began or resumed it
    steps_before: int = 0  # of all seeds, made before that
    episodes: int = EPISODES  # that were evaluated


def train(
    world: str | World,
    settings: AnySettings,
    signal: str,
    atlas: Atlas | None,
    seeds: Sequence[int],
    steps: int,
    heard: Heard = lambda progress, lines: None,
    rates: AnyRates | None = None,
    spread: str = "auto",
    keeper: Keeper | None = None,
) -> Trained:
    """Train one learner a seed on at least `steps` environment steps each; one atlas for all `[E]`, or one a seed.

    `world` is an id that `outrider worlds` lists, or a world of your own.
    `rates` `[seeds]` gives each learner its own in place of the settings'; it is one compiled program all the same.
    `spread` is how they share the machine (`learn/group.py`). What a seed learns depends neither on the clock nor on
    the seeds beside it. `keeper` saves the state between chunks, and a run that it resumes gives what it would have
    given uninterrupted, bit for bit.

    Errors: unknown world or signal, a world that does not fit the settings, a reward, observation or loss that is not
    finite, and the keeper's.
    """
    check_steps(steps)
    updates = settings.updates(steps)
    learner, own = learner_for(world, settings, signal, updates), own_world(world)
    devices, together = mesh(settings.learners), group(len(seeds), spread, settings.learners)
    world_id, world = learner.batch.world.id, learner.batch.world
    atlas = atlas or Atlas(jnp.zeros(world.codes), jnp.zeros(world.codes, bool))
    chunk = _chunk_size(updates)

    began = time.perf_counter()
    start = jax.jit(jax.vmap(learner.init, in_axes=(0, 0 if atlas.weight.ndim == 2 else None, 0)))
    keys = jax.vmap(jax.random.key)(jnp.asarray(seeds, jnp.uint32))
    state = together.filled(start(keys, atlas, rates or stacked([settings] * len(seeds))))

    def advance(state: Learner) -> tuple[Learner, Line]:
        return jax.lax.scan(lambda one, _: learner.update(one), state, None, length=chunk)

    everyone = together.run(advance)
    if settings.learners > 1:
        everyone, state = on_team(everyone, devices, SHARES), place(state, devices, SHARES)
    run = jax.jit(everyone, donate_argnums=0)
    written: list[Line] = []
    if keeper:
        shown = learner.shown if isinstance(learner, BC | PPO) else None
        told = configuration(world_id, settings, signal, seeds, steps, atlas, rates, shown)
        told |= {"spread": together.way, "devices": together.devices, **own}
        line = jax.eval_shape(lambda now: together.own(everyone(now)[1]), state)
        state, written = keeper.resume(state, line, told)
    compiled = run.lower(state).compile()
    meet("compiled")
    compile_seconds = time.perf_counter() - began

    began, before = time.perf_counter(), sum(lines.steps.shape[1] for lines in written)
    for done in range(before + chunk, updates + 1, chunk):
        state, lines = compiled(state)
        lines = together.own(jax.device_get(lines))
        refuse(lines, seeds, settings.envs, settings.rollout, last_good(keeper))
        written.append(lines)
        if keeper:
            keeper.keep(done, updates, state, written)
        heard(done / updates, lines)
    run_seconds = time.perf_counter() - began

    above, sparing = learner.batch.solved_above, learner.batch.sparing
    evaluate = jax.jit(
        lambda networks, keys: jax.lax.map(
            lambda one: solved(one[0], world, one[1], above, sparing), (networks, keys)
        )
    )
    fresh = jax.vmap(lambda seed: jax.random.fold_in(jax.random.key(EVALUATION), seed))(
        jnp.asarray(seeds, jnp.uint32)
    )
    networks, diary = together.own(jax.device_get((state.network, state.diary)))
    won, returned = map(np.asarray, evaluate(networks, fresh))
    seconds, made = (compile_seconds, run_seconds), before * settings.batch * len(seeds)
    return Trained(world_id, networks, joined(written), diary, won, returned, *seconds, made)


def learner_for(world: str | World, settings: AnySettings, signal: str, updates: int) -> Algorithm:
    """The settings' algorithm on a world with a named signal. Errors: as `train`."""
    if isinstance(world, str):
        (facts, _), world = check_world(world), make(world)
    else:
        facts = WorldFacts(name=world.id, mission="", horizon=world.horizon, description="")
    check_fit(world, settings, facts.timed)
    fresh = max(1, settings.envs // facts.copies_a_reset)
    gauge = gauge_of(world) if parse(signal).ways else None
    batch = Batch(world, settings.envs, fresh, facts.solved_above, facts.dear_reset, gauge)
    features = Features(settings.cells, world.view, world.vector + world.flags)
    discount = 0.0 if isinstance(settings, ImitationSettings) else settings.discount
    paid = build(signal, Ground(settings.envs, features, features.size, world.space, discount))
    check_paid(settings, signal)
    if isinstance(settings, BCSettings):
        return BC(batch, settings, shown_in(settings.demonstrations, world), updates)
    if isinstance(settings, DAggerSettings):
        return DAgger(batch, settings, expert_of(world), updates)
    if isinstance(settings, Settings):
        shown = shown_in(settings.demonstrations, world) if settings.demonstrations else None
        return PPO(batch, settings, paid, updates, shown)
    if isinstance(settings, HierarchySettings):
        return Hierarchy(batch, settings, paid, updates, subgoals(world))
    if isinstance(settings, DQNSettings):
        return DQN(batch, settings, paid, updates)
    return PQN(batch, settings, paid, updates)


def _chunk_size(updates: int) -> int:
    """A divisor of the number of updates, so that one compiled shape serves, and near `CHUNK`."""
    return min((d for d in range(1, 2 * CHUNK + 1) if updates % d == 0), key=lambda d: abs(d - CHUNK))


def as_record(trained: Trained, which: int, arm: str, seed: int, sentences: dict[int, str]) -> dict[str, Any]:
    """One run as a line of `runs.jsonl`: see docs/evidence.md."""
    line = shortened(jax.tree.map(lambda x: x[which], trained.lines))
    episodes = line.episodes.astype(int)

    def mean(total: np.ndarray) -> list[float | None]:
        return [_round(t / n) if n else None for t, n in zip(total.tolist(), episodes.tolist(), strict=True)]

    met: Counter[str] = Counter()
    first: dict[str, int] = {}
    kinds: Counter[str] = Counter()
    first_kinds: dict[str, int] = {}
    for code in np.flatnonzero(trained.diary.met[which]).tolist():
        count, at = int(trained.diary.met[which, code]), int(trained.diary.first_met[which, code])
        kind = event_kind(trained.world, code)
        kinds[kind] += count
        first_kinds[kind] = min(first_kinds.get(kind, at), at)
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
        **({} if is_host(trained.world) else {"situations": situations(line.places).tolist()}),
        "evaluation": {"episodes": trained.episodes, "solved": int(trained.solved[which])},
        "kinds": dict(sorted(kinds.items())),
        "first_kinds": dict(sorted(first_kinds.items())),
        "events": {sentence: met[sentence] for sentence in top},
        "first_seen": {sentence: first[sentence] for sentence in top},
    }


def _round(x: float) -> float:
    """Six significant digits: what the evidence keeps."""
    return float(f"{x:.6g}")
