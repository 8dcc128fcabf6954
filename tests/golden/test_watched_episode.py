"""Which episode is shown: a solved one, and solved is told by the whole return, as in curves and evaluations."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from outrider.agents.actor_critic import ActorCritic
from outrider.agents.features import Features
from outrider.agents.rows import RowFeatures
from outrider.learn.episode import play
from outrider.learn.host_episode import play_host
from outrider.ops.distribution import Discrete
from outrider.types import Obs, Step
from outrider.worlds.spaces import Part, Row

HORIZON = 6


class State(NamedTuple):
    falls: jax.Array  # at this hour; from `HORIZON` on never
    clock: jax.Array


@dataclass(frozen=True)
class Pole:
    """It pays 1 a step until it falls, whatever is done: some poles stand to the end."""

    id: str = "toy/pole"
    horizon: int = HORIZON
    space: Discrete = Discrete(2)  # noqa: RUF009
    view: tuple[int, int] = (0, 0)
    vector: int = 1
    flags: int = 0
    codes: int = 1

    def reset(self, key):
        state = State(jax.random.randint(key, (), 2, 2 * HORIZON), jnp.int32(0))
        return state, self._observe(state)

    def step(self, key, state, action):
        after = state._replace(clock=state.clock + 1)
        fell = after.clock >= after.falls
        late = ~fell & (after.clock >= HORIZON)
        return Step(after, self._observe(after), jnp.float32(1), fell, late, jnp.zeros(1, jnp.int32))

    def situation(self, state):
        return jnp.stack([state.clock])

    def flag_bits(self, codes):
        return jnp.zeros(codes.shape, jnp.uint32)

    def render(self, state):
        return np.full((1, 1, 3), state.clock, np.uint8)

    def _observe(self, state):
        return Obs(jnp.zeros((0, 0), jnp.uint8), state.clock[None].astype(jnp.float32))


def test_an_episode_is_solved_by_its_return_and_not_by_its_last_step():
    network = ActorCritic(jax.random.key(0), Features("planes", (0, 0), 1), Discrete(2), 4, 1)
    shown = play(network, Pole(), jax.random.key(1), copies=16, above=HORIZON - 0.5)
    assert shown.solved
    assert shown.rewards == (1.0,) * HORIZON  # it stood, and was cut off
    assert shown.frames[:, 0, 0, 0].tolist() == list(range(1, HORIZON + 1)), (
        "what each step led to, and the end"
    )
    assert not play(network, Pole(), jax.random.key(1), copies=16, above=HORIZON).solved
    cut = play(network, Pole(), jax.random.key(1), copies=16, most_steps=1, above=-1.0)
    assert not cut.solved  # none has ended


def host(rewards, ends, same_step=False, above=0.0):
    """A host world of one episode that shows the hour; `same_step`: the next begins in the step that ends it."""
    left, clock = iter(enumerate(rewards, start=1)), [0]

    def receive():
        t, reward = next(left)
        clock[0] = 0 if same_step and t == len(rewards) else t
        over = np.array([t == len(rewards)])
        kinds = {kind: over & (kind == ends) for kind in ("terminated", "truncated")}
        return SimpleNamespace(
            reward=np.array([reward]),
            rows=np.zeros((1, 1), np.float32),
            said=None,
            fresh=over & same_step,
            **kinds,
        )

    return SimpleNamespace(
        reset=lambda seed: np.zeros((1, 1), np.float32),
        render=lambda: np.full((1, 1, 3), clock[0], np.uint8),
        send=lambda action: None,
        receive=receive,
        solved_above=above,
    )


def shown_of_host(world):
    network = ActorCritic(jax.random.key(0), RowFeatures(Row((Part((), 1),), "float32")), Discrete(2), 4, 1)
    return play_host(network, world, seed=0, episodes=1, most_steps=2)


@pytest.mark.parametrize(
    ("rewards", "ends", "solved"),
    [
        ([0.0, 1.0], "terminated", True),
        ([1.0, 0.0], "terminated", True),
        ([-2.0, 1.0], "terminated", False),
        ([1.0, 1.0], "truncated", True),
        ([1.0, 1.0], "", False),
    ],
)
def test_of_the_host_too(rewards, ends, solved):
    shown = shown_of_host(host(rewards, ends))
    assert shown.solved == solved
    assert shown.rewards == tuple(rewards)
    assert not shown_of_host(host(rewards, ends, above=2.0)).solved


@pytest.mark.parametrize("same_step", [False, True])
def test_a_host_shows_what_a_step_led_to_unless_that_is_gone(same_step):
    frames = shown_of_host(host([0.0, 1.0], "terminated", same_step)).frames[:, 0, 0, 0].tolist()
    assert frames == [1, 1 if same_step else 2], "never the next episode's"
