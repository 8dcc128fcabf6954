"""The episode that is filmed: each picture is of what a step led to, as its caption and its reward are."""

from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np

from outrider.learn.episode import play
from outrider.ops.distribution import Discrete
from outrider.types import Obs, Step

LENGTH = 5


class Counter(NamedTuple):
    """Tells the hour, and is solved at the fifth; an event says every even one."""

    id: str = "toy/counter"
    horizon: int = 9
    space: Discrete = Discrete(2)
    view: tuple[int, int] = (0, 0)
    vector: int = 1
    flags: int = 0
    codes: int = LENGTH + 1

    def reset(self, key):
        return jnp.int32(0), self._observe(jnp.int32(0))

    def step(self, key, state, action):
        now = state + 1
        over = now == LENGTH
        event = jnp.where(now % 2 == 0, now, 0)[None]
        return Step(now, self._observe(now), over.astype(jnp.float32), over, jnp.bool_(False), event)

    def stagger(self, key, state):
        return state, self._observe(state)

    def flag_bits(self, codes):
        return jnp.zeros_like(codes, jnp.uint32)

    def situation(self, state):
        return state[None]

    def render(self, state):
        return np.full((2, 2, 3), int(state), np.uint8)

    def _observe(self, state):
        return Obs(jnp.zeros((0, 0), jnp.uint8), state[None].astype(jnp.float32))


class Anyone(NamedTuple):
    """Acts by chance."""

    space: Discrete = Discrete(2)

    def start(self, copies):
        return ()

    def act(self, held, obs, restart):
        return jnp.zeros((len(obs.vector), 2)), jnp.zeros(len(obs.vector)), held


def test_a_picture_is_of_what_its_step_led_to():
    episode = play(cast(Any, Anyone()), Counter(), jax.random.key(0), copies=2)
    assert episode.frames[:, 0, 0, 0].tolist() == [1, 2, 3, 4, 5], "the end is shown, and not what follows it"
    assert episode.events == (0, 2, 0, 4, 0)
    assert episode.rewards == (0.0, 0.0, 0.0, 0.0, 1.0)
    assert episode.solved
