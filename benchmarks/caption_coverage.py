"""How many situations and events do captions tell apart, and how fast do new ones appear? By chance and when trained.

    python benchmarks/caption_coverage.py                       # every world; half an hour on two cores
    python benchmarks/caption_coverage.py minigrid/memory       # those with that in their name; the other rows stay
    python benchmarks/caption_coverage.py --steps 100000 doorkey-16x16

A million steps of random actions, and a million of a policy that was trained before, unguided and shortly, in every
device world that speaks. Counted are distinct situation codes and distinct event codes (each a row of the atlas) among
the first thousand, ten thousand ... steps of all copies together. Every situation seen is put into words: two codes
with one sentence are an error. Worlds run in a process each, as many at a time as there are cores.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import outrider  # noqa: F401  first: it sets XLA up before jax is imported

# isort: split
import jax
import jax.numpy as jnp
import numpy as np
from peers import printed
from record import Table, record
from world_rates import by_chance

from outrider.learn.settings import Settings
from outrider.learn.train import train
from outrider.worlds.batch import Batch
from outrider.worlds.listing import captions, matches
from outrider.worlds.names import WORLDS, check_world, event_sentences, situation_text
from outrider.worlds.registry import make

STEPS, TRAINED, LENGTH = 1_000_000, 300_000, 32  # steps counted, steps trained before, steps of a jitted scan
COPIES, DEAR_COPIES = 256, 64
MARKS = {1_000: "1k", 10_000: "10k", 100_000: "100k", 1_000_000: "1M"}
POLICIES = ("random", "trained")
TELEVISION = "minigrid/doorkey-8x8+television"  # beside the worlds as they are


def chosen(patterns: list[str]) -> list[str]:
    """Worlds that speak: those of the patterns, else all."""
    names = [name for name in (*WORLDS, TELEVISION) if captions(name)]
    return [name for name in names if not patterns or any(matches(name, pattern) for pattern in patterns)]


class Seen:
    """Distinct rows of numbers, and when each was first seen, in steps of all copies."""

    def __init__(self) -> None:
        self.first: dict[tuple[int, ...], int] = {}

    def add(self, rows: np.ndarray, start: int) -> None:
        """Rows `[N, K]`, row `i` being of step `start + i`."""
        distinct, at = np.unique(rows, axis=0, return_index=True)
        for row, index in zip(map(tuple, distinct.tolist()), at.tolist(), strict=True):
            self.first.setdefault(row, start + index)

    def curve(self, steps: int) -> list[int]:
        """How many were seen within the first so many steps of each mark."""
        when = np.sort(np.fromiter(self.first.values(), int))
        return [int(np.searchsorted(when, min(mark, steps))) for mark in MARKS]


def walked(name: str, steps: int, network: Any = None) -> dict[str, Any]:
    """What random actions, or a policy's, come to see in so many steps. Errors: two situations share a sentence."""
    facts, _ = check_world(name)
    world = make(name)
    copies = DEAR_COPIES if facts.dear_reset else COPIES
    fresh = max(1, copies // facts.copies_a_reset)
    batch = Batch(world, copies, fresh, facts.solved_above, facts.dear_reset)

    def one(carry, key):
        copied, obs, memory, restart = carry
        act_key, step_key = jax.random.split(key)
        if network is None:
            actions = by_chance(world.space, act_key, copies)
        else:
            outputs, _, memory = network.act(memory, obs, restart)
            actions = network.space.sample(act_key, outputs)
        after = batch.step(step_key, copied, actions)
        restart = after.terminated | after.truncated
        returned = jnp.where(restart, copied.returned + after.reward, jnp.nan)
        seen = jax.vmap(world.situation)(after.copies.world), after.events, returned
        return (after.copies, after.obs, memory, restart), seen

    run: Callable = jax.jit(
        lambda carry, key: jax.lax.scan(one, carry, jax.random.split(key, LENGTH)), donate_argnums=0
    )
    start, obs = jax.jit(batch.reset)(jax.random.key(0))
    memory = () if network is None else network.start(copies)
    carry = (start, obs, memory, jnp.zeros(copies, bool))
    situations, events, ended, solved = Seen(), Seen(), 0, 0
    for scan in range(-(-steps // (copies * LENGTH))):
        carry, (codes, happened, returned) = run(carry, jax.random.fold_in(jax.random.key(1), scan))
        codes, happened, returned = map(np.asarray, (codes, happened, returned))
        at, slots = scan * copies * LENGTH, happened.shape[-1]
        situations.add(codes.reshape(-1, codes.shape[-1]), at)
        for slot in range(slots):
            events.add(happened[..., slot].reshape(-1, 1), at)
        over = ~np.isnan(returned)
        ended, solved = ended + int(over.sum()), solved + int((returned[over] > facts.solved_above).sum())
    events.first.pop((0,), None)  # silence, where a world has it
    texts = {situation_text(name, code) for code in situations.first}
    if len(texts) < len(situations.first):
        raise SystemExit(f"{name}: {len(situations.first)} situations have {len(texts)} sentences")
    told = event_sentences(name)
    counts = {
        f"situations, {label}": n for label, n in zip(MARKS.values(), situations.curve(steps), strict=True)
    }
    counts |= {
        f"event codes, {label}": n for label, n in zip(MARKS.values(), events.curve(steps), strict=True)
    }
    return counts | {
        "of event codes": len(told),
        "captions seen": len({told[code] for (code,), when in events.first.items() if when < steps}),
        "solved": round(solved / ended, 2) if ended else 0.0,
    }


def measured(name: str, steps: int) -> list[dict[str, Any]]:
    """The rows of one world."""
    trained = train(name, Settings(), "none", None, [0], min(TRAINED, 10 * steps))
    network = jax.tree.map(lambda x: jnp.asarray(x[0]) if isinstance(x, np.ndarray) else x, trained.networks)
    return [
        {"world": name, "policy": policy, **walked(name, steps, how)}
        for policy, how in zip(POLICIES, (None, network), strict=True)
    ]


def main() -> None:
    """Measure every world in a process of its own, and write the result."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("patterns", nargs="*")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--one", help="only this world, its rows as JSON on the last line")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measured(asked.one, asked.steps)))
        return

    def apart(name: str) -> list[dict[str, Any]]:
        command = [sys.executable, __file__, "--one", name, "--steps", str(asked.steps)]
        rows = json.loads(printed(name, command, limit=None).splitlines()[-1])
        print(*rows, sep="\n", flush=True)
        return rows

    names = sorted(
        chosen(asked.patterns), key=lambda name: not check_world(name)[0].dear_reset
    )  # the longest first
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = [row for of_world in pool.map(apart, names) for row in of_world]
    what = (
        f"Distinct situations and event codes in {asked.steps:,} steps: of random actions, and of a policy trained "
        f"unguided for {TRAINED:,} steps before. No two situations seen have one sentence."
    )
    if asked.steps != STEPS:
        print("not written: not all steps")
        return
    table = Table(("world", "policy"), [(name, policy) for name in chosen([]) for policy in POLICIES])
    print(record("caption_coverage", what, rows, table=table))


if __name__ == "__main__":
    main()
