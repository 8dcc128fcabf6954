"""Evidence made up for the tests of the report: right in form, realistic in size, never a finding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from outrider.verify.judge import judge
from outrider.verify.plan import parse_plan

ARMS = ("unguided", "guided", "event-counts", "shuffled", "constant-bonus")
HOSTILE = "You read <script>document.title='owned'</script> & \"5 > 4\" in the book."
USEFUL = [
    f"You {verb} the {colour} {thing}."
    for verb, thing in (
        ("picked up", "key"),
        ("unlocked", "door"),
        ("opened", "door"),
        ("dropped", "ball"),
        ("picked up", "box"),
        ("picked up", "ball"),
    )
    for colour in ("yellow", "blue", "red", "grey", "green", "purple")
]
PLAIN = [
    "You walked forward.",
    "You turned left.",
    "You turned right.",
    "You bumped into a wall.",
    "Nothing happened.",
]
SHOWS = (
    "a recipe for",
    "a documentary about",
    "a commercial for",
    "a quiz about",
    "a song about",
    "a cartoon about",
    "the history of",
)
TOPICS = [
    f"{a} {b}"
    for a in ("lentil", "mountain", "antique", "Roman", "garden", "desert")
    for b in ("soup", "clocks", "snails", "trains", "foxes", "cakes")
]
# Kinds of event, each first met at some step below this one; the last is beyond most runs.
FRONTIER = {
    "bumped wall": 200,
    "picked up key": 8_000,
    "picked up thing": 30_000,
    "unlocked": 200_000,
    "reached": 2_000_000,
}
TELEVISION = [f"The television shows {show} {topic}." for show in SHOWS for topic in TOPICS]
GUIDE = "relevance(embedded)"
MODEL = "embedded smollm2-135m-instruct 0123456789ab"
ENDS = {
    "supported": dict(zip(ARMS, (0.25, 0.93, 0.0, 0.03, 0.08), strict=True)),
    "refuted": dict(zip(ARMS, (1.0, 0.05, 1.0, 0.3, 1.0), strict=True)),
    "inconclusive": dict(zip(ARMS, (0.45, 0.6, 0.5, 0.4, 0.55), strict=True)),
}
PLAN = """\
# What is compared was fixed here, before the first step.
[claim]
id = "{id}"
sentence = "A language model's relevance weight makes novelty-seeking immune to endless irrelevant novelty."

[study]
world = "minigrid/blocked-unlock-pickup+television"
seeds = {seeds}
steps = {steps}
metric = "final_success"

[rule]
treatment = "guided"
smallest_effect = 0.1
alpha = 0.05

[arms.unguided]

[arms.guided]
signal = "event-count"
engine = "relevance(embedded)"

[arms.event-counts]
signal = "event-count"
engine = "constant"

[arms.shuffled]
signal = "event-count"
engine = "shuffled(relevance(embedded))"

[arms.constant-bonus]
signal = "event-constant"
engine = "constant"
"""


def make(
    folder: Path,
    verdict: str = "supported",
    seeds: int = 8,
    points: int = 55,
    steps: int = 450_000,
    endless: str = "",
    gif: bool = True,
    claim: str = "D13-blocked-unlock-pickup-television",
    leave_out: tuple[str, ...] = (),
) -> Path:
    """Write a folder of evidence. In the arm `endless` no episode ever ends; `leave_out` names files."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    runs = [
        run(arm, seed, ENDS[verdict][arm], points, steps, rng, arm == endless)
        for arm in ARMS
        for seed in range(seeds)
    ]
    plan = PLAN.format(id=claim, seeds=seeds, steps=steps)
    written = {
        "plan.toml": plan,
        "runs.jsonl": "".join(json.dumps(r) + "\n" for r in runs),
        "verdict.json": json.dumps(judge(parse_plan(plan, names=None), runs).to_json()),
        "answers.json": json.dumps(answers(rng)),
        "gold.json": json.dumps(gold(rng)),
        "costs.json": json.dumps(costs(rng, seeds * steps)),
        "environment.json": json.dumps(environment()),
    }
    for name, text in written.items():
        if name not in leave_out:
            (folder / name).write_text(text)
    if gif and "watch.gif" not in leave_out:
        from outrider.report.gif import draw_episode

        draw_episode(**episode(60, rng), title=f"{claim}, guided, seed 0", path=folder / "watch.gif")
    return folder


