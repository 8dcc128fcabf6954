"""What runs scored: numbers in [0, 1] from their curves, greater is better; and when a run solved the world.

A point of a curve covers the environment steps since the point before. Its success is the mean over the
episodes that ended in it, None where none ended. Where a window holds no ended episode the score is None:
missing, never 0.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from outrider.verify.runs import Run

FINAL_TENTHS = 1  # of the steps
SOLVED = 0.9
ENOUGH = 64  # episodes: as many as the final policy is evaluated on


def final_success(run: Run) -> float | None:
    """Mean success of the episodes that end in the last tenth of the steps, each episode counted once.

    A point belongs to the window where its end lies after the first nine tenths of the run's own steps.
    """
    inside = [
        (success, episodes)
        for end, success, episodes in zip(run.steps, run.success, run.episodes, strict=True)
        if 10 * end > (10 - FINAL_TENTHS) * run.steps[-1] and success is not None
    ]
    total = sum(episodes for _, episodes in inside)
    return sum(success * episodes for success, episodes in inside) / total if total else None


def area_under_curve(run: Run) -> float | None:
    """Mean success over the environment steps: each point weighs as many steps as it covers.

    A point where no episode ended carries the success of the point before it on; those before the first
    episode that ended count as 0, for nothing has been solved yet. None where no episode ended at all.
    """
    if all(success is None for success in run.success):
        return None
    area, before, latest = 0.0, 0, 0.0
    for end, success in zip(run.steps, run.success, strict=True):
        latest = latest if success is None else success
        area += latest * (end - before)
        before = end
    return area / run.steps[-1]


def steps_to_threshold(run: Run, threshold: float = SOLVED) -> int | None:
    """The environment steps at which the latest points, together `ENOUGH` episodes or more, reach the threshold.

    As many of the latest points as hold so many episodes: a single lucky one solves nothing. None is censored: not
    within the budget.
    """
    latest: deque[tuple[float, int]] = deque()
    episodes = solved = 0.0
    for end, success, count in zip(run.steps, run.success, run.episodes, strict=True):
        if success is None:
            continue
        latest.append((success * count, count))
        episodes, solved = episodes + count, solved + success * count
        while episodes - latest[0][1] >= ENOUGH:
            won, count = latest.popleft()
            episodes, solved = episodes - count, solved - won
        if episodes >= ENOUGH and solved >= threshold * episodes - 1e-9:
            return end
    return None


def evaluated_success(run: Run) -> float | None:
    """Share of fresh whole episodes that the final policy solves; None where the run was not evaluated."""
    return run.solved


METRICS: dict[str, Callable[[Run], float | None]] = {
    "evaluated_success": evaluated_success,
    "final_success": final_success,
    "area_under_curve": area_under_curve,
}
STEADINESS = "steadiness"  # of `STEADY`, from pairs of seeds
STEADY = "evaluated_success"


def scores(metric: str, runs: Sequence[Run]) -> list[float | None]:
    """The scores of an arm, its runs in the order of their seeds: one a run, or one a pair of runs for steadiness."""
    if metric != STEADINESS:
        return [METRICS[metric](run) for run in runs]
    each = [METRICS[STEADY](run) for run in runs]
    return [
        None if one is None or other is None else 1 - abs(one - other)
        for one, other in zip(each[::2], each[1::2], strict=True)
    ]


def of_one_run(metric: str) -> str:
    """The metric that a single run has a score in."""
    return STEADY if metric == STEADINESS else metric
