"""Judge results of your own, from any trainer: a plan, curves of runs, a verdict. NumPy and SciPy only.

python examples/judge_only.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from outrider.verify.judge import judge
from outrider.verify.plan import parse_plan

PLAN = """
[claim]
id = "my-claim"
sentence = "My guide solves the world where no guide does."
[study]
world = "my/world"
seeds = 10
steps = 100_000
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
"""
SOLVES = {"unguided": 0.1, "guided": 0.95, "event-counts": 0.9}  # the share of seeds that solve the world


def runs_of_my_own_trainer(seeds: int, steps: int) -> Iterator[dict[str, Any]]:
    """One record a run, as in `runs.jsonl`: here made up, so that nothing has to be trained."""
    rng = np.random.default_rng(0)
    for arm, share in SOLVES.items():
        for seed in range(seeds):
            top = rng.beta(30, 1) if rng.random() < share else rng.beta(1, 30)
            curve = top / (1 + np.exp(np.linspace(6, -6, 20)))
            yield {
                "arm": arm,
                "seed": seed,
                "steps": [steps * (i + 1) // 20 for i in range(20)],
                "success": curve.tolist(),
                "episodes": [50] * 20,
            }


def main() -> None:
    """Print what follows from the runs, comparison by comparison."""
    plan = parse_plan(PLAN, names=None)  # None: worlds, engines and signals may be of other libraries
    verdict = judge(plan, list(runs_of_my_own_trainer(plan.seeds, plan.steps)))
    print(f"{verdict.verdict.upper()}: {verdict.headline}")
    for c in verdict.comparisons:
        print(f"  against {c.against:14} {c.difference:+.2f} [{c.low:+.2f}, {c.high:+.2f}]  {c.outcome}")


if __name__ == "__main__":
    main()
