"""Several processes, on one machine or many, that train one team of synchronous learners together.

Every process runs the same command but for its number. Each steps the worlds of its own devices; gradients are
averaged over all. What they learn is what one process with as many devices learns.
"""

from __future__ import annotations

from dataclasses import dataclass

from outrider.errors import OutriderError

PATIENCE_S = 120  # for the other processes to appear
COMPILING_S = 1800  # for them to be as far, when each compiles for itself


@dataclass(frozen=True)
class Processes:
    """Which of several processes this is, and where they meet."""

    address: str = ""  # HOST:PORT of the first process, free there; empty for a process alone
    count: int = 1  # processes
    index: int = 0  # of this one, from 0

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.count:
            raise OutriderError(
                f"--processes.index is {self.index} and --processes.count {self.count}; "
                "number the processes 0 to count - 1"
            )
        if (self.count > 1) != (":" in self.address):
            raise OutriderError(
                f"--processes.count is {self.count} and --processes.address {self.address!r}; "
                "several processes need HOST:PORT of the first one, a process alone none"
            )

    @property
    def first(self) -> bool:
        """This process prints and writes; what it has, all have."""
        return self.index == 0

    def join(self) -> None:
        """Meet the others, before anything is computed. Errors: they do not appear in time."""
        if self.count == 1:
            return
        import jax

        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        try:
            jax.distributed.initialize(
                self.address, self.count, self.index, initialization_timeout=PATIENCE_S
            )
        except RuntimeError as error:
            told = str(error).splitlines()[0]
            raise OutriderError(
                f"process {self.index} of {self.count} did not meet the others at {self.address}: {told}"
            ) from None


def meet(point: str) -> None:
    """Wait until every process of the team is here; a process alone goes on. Errors: they do not come.

    Gloo gives a process that has compiled 30 seconds for the others to answer, which a busy machine exceeds.
    """
    import jax

    if jax.process_count() == 1:
        return
    from orbax.checkpoint import multihost

    try:
        multihost.get_barrier_sync_fn()(key=point, timeout_ms=1000 * COMPILING_S)
    except RuntimeError as error:
        told = str(error).splitlines()[0]
        raise OutriderError(f"the other processes did not come as far as {point}: {told}") from None
