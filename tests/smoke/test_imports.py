"""Imports go downward only, what must not load jax does not, and XLA is set up before jax is."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "outrider"
# Each row may use the rows above it and itself: the order of DESIGN's rooms.
ROWS = (
    ("types", "errors", "files", "sources", "_xla", "interrupt"),
    ("ops",),
    ("worlds",),
    ("lm",),
    ("explore",),
    ("guide",),
    ("agents",),
    ("learn",),
    ("league",),
    ("tune",),
    ("verify",),
    ("sweep",),
    ("report",),
    ("cli", "commands"),
)
ROW_OF = {room: row for row, rooms in enumerate(ROWS) for room in rooms}
WITHOUT_JAX = (
    "outrider",
    "outrider.errors",
    "outrider.cli",
    "outrider.guide.vocabulary",
    "outrider.guide.weights",
    "outrider.learn.algorithms",
    "outrider.learn.go_settings",
    "outrider.learn.hierarchy_settings",
    "outrider.learn.settings",
    "outrider.sources",
    "outrider.worlds.names",
)
ROOMS_WITHOUT_JAX = ("lm", "verify", "report")


def imported(path: Path, source: Path = SOURCE) -> Iterator[tuple[int, str]]:
    """Line and room of every import of outrider in a file, wherever in it; relative ones resolved."""
    package = ("outrider", *path.relative_to(source).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else ()
            whole = [*base, *(node.module or "").split(".")] if node.module else list(base)
            names = [[*whole, alias.name] for alias in node.names]
        else:
            continue
        yield from ((node.lineno, parts[1]) for parts in names if parts[0] == "outrider" and len(parts) > 1)


def violations(source: Path = SOURCE) -> list[str]:
    """Every import that goes upward, as file:line."""
    found = []
    for path in sorted(source.rglob("*.py")):
        relative = path.relative_to(source)
        room = relative.parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        if room not in ROW_OF:
            found.append(f"{relative}: the room {room!r} has no row; give it one in {Path(__file__).name}")
            continue
        for line, other in imported(path, source):
            if ROW_OF.get(other, -1) > ROW_OF[room]:
                found.append(f"src/outrider/{relative}:{line}: {room} imports {other}, which is below it")
    return found


def test_imports_go_downward_only():
    assert violations() == []


def test_an_upward_import_is_found_wherever_it_hides(tmp_path):
    for room, text in {
        "ops": "def late():\n    from outrider import learn\n",
        "lm": "import outrider.verify.plan\n",
        "guide": "from ..report import html\n",
        "learn": "from outrider.types import Key\nfrom outrider.learn.ppo import PPO\n",
        "attic": "",
    }.items():
        (tmp_path / room).mkdir()
        (tmp_path / room / "it.py").write_text(text)
    assert violations(tmp_path) == [
        "attic/it.py: the room 'attic' has no row; give it one in test_imports.py",
        "src/outrider/guide/it.py:1: guide imports report, which is below it",
        "src/outrider/lm/it.py:1: lm imports verify, which is below it",
        "src/outrider/ops/it.py:2: ops imports learn, which is below it",
    ]


def python(code: str, seconds: float = 60, **environment: str) -> str:
    """What a fresh Python prints. `XLA_FLAGS` is as given here, or unset."""
    clean = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=seconds,
        env=clean | environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def modules_without_jax() -> list[str]:
    rooms = [path for room in ROOMS_WITHOUT_JAX for path in sorted((SOURCE / room).rglob("*.py"))]
    dotted = [".".join(("outrider", *path.relative_to(SOURCE).with_suffix("").parts)) for path in rooms]
    return [*WITHOUT_JAX, *(name.removesuffix(".__init__") for name in dotted)]


def test_what_judges_asks_and_reports_imports_no_jax():
    code = (
        "import importlib, sys\n"
        f"for name in {modules_without_jax()!r}:\n"
        "    importlib.import_module(name)\n"
        "    heavy = {'jax', 'jaxlib', 'equinox', 'optax', 'jaxtyping', 'torch'} & set(sys.modules)\n"
        "    assert not heavy, f'{name} imports {sorted(heavy)}'\n"
    )
    python(code)


@pytest.mark.parametrize("arguments", [["--help"], ["verify", "--help"], ["train", "--help"]])
def test_help_imports_no_jax_and_no_numbers(arguments):
    code = (
        "import sys\n"
        "from outrider.cli import main\n"
        "try:\n"
        f"    main({arguments!r})\n"
        "except SystemExit as end:\n"
        "    assert not end.code\n"
        "assert not {'jax', 'jaxlib', 'scipy'} & set(sys.modules)\n"
    )
    assert "outrider" in python(code)


FLAG = "--xla_cpu_enable_concurrency_optimized_scheduler"
SHOW = "import os; print(os.environ['XLA_FLAGS'])"


def test_importing_outrider_sets_the_scheduler():
    assert python(f"import outrider; {SHOW}") == f"{FLAG}=false"
    assert python(f"import outrider.worlds.names; {SHOW}") == f"{FLAG}=false"


@pytest.mark.parametrize("user", [f"{FLAG}=true", f"{FLAG}=false", f"--xla_foo=1 {FLAG}=true"])
def test_what_the_user_set_for_the_scheduler_stays(user):
    assert python(f"import outrider; {SHOW}", XLA_FLAGS=user) == user


def test_other_flags_of_the_user_stay():
    given = "--xla_force_host_platform_device_count=2"
    assert python(f"import outrider; {SHOW}", XLA_FLAGS=given) == f"{given} {FLAG}=false"


def test_jax_imported_first_is_warned_of():
    code = (
        "import warnings\n"
        "import jax\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        "    import outrider\n"
        "print([str(w.message) for w in caught if 'import outrider first' in str(w.message)] != [])\n"
    )
    assert python(code) == "True"


DEADLOCK = """
import faulthandler, os
faulthandler.dump_traceback_later(230, exit=True)
try:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
except AttributeError:
    pass  # not on macOS
from outrider.guide.atlas import empty_atlas
from outrider.learn.settings import Settings
from outrider.learn.train import train
from outrider.types import Atlas
from outrider.worlds.registry import make
import jax.numpy as jnp

world = "minigrid/doorkey-8x8+television"
codes = make(world).codes
atlas = Atlas(jnp.ones(codes), jnp.ones(codes, bool))
small = Settings(envs=16, rollout=32, minibatches=4, epochs=2)
trained = train(world, small, "event-count", atlas, seeds=[0, 1, 2], steps=16 * 32 * 36)
print(trained.lines.steps.shape)
"""


def test_a_jitted_vmapped_program_with_a_bonus_finishes_on_two_cores():
    """As it comes, jax 0.10.2 stood still here for ever; the stacks are printed if it does so again."""
    assert python(DEADLOCK, seconds=240) == "(3, 36)"
