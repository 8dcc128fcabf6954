"""Environment steps per second of PPO on CartPole with 256 worlds: Outrider beside rejax, interleaved, in one run.

    make .venv/ready-bench .venv/ready-peers && .venv/bin/python benchmarks/cartpole_rate.py     # about four minutes

rejax needs gymnax below 1.0, so it lives in an environment of its own, with XLA as it comes: the setting that Outrider
makes (`_xla.py`) is none of rejax's. Same networks (policy and value each 2 x 64, tanh), copies, rollout, epochs and
minibatches, both in one jitted program. Each measurement is a process of its own; compiling and the first run are left
out on both sides, and rejax evaluates nothing on the way. Writes benchmarks/results/cartpole_rate.json.
"""

from __future__ import annotations

import statistics
import sys

from peers import interleaved, python_of, rows_of, versions_of
from record import record

COPIES, ROLLOUT, EPOCHS, MINIBATCHES, UPDATES = 256, 32, 4, 8, 120
LEARNERS = 2
ROUNDS = 5

# What runs in rejax's own environment: a program of its own, timed on its second call.
REJAX = f"""
import time, jax
from rejax import PPO

steps = {COPIES * ROLLOUT * UPDATES}
algo = PPO.create(
    env="CartPole-v1", num_envs={COPIES}, num_steps={ROLLOUT}, num_epochs={EPOCHS},
    num_minibatches={MINIBATCHES}, learning_rate=1e-3, total_timesteps=steps, eval_freq=steps,
    skip_initial_evaluation=True, agent_kwargs=dict(activation="tanh", hidden_layer_sizes=(64, 64)),
)
algo = algo.replace(eval_callback=lambda algo, state, key: ())
train = jax.jit(algo.train)
jax.block_until_ready(train(jax.random.PRNGKey(0)))
began = time.perf_counter()
jax.block_until_ready(train(jax.random.PRNGKey(1)))
print(steps / (time.perf_counter() - began))
"""


def outrider(learners: int) -> float:
    """Steps per second of Outrider's PPO, by synchronous learners."""
    import outrider  # noqa: F401  # sets XLA's flags before jax
    from outrider.learn.settings import Settings
    from outrider.learn.train import train

    settings = Settings(
        envs=COPIES,
        rollout=ROLLOUT,
        epochs=EPOCHS,
        minibatches=MINIBATCHES,
        learning_rate=1e-3,
        learners=learners,
    )
    trained = train("gymnax/cartpole", settings, "none", None, [0], UPDATES * settings.batch)
    return float(trained.lines.steps[0, -1] / trained.run_seconds)


CONTENDERS = {"outrider": LEARNERS, "outrider-one-learner": 1}


def main() -> None:
    """Measure every contender `ROUNDS` times in turn; print and write medians and ratios."""
    if len(sys.argv) > 1:
        print(outrider(CONTENDERS[sys.argv[1]]))
        return
    commands = {name: [sys.executable, __file__, name] for name in CONTENDERS}
    rejax = versions_of("rejax")
    commands["rejax"] = [python_of("rejax"), "-c", REJAX]
    rates = interleaved(commands, ROUNDS)
    peer = statistics.median(rates["rejax"])
    rows = rows_of(rates, "learner", "rejax", peer)
    what = (
        f"PPO on CartPole, two networks of 2 x 64, {COPIES} copies x {ROLLOUT} steps, {EPOCHS} epochs, "
        f"{MINIBATCHES} minibatches; {LEARNERS} synchronous learners where not said otherwise; "
        f"rejax {rejax['rejax']} on gymnax {rejax['gymnax']} with jax {rejax['jax']} and XLA's own settings; "
        f"medians of {ROUNDS} interleaved runs."
    )
    print(record("cartpole_rate", what, rows, {"rejax": rejax}))


if __name__ == "__main__":
    main()
