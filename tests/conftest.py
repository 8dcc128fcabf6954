"""Its presence puts this folder on the path: tests import `toy_study`, `synthetic_evidence` and `walks` from here."""

import os
import re
from functools import cache
from pathlib import Path

import pytest

os.environ.setdefault("JAX_NUM_CPU_DEVICES", "4")  # for teams of synchronous learners, whatever the machine
# A run compiles the same small programs many times over, in its workers and in the processes that tests start.
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")

import outrider  # noqa: F401  before any test imports jax: it makes XLA's settings

ROOT = Path(__file__).parents[1]
# Files that share what takes long to make: compiled walks, the language model. One worker runs them all.
SHARED = {
    "walks": re.compile(r"\bwalks\.(?:walk|step|start|scrambled)\w*\("),
    "model": re.compile(r"\blm_model\b"),
}


@cache
def portion(file: str) -> str:
    """What one worker runs whole: a file, or all files that share something."""
    text = (ROOT / file).read_text(encoding="utf-8")
    return next((name for name, used in SHARED.items() if used.search(text)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Tests are dealt out to the workers of `make test` by such portions."""
    from xdist.scheduler import LoadScopeScheduling

    class Portions(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return portion(nodeid.partition("::")[0])

    return Portions(config, log)