def run(
    arm: str, seed: int, end: float, points: int, steps: int, rng: np.random.Generator, endless: bool
) -> dict[str, Any]:
    """One run: a curve that rises late or never; its first points hold no ended episode."""
    at = np.linspace(steps / points, steps, points).astype(int)
    solved = rng.random() < end
    middle, slope = steps * rng.uniform(0.35, 0.75), steps * rng.uniform(0.03, 0.08)
    top = rng.uniform(0.86, 0.99) if solved else rng.uniform(0, 0.06)
    success = np.clip(top / (1 + np.exp(-(at - middle) / slope)) + rng.normal(0, 0.02, points), 0, 1)
    empty = (
        set(range(points)) if endless else {0, 1, *(rng.integers(2, points, 2).tolist() if seed == 1 else [])}
    )

    def told(values: Any) -> list[float | None]:
        return [None if i in empty else float(f"{v:.6g}") for i, v in enumerate(values)]

    watched = {
        "event-counts": 0.97,
        "shuffled": 0.8,
        "constant-bonus": 0.7,
        "unguided": 0.25,
        "guided": 0.06,
    }[arm]
    chance = np.random.default_rng(seed)
    shown = rng.choice(len(TELEVISION), 32, replace=False)
    done = {TELEVISION[i]: int(rng.integers(2, 9) * 300 * watched) for i in shown}
    done |= {
        event: int(rng.integers(1, 30) * 200 * (1 - watched))
        for event in [*PLAIN, *rng.choice(USEFUL, 12, replace=False).tolist(), HOSTILE]
    }
    return {
        "arm": arm,
        "seed": seed,
        "steps": at.tolist(),
        "success": told(success),
        "return": told(success * 0.9),
        "length": told(320 - 250 * success),
        "bonus": [float(f"{v:.6g}") for v in np.exp(-at / steps * 3) * 0.02],
        "episodes": [0 if i in empty else int(rng.integers(20, 60)) for i in range(points)],
        "entropy": [float(f"{v:.6g}") for v in 1.9 - 1.2 * success],
        "situations": [int(v) for v in 3 + 4000 * at / steps],
        "kinds": {"no event": int(steps * (1 - watched)), "television": int(steps * watched)},
        "first_kinds": {"no event": 64, "television": 128}
        | {kind: at for kind, most in FRONTIER.items() if (at := int(chance.integers(64, most))) <= steps},
        "events": dict(sorted(done.items(), key=lambda kv: -kv[1])),
        "first_seen": {event: int(rng.integers(1, steps)) for event in done},
    }


def answers(rng: np.random.Generator) -> dict[str, Any]:
    """About 300 captions for each engine; two abstentions; one hostile caption."""
    captions = [*USEFUL, *PLAIN, HOSTILE, *TELEVISION]
    told = []
    for caption in captions:
        useful = caption in USEFUL or caption == HOSTILE
        relevance = float(rng.normal(2.8, 0.9) if useful else rng.normal(0, 0.6))
        parts = {"relevance": relevance, "contrast": relevance * 0.6, "mission": relevance * 0.4 - 7}
        weight = min(max((relevance - 1.5) / 2.5, 0.0), 1.0)
        told.append({"caption": caption, "weight": weight, "abstention": "", "parts": parts})
    told[4] |= {"weight": 0.0, "abstention": 'the word " good" was not among the likely ones', "parts": {}}
    told[7] |= {"weight": 0.0, "abstention": "the engine answered too late", "parts": {}}
    shuffled = rng.permutation([one["weight"] for one in told]).tolist()
    engines = {GUIDE: told}
    for engine, weights in ((f"shuffled({GUIDE})", shuffled), ("constant", [1.0] * len(captions))):
        pairs = zip(captions, weights, strict=True)
        engines[engine] = [{"caption": c, "weight": w, "abstention": "", "parts": {}} for c, w in pairs]
    mission = "pick up the purple box"
    return {
        "engines": {
            k: {"name": f"{k} {MODEL}", "mission": mission, "captions": v} for k, v in engines.items()
        }
    }


