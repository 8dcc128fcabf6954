"""XLA's settings for small machines, set before `import jax`: the one place that every entry point passes.

On two cores, jitted programs with vmapped seeds or bonuses stood still for ever under XLA's concurrency-optimised CPU
scheduler (jax 0.10.2). What the user has set in `XLA_FLAGS` stays and wins.
"""

from __future__ import annotations

import os
import sys
import warnings

SCHEDULER_FLAG = "--xla_cpu_enable_concurrency_optimized_scheduler"


def prepare() -> None:
    """Add the scheduler flag to `XLA_FLAGS` unless the user set it; warn when jax has already read the flags."""
    flags = os.environ.get("XLA_FLAGS", "")
    if SCHEDULER_FLAG in flags:
        return
    os.environ["XLA_FLAGS"] = f"{flags} {SCHEDULER_FLAG}=false".strip()
    if "jaxlib.xla_extension" in sys.modules or "jaxlib._jax" in sys.modules:
        warnings.warn(
            "jax was imported before outrider, so XLA may stand still on small machines; import outrider first",
            stacklevel=3,
        )
