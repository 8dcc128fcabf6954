"""XLA's settings, made before `import jax`: the one place that every entry point passes.

On two cores, jitted programs with vmapped seeds or bonuses stood still for ever under XLA's concurrency-optimised CPU
scheduler (jax 0.10.2), so it is switched off. Compiled programs are kept in the user's cache folder, so that the second
worker and the second start need not compile. Every core this process may use is a device, so that synchronous learners
can have one each. What the user has set in the environment stays and wins.
"""

from __future__ import annotations

import os
import sys
import warnings

SCHEDULER_FLAG = "--xla_cpu_enable_concurrency_optimized_scheduler"
CACHE = "JAX_COMPILATION_CACHE_DIR"
DEVICES = "JAX_NUM_CPU_DEVICES"


def prepare() -> None:
    """Set what is not set yet; warn when jax was imported before and may stand still."""
    if CACHE not in os.environ:
        from platformdirs import user_cache_path

        os.environ[CACHE] = str(user_cache_path("outrider") / "xla")
    if DEVICES not in os.environ and "device_count" not in os.environ.get("XLA_FLAGS", ""):
        os.environ[DEVICES] = str(_cores())
    flags = os.environ.get("XLA_FLAGS", "")
    if SCHEDULER_FLAG in flags:
        return
    os.environ["XLA_FLAGS"] = f"{flags} {SCHEDULER_FLAG}=false".strip()
    if "jax" in sys.modules:
        warnings.warn(
            "jax was imported before outrider and may stand still on small machines; import outrider first",
            stacklevel=3,
        )


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        return os.cpu_count() or 1
