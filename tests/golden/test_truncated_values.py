"""What DQN and PQN learn where clocks cut episodes off: one update of each, retold step by step in NumPy."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import walks
from buttons import Buttons
from outrider.explore.signal import nothing
from outrider.learn.collect import collect
from outrider.learn.dqn import DQN
from outrider.learn.pqn import PQN
from outrider.learn.q_settings import DQNSettings, PQNSettings
from outrider.learn.replay import draw
from outrider.types import Atlas
from outrider.worlds.batch import Batch

COPIES, LENGTH, HORIZON, SIZE = 32, 6, 6, 2
WORLD = Buttons(SIZE, horizon=HORIZON)
SMALL = {"envs": COPIES, "rollout": LENGTH, "width": 8, "minibatches": 1, "epsilon_start": 1.0}
DQN_SETTINGS = DQNSettings(**SMALL, rows=128, warmup=192, capacity=192)
PQN_SETTINGS = PQNSettings(**SMALL, epochs=1)


def updated(made):
    """A learner of large values, the rollout that it learns from, the learner after that update, and its line."""
    begin = jax.jit(made.init, compiler_options=walks.QUICK)(
        jax.random.key(2), Atlas(jnp.zeros(4), jnp.zeros(4, bool))
    )
    pressed = begin.copies.world._replace(left=jnp.ones(COPIES, bool))  # all are about to win
    loud = replace(begin.network, values=jax.tree.map(lambda x: 1.5 * x, begin.network.values))
    begin = begin._replace(network=loud, copies=begin.copies._replace(world=pressed))
    if isinstance(made, DQN):
        begin = begin._replace(target=jax.tree.map(lambda x: 2 * x + 0.1, begin.target))
    key = jax.random.split(begin.key, 3)[1]
    roll = jax.jit(
        lambda now: collect(made.batch, now.network, now.copies, now.sight, key, LENGTH),
        compiler_options=walks.QUICK,
    )
    return begin, roll(begin).trajectory, *jax.jit(made.update, compiler_options=walks.QUICK)(begin)


def lived(begin, actions):
    """What the actions lead to, before any reset: rewards, both kinds of end, and sights `[T, B, ...]`."""
    place, pressed, clock = (np.array(x) for x in begin.copies.world)
    flags, told = np.zeros((COPIES, 3)), []
    for action in np.asarray(actions):
        place = np.clip(place + (action == 1) - (action == 0), 0, SIZE - 1)
        left, right = ((action == 2) & (place == end) for end in (0, SIZE - 1))
        won, pressed, clock = right & pressed, pressed | left, clock + 1
        late = ~won & (clock >= HORIZON)
        flags[left, 0] = flags[right, 1] = 1
        told.append((won * 1.0, won, late, np.concatenate([np.eye(SIZE)[place], flags], axis=1)))
        done = won | late
        place, clock = np.where(done, SIZE // 2, place), np.where(done, 0, clock)
        pressed, flags = pressed & ~done, flags * ~done[:, None]
    reward, won, late, reached = (np.stack(part) for part in zip(*told, strict=True))
    assert late.sum() > 8
    assert won.sum() > 4
    return reward, won, late, reached.astype(np.float32)


def of_actions(values, actions):
    """The value of each row's action."""
    return np.take_along_axis(np.asarray(values), np.asarray(actions)[..., None], -1)[..., 0]


def test_dqn_looks_beyond_a_truncated_step_and_not_beyond_a_terminated_one():
    made = DQN(Batch(WORLD, COPIES, fresh=4), DQN_SETTINGS, nothing(), updates=4)
    begin, path, after, line = updated(made)
    reward, won, late, reached = lived(begin, path.action)
    online, later = begin.network.values(reached), np.asarray(begin.target(reached))
    ahead = made.settings.discount * of_actions(later, online.argmax(-1))
    now = of_actions(begin.network.values(seen(path)), path.action)

    where = after.replay._replace(rows=jnp.arange(after.replay.filled))
    key = jax.random.split(jax.random.split(jax.random.split(begin.key, 3)[2])[1], 1)[0]
    drawn = np.asarray(draw(where, key, made.settings.rows))

    def loss(ends):
        error = np.abs(now - (reward + ahead * ~ends)).ravel()[drawn]
        return np.where(error < 1, 0.5 * error**2, error - 0.5).mean()

    assert float(line.loss) == pytest.approx(loss(won), rel=1e-4)
    for other in (won | late, late, np.zeros_like(won)):
        assert abs(loss(other) - loss(won)) > 5e-3 * loss(won)  # it matters which ends count


def test_pqns_returns_are_cut_at_both_ends_and_go_on_in_value_beyond_a_truncated_one():
    made = PQN(Batch(WORLD, COPIES, fresh=4), PQN_SETTINGS, nothing(), updates=4)
    begin, path, _, line = updated(made)
    reward, won, late, reached = lived(begin, path.action)
    best = np.asarray(begin.network.values(reached).max(-1))
    now, s = of_actions(begin.network.values(seen(path)), path.action), made.settings

    def loss(terminated, truncated):
        returns, ahead = np.zeros_like(best), best[-1]
        for t in reversed(range(LENGTH)):
            mixed = s.trace * ahead + (1 - s.trace) * best[t]
            ahead = reward[t] + s.discount * np.where(truncated[t], best[t], mixed) * ~terminated[t]
            returns[t] = ahead
        return 0.5 * ((now - returns) ** 2).mean()

    assert float(line.loss) == pytest.approx(loss(won, late), rel=1e-4)
    none = np.zeros_like(won)
    for other in ((late, won), (won | late, none), (won, none), (none, won | late)):
        assert abs(loss(*other) - loss(won, late)) > 5e-3 * loss(won, late)


def seen(path):
    """The rows on which the actions were chosen."""
    return path.obs.vector.astype(jnp.float32)