def gold(rng: np.random.Generator) -> dict[str, Any]:
    """Thirty gold pairs: one ordered wrongly, one a tie, one abstained."""
    pairs = []
    for i in range(30):
        high, low = float(rng.uniform(0.4, 1)), float(rng.uniform(0, 0.3))
        if i < 2:
            high, low = ((0.1, 0.3), (0.0, 0.0))[i]
        outcome = "abstained" if i == 2 else "right" if high > low else "wrong" if high < low else "tie"
        better, worse = USEFUL[i], (PLAIN + TELEVISION)[i]
        pairs.append(
            {"better": better, "worse": worse, "better_score": high, "worse_score": low, "outcome": outcome}
        )
    pairs[2]["better_score"] = None
    record = {
        "name": MODEL,
        "mission": "get to the goal",
        "sentence": "",
        "accuracy": 27.5 / 29,
        "p": 2e-7,
        "pairs": pairs,
    }
    return {"engines": {GUIDE: record}}


def costs(rng: np.random.Generator, steps: int) -> dict[str, Any]:
    """Times as a small machine would show them."""
    arms = {}
    for arm in ARMS:
        wall, compiling = round(rng.uniform(38, 41), 3), round(rng.uniform(7, 9), 3)
        arms[arm] = {"environment_steps": steps, "wall_seconds": wall, "compile_seconds": compiling}
        arms[arm]["run_seconds"] = round(wall - compiling - 2, 3)
    engines = {MODEL: {"questions": 780, "abstentions": 2, "tokens": 9114, "seconds": 32.3}}
    return {"arms": arms, "engines": engines, "study": {"wall_seconds": 141.2, "workers": 2}}


def environment() -> dict[str, Any]:
    """A machine that does not exist."""
    return {
        "python": "3.11.9",
        "processor": "Example CPU @ 2.50GHz",
        "cores": 2,
        "system": "Linux 6.1",
        "commit": "0123456789abcdef0123456789abcdef01234567",
        "XLA_FLAGS": "--xla_cpu_enable_concurrency_optimized_scheduler=false",
        "packages": {"jax": "0.10.2", "numpy": "2.4.6", "equinox": "0.13.8"},
    }


def episode(length: int, rng: np.random.Generator) -> dict[str, Any]:
    """Frames of a square that wanders over tiles, with captions, bonuses and rewards."""
    tile, across, down = 24, 11, 6
    frames = np.full((length, down * tile, across * tile, 3), 40, np.uint8)
    frames[:, ::tile], frames[:, :, ::tile] = 70, 70
    x, y, captions, bonuses = 1, 1, [], np.zeros(length)
    for t in range(length):
        x, y = (x + int(rng.integers(-1, 2))) % across, (y + int(rng.integers(-1, 2))) % down
        frames[t, 2 * tile : 3 * tile, 5 * tile : 6 * tile] = (120, 60, 160)
        frames[t, y * tile + 3 : (y + 1) * tile - 2, x * tile + 3 : (x + 1) * tile - 2] = (220, 60, 50)
        captions.append("")
        if t % 13 == 5:
            captions[t], bonuses[t] = USEFUL[t % len(USEFUL)], 1.2 / (1 + t / 20)
        elif t % 17 == 9:
            captions[t] = TELEVISION[t % len(TELEVISION)]
    rewards = np.zeros(length)
    rewards[-1], captions[-1] = 0.93, "You picked up the purple box."
    return {"frames": frames, "captions": captions, "bonuses": bonuses, "rewards": rewards}


if __name__ == "__main__":
    import sys

    print(make(Path(sys.argv[1]), *sys.argv[2:3]))
