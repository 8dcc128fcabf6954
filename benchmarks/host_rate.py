"""Environment steps per second of PPO on DoorKey-8x8: host path, device path, and a plain torch PPO, interleaved.

    python benchmarks/host_rate.py            # needs the extras train and bench; about four minutes

Same hidden layers (2 x 64 tanh for policy and value each), copies, rollout, epochs and minibatches. Host path and torch
step the same C++ world of envpool and take the same inputs, three numbers a cell and the direction; the device path
steps Outrider's own world, whose inputs are two numbers a cell and 16 flags of events. Each measurement is a process of
its own; compiling and the first two updates are left out on all sides. Torch is measured with one thread and with two,
and the better median is the peer. Writes benchmarks/results/host_rate.json.
"""

from __future__ import annotations

import statistics
import sys

from peers import interleaved, rows_of
from record import record

ENVS, ROLLOUT, EPOCHS, MINIBATCHES, UPDATES = 64, 64, 4, 4, 120
LEARNERS = 2  # synchronous, of the device path
ROUNDS = 3


def host_path(overlap: bool) -> float:
    """Steps per second of Outrider over envpool, learning and stepping at once or in turn."""
    import outrider  # noqa: F401  # sets XLA's flags before jax
    from outrider.learn.host import train_host
    from outrider.learn.settings import Settings

    settings = Settings(envs=ENVS, rollout=ROLLOUT, epochs=EPOCHS, minibatches=MINIBATCHES)
    world, steps = "envpool/MiniGrid-DoorKey-8x8-v0", UPDATES * settings.batch
    trained = train_host(world, settings, 0, steps, overlap=overlap)
    return trained.run_steps / trained.run_seconds


def device_path() -> float:
    """Steps per second of Outrider on its own device world."""
    import outrider  # noqa: F401
    from outrider.learn.settings import Settings
    from outrider.learn.train import train

    settings = Settings(
        envs=ENVS,
        rollout=ROLLOUT,
        epochs=EPOCHS,
        minibatches=MINIBATCHES,
        cells="numbers",
        learners=LEARNERS,
    )
    trained = train("minigrid/doorkey-8x8", settings, "none", None, [0], steps=UPDATES * settings.batch)
    return float(trained.lines.steps[0, -1] / trained.run_seconds)


def torch_peer(threads: int) -> float:
    """Steps per second of benchmarks/torch_ppo.py."""
    from torch_ppo import train

    return train(UPDATES * ENVS * ROLLOUT, threads=threads)


CONTENDERS = {
    "outrider, device world": device_path,
    "outrider, envpool": lambda: host_path(overlap=True),
    "outrider, envpool, in turn": lambda: host_path(overlap=False),
    "torch, envpool, 1 thread": lambda: torch_peer(1),
    "torch, envpool, 2 threads": lambda: torch_peer(2),
}


def main() -> None:
    """Measure every contender `ROUNDS` times in turn; print and write medians and ratios."""
    if len(sys.argv) > 1:
        print(float(CONTENDERS[sys.argv[1]]()))
        return
    commands = {name: [sys.executable, __file__, name] for name in CONTENDERS}
    rates = interleaved(commands, ROUNDS, OMP_WAIT_POLICY="passive")
    peer = max(statistics.median(found) for name, found in rates.items() if name.startswith("torch"))
    rows = rows_of(rates, "learner", "torch", peer)
    what = (
        f"PPO on DoorKey-8x8, flat observations (envpool's 151 inputs: 3 x 49 and the direction; the device world's "
        f"114: 2 x 49 and 16 flags of events), two networks of 2 x 64, {ENVS} copies x {ROLLOUT} steps, {EPOCHS} "
        f"epochs, {MINIBATCHES} minibatches; the device world with {LEARNERS} synchronous learners; medians of "
        f"{ROUNDS} interleaved runs; torch's better median is what the others are over."
    )
    print(record("host_rate", what, rows))


if __name__ == "__main__":
    main()
