"""A device world of your own, with its captioner: a dark corridor with a switch at one end and a door at the other.

python examples/own_world.py                             # event counts without a model; seconds
python examples/own_world.py --engine 'relevance(embedded)'
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import NamedTuple

import outrider  # noqa: F401  first: it sets XLA up before jax is imported

# isort: split
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, UInt32

from outrider.guide.atlas import compile_atlas
from outrider.guide.vocabulary import Vocabulary
from outrider.guide.weights import ask
from outrider.learn.evaluate import EPISODES
from outrider.learn.settings import Settings
from outrider.learn.train import train
from outrider.lm.registry import build
from outrider.ops.distribution import Discrete
from outrider.types import Key, Obs, Step

LENGTH = 9
LEFT, RIGHT, USE = range(3)
SILENCE, BUMPED, FLIPPED, LOCKED, OUT = range(5)  # event codes; 0 is always silence
MISSION = "switch on the light and leave through the door"
SENTENCES = {
    BUMPED: "You bumped into the wall.",
    FLIPPED: "You switched on the light.",
    LOCKED: "You pushed against the door in the dark.",
    OUT: "You left through the door.",
}


class State(NamedTuple):
    place: Int[Array, ""]
    light: Int[Array, ""]
    clock: Int[Array, ""]


@dataclass(frozen=True)
class Corridor:
    """Pure functions of one world; `Batch` makes many of them and starts ended ones anew."""

    id: str = "own/corridor"
    horizon: int = 60  # steps after which an episode is truncated
    space: Discrete = Discrete(3)  # noqa: RUF009
    view: tuple[int, int] = (0, 0)  # no grid ...
    vector: int = LENGTH + 1  # ... but a vector: where I am, and whether there is light
    flags: int = len(SENTENCES)  # of each kind of event: did it occur in this episode? Appended to the vector
    codes: int = len(SENTENCES) + 1

    def reset(self, key: Key) -> tuple[State, Obs]:
        """In the dark, anywhere inside."""
        state = State(jax.random.randint(key, (), 1, LENGTH - 1), jnp.int32(0), jnp.int32(0))
        return state, self._observe(state)

    def step(self, key: Key, state: State, action: Int[Array, ""]) -> Step:
        """No reset inside; termination is not truncation."""
        aim = state.place + (action == RIGHT) - (action == LEFT)
        flips = (action == USE) & (state.place == 0) & (state.light == 0)
        leaves = (aim == LENGTH) & (state.light == 1)
        event = jnp.where(aim < 0, BUMPED, SILENCE)
        event = jnp.where(aim == LENGTH, jnp.where(leaves, OUT, LOCKED), event)
        event = jnp.where(flips, FLIPPED, event)
        clock = state.clock + 1
        state = State(jnp.clip(aim, 0, LENGTH - 1), state.light | flips, clock)
        return Step(
            state=state,
            obs=self._observe(state),
            reward=jnp.where(leaves, 1.0, 0.0),
            terminated=leaves,
            truncated=~leaves & (clock >= self.horizon),
            events=event[None].astype(jnp.int32),  # one slot: at most one thing happens in a step
        )

    def stagger(self, key: Key, state: State) -> tuple[State, Obs]:
        """At a random hour of its episode, so that copies do not run out of time all at once, and what is seen then."""
        state = state._replace(clock=jax.random.randint(key, (), 0, self.horizon))
        return state, self._observe(state)

    def flag_bits(self, codes: Int[Array, "..."]) -> UInt32[Array, "..."]:
        """Each event code raises a flag of its own; silence raises none."""
        return jnp.where(
            codes > 0, jnp.uint32(1) << jnp.maximum(codes - 1, 0).astype(jnp.uint32), jnp.uint32(0)
        )

    def situation(self, state: State) -> Int[Array, "2"]:
        """What holds now, in small numbers; `situation_text` says it."""
        return jnp.stack([state.place, state.light])

    def _observe(self, state: State) -> Obs:
        seen = jnp.concatenate([jnp.arange(LENGTH) == state.place, state.light[None] == 1])
        return Obs(jnp.zeros(self.view, jnp.uint8), seen.astype(jnp.uint8))


def situation_text(code: tuple[int, ...]) -> str:
    """No two situations share a sentence."""
    place, light = code
    return f"The light is {'on' if light else 'off'}; the door is {LENGTH - 1 - place} steps ahead."


def main() -> None:
    """Rate the captions, train, and print how the agent did at the end."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--engine", default="constant")
    parser.add_argument("--steps", type=int, default=60_000)
    options = parser.parse_args()

    world, words = Corridor(), Vocabulary(MISSION, SENTENCES)
    print(situation_text(tuple(world.situation(world.reset(jax.random.key(0))[0]).tolist())))
    weights = ask(words, build(options.engine)).by_caption
    for caption, weight in weights.items():
        print(f"{weight} {caption}")
    settings = Settings(envs=16, rollout=32)
    trained = train(
        world, settings, "event-count", compile_atlas(words, weights, world.codes), [0], options.steps
    )
    print(f"{int(trained.solved[0])} of {EPISODES} fresh episodes solved")


if __name__ == "__main__":
    main()
