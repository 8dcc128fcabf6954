"""A study whose workers are real processes and whose training is arithmetic.

As a script it runs one study as the command line would: `python tests/toy_study.py PLAN.toml OUT [WORKERS]`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from unittest import mock

from outrider.errors import OutriderError
from outrider.verify import bundles
from outrider.verify.asking import Asked
from outrider.verify.names import Names
from outrider.verify.study import Study, run_study

WORKER = (sys.executable, str(Path(__file__).with_name("toy_worker.py")))
PLAN = """\
[claim]
id = "toy"
sentence = "Arithmetic explores."
[study]
world = "toy/world"
seeds = 8
steps = 1_000
metric = "final_success"
[rule]
treatment = "guided"
smallest_effect = 0.1
alpha = 0.05
[arms.unguided]
[arms.guided]
signal = "event-count"
engine = "relevance(toy)"
[arms.event-counts]
signal = "event-count"
engine = "constant"
"""


def names() -> Names:
    """Checks that know the toy's world and engines."""
    from outrider.explore.names import check
    from outrider.learn.algorithms import settings_from

    return Names(lambda _: None, check, lambda _: None, settings_from)


def ask(plan, folder, cassette, progress) -> Asked:
    """Every engine gives one weight."""
    weights = {engine: (json.dumps({"by_caption": {engine: 1.0}}),) for engine in plan.engines}
    return Asked(weights, {engine: {"questions": 1, "tokens": 0, "seconds": 0.0} for engine in plan.engines})


def run(plan_path: Path, out: Path | None = None, alone: bool = True, **options) -> Study:
    """`run_study` with the toy's worker, engines and names; `alone`: each job in a process of its own."""
    most = 1 if alone else bundles.MOST_STEPS
    with mock.patch.object(bundles, "MOST_STEPS", most):
        return run_study(plan_path, out, **{"worker": WORKER, "ask": ask, "names": names(), **options})


def write_plan(folder: Path, text: str = PLAN) -> Path:
    """The plan in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.toml").write_text(text)
    return folder / "plan.toml"


if __name__ == "__main__":
    try:
        run(Path(sys.argv[1]), Path(sys.argv[2]), workers=int(sys.argv[3]) if len(sys.argv) > 3 else None)
    except OutriderError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
