"""What PPO and recurrent PPO reach on Craftax-Classic within 1 M steps, beside published figures.

    python benchmarks/craftax_score.py           # needs the extras train and worlds; about 2 minutes a seed and learner

The score is the mean return of whole episodes as a percentage of 22, every achievement once. Published figures of other
benchmarks are percentages of those benchmarks' own maximum. Writes benchmarks/results/craftax_score.json.
"""

from __future__ import annotations

import json
import subprocess
import sys

from record import record

SEEDS = (0, 1, 2, 3, 4)
STEPS = 1_000_000
MOST = 22.0
LEARNERS = {
    "PPO": {"envs": 64, "rollout": 64, "learning_rate": 1e-3},
    "PPO with a GRU": {"envs": 64, "rollout": 64, "learning_rate": 1e-3, "memory": "gru"},
}
# Rewards in percent of each benchmark's maximum, after 1 M environment steps; all but ours as their sources say.
PUBLISHED = (
    ("human experts", "Craftax-Classic", 65.0, "Dedieu et al. 2025, arXiv 2502.01591"),
    ("transformer world model, pixels", "Craftax-Classic", 69.66, "Dedieu et al. 2025, arXiv 2502.01591"),
    ("DreamerV3, pixels", "Craftax-Classic", 53.2, "Dedieu et al. 2025, arXiv 2502.01591"),
    ("PPO-RNN", "Craftax (226)", 2.3, "scoreboard of the Craftax repository"),
    ("PPO", "Craftax (226)", 2.2, "scoreboard of the Craftax repository"),
)


def score(name: str, seed: int) -> dict[str, float]:
    """Returns of one learner: of 64 fresh whole episodes after training, and of those in the last tenth of it."""
    import outrider  # noqa: F401  # sets XLA's flags before jax
    from outrider.learn.settings import Settings
    from outrider.learn.train import train

    trained = train("craftax/classic", Settings(**LEARNERS[name]), "none", None, [seed], STEPS)
    late = slice(-max(1, trained.lines.steps.shape[1] // 10), None)
    training = trained.lines.returns[0, late].sum() / max(1, trained.lines.episodes[0, late].sum())
    return {
        "evaluated": float(trained.returned[0]),
        "training": float(training),
        "seconds": trained.run_seconds,
    }


def main() -> None:
    """Train every learner on every seed, each in a process of its own; print and write the scores."""
    if len(sys.argv) > 1:
        print(json.dumps(score(sys.argv[1], int(sys.argv[2]))))
        return
    rows = []
    for name in LEARNERS:
        runs = []
        for seed in SEEDS:
            done = subprocess.run(
                [sys.executable, __file__, name, str(seed)], capture_output=True, text=True, check=True
            )
            runs.append(json.loads(done.stdout.splitlines()[-1]))
            print(name, seed, runs[-1], flush=True)
        shares = [100 * run["evaluated"] / MOST for run in runs]
        told = f"here; {len(SEEDS)} seeds, {min(shares):.1f} to {max(shares):.1f}"
        rows.append(_row(f"Outrider, {name}", "Craftax-Classic", sum(shares) / len(shares), told))
    rows += [_row(*published) for published in PUBLISHED]
    what = (
        f"Reward after {STEPS:,} environment steps as a percentage of the benchmark's maximum; ours symbolic."
    )
    print(record("craftax_score", what, rows))


def _row(learner: str, benchmark: str, percent: float, source: str) -> dict[str, str | float]:
    return {
        "learner": learner,
        "benchmark": benchmark,
        "percent of maximum": round(percent, 2),
        "source": source,
    }


if __name__ == "__main__":
    main()
