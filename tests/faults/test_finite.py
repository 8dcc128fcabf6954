"""Numbers that are not finite: training stops and names what it was, whose, when, and the last good checkpoint."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from outrider.errors import OutriderError
from outrider.learn import finite
from outrider.learn.checkpoint import checkpoints
from outrider.learn.collect import Rollout, Sight
from outrider.learn.diary import Line
from outrider.learn.finite import KINDS, refuse
from outrider.learn.keeper import Keeper
from outrider.learn.team import Team
from outrider.types import Obs, Trajectory
from toy_world import SMALL, Toy, trained

T, B = 5, 3
FIRST = jax.jit(partial(finite.first, Team()))


def refusal(call):
    """The one line with which a call refuses."""
    with pytest.raises(OutriderError) as error:
        call()
    assert "\n" not in str(error.value)
    return str(error.value)


def rollout():
    """Of nothing remarkable."""
    zeros, obs = jnp.zeros((T, B)), Obs(jnp.zeros((T, B, 0, 0), jnp.uint8), jnp.zeros((T, B, 2)))
    fields = dict.fromkeys(Trajectory._fields, zeros) | {"obs": obs}
    sight = Sight((), jax.tree.map(lambda x: x[0], obs), jnp.zeros(B, bool))
    return Rollout(None, sight, sight, sight, Trajectory(**fields))


def spoilt(at, value):
    """A rollout, bonus, loss and parameters, of which `at` names what is not finite."""
    told, bonus, loss, parameters = rollout(), jnp.zeros((T, B)), jnp.float32(0), jnp.zeros(9)
    where, t = at
    trajectory = told.trajectory
    if where == "observation":
        vector = trajectory.obs.vector.at[t, 1, 0].set(value)
        told = told._replace(trajectory=trajectory._replace(obs=trajectory.obs._replace(vector=vector)))
    elif where == "reward":
        told = told._replace(trajectory=trajectory._replace(reward=trajectory.reward.at[t, 2].set(value)))
    elif where in ("end", "cut"):
        sight = getattr(told, where)
        seen = sight.obs._replace(vector=sight.obs.vector.at[0, 1].set(value))
        told = told._replace(**{where: sight._replace(obs=seen)})
    elif where == "bonus":
        bonus = bonus.at[t, 0].set(value)
    elif where == "loss":
        loss = jnp.float32(value)
    elif where == "network":
        parameters = parameters.at[4].set(value)
    return told, bonus, loss, parameters


def line(faults, steps):
    """Lines `[seeds, updates]` of faults."""
    return Line(*[np.zeros_like(faults)] * len(Line._fields))._replace(fault=faults, steps=steps)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("at", "said"),
    [
        (("observation", 0), "the observation of seed 8 is not finite at step 15: mend the world"),
        (("observation", 4), "the observation of seed 8 is not finite at step 27"),
        (("end", T), "the observation of seed 8 is not finite at step 30"),
        (("cut", T), "the observation of seed 8 is not finite at step 30"),
        (("reward", 0), "the reward of seed 8 is not finite at step 18: mend the world"),
        (("reward", 4), "the reward of seed 8 is not finite at step 30"),
        (("bonus", 2), "the bonus of seed 8 is not finite at step 24: mend the signal"),
        (("loss", T), "the loss of seed 8 is not finite at step 30: lower learning_rate"),
        (("network", T), "the network of seed 8 is not finite at step 30: lower learning_rate"),
    ],
)
def test_what_is_not_finite_is_told_with_its_seed_and_step(at, said, value):
    fault = int(FIRST(*spoilt(at, value)))
    faults, steps = np.zeros((2, 3), int), np.broadcast_to(T * B * np.arange(1, 4), (2, 3))
    refuse(line(faults, steps), (7, 8), B, T, "so it is")
    faults[1, 1] = fault
    message = refusal(lambda: refuse(line(faults, steps), (7, 8), B, T, "so it is"))
    assert message.startswith(said)
    assert message.endswith("; so it is")


def test_a_rollout_of_finite_numbers_has_no_fault():
    assert int(finite.first(Team(), *spoilt(("", 0), 0.0))) == 0


def test_what_came_first_is_blamed():
    """A bad reward spoils the loss and the network; it is the reward that is told."""
    told, bonus, _, parameters = spoilt(("reward", 2), np.nan)
    fault = int(finite.first(Team(), told, bonus.at[1].set(np.inf), jnp.float32(np.nan), parameters * np.nan))
    assert divmod(fault - 1, len(KINDS)) == (1, KINDS.index("bonus"))
    fault = int(finite.first(Team(), told, bonus, jnp.float32(np.nan), parameters * np.nan))
    assert divmod(fault - 1, len(KINDS)) == (2, KINDS.index("reward"))


def test_the_earliest_update_of_any_seed_is_told():
    faults, steps = np.zeros((2, 3), int), np.broadcast_to(T * B * np.arange(1, 4), (2, 3))
    faults[0, 2], faults[1, 1] = 2, 2  # both a reward, at the first step
    assert "the reward of seed 8 is not finite at step 18" in refusal(
        lambda: refuse(line(faults, steps), (7, 8), B, T, "")
    )


def test_a_reward_that_goes_bad_stops_training_with_the_last_good_checkpoint(tmp_path):
    """At hour 20 of each world: in the third update of 4 worlds x 8 steps, at step 80."""
    with Keeper(tmp_path, every="1") as keeper:
        message = refusal(lambda: trained(Toy("reward", 20), keeper=keeper))
    assert message == (
        "the reward of seed 3 is not finite at step 80: mend the world; "
        f"the last good checkpoint is {tmp_path / 'updates-0000000002'}"
    )
    assert [c.updates for c in checkpoints(tmp_path)] == [2, 1]


@pytest.mark.long
def test_an_observation_that_goes_bad_stops_training_and_says_that_there_is_no_checkpoint():
    """What the 16th step shows ends the second rollout: the value that follows it is spoilt, and the loss with it."""
    message = refusal(lambda: trained(Toy("observation", 16, float("inf")), seeds=[5]))
    assert message == (
        "the observation of seed 5 is not finite at step 64: mend the world; "
        "no checkpoints were kept (--checkpoints FOLDER keeps them)"
    )


@pytest.mark.long
def test_a_loss_that_explodes_is_told_apart_from_the_world():
    """A learning rate beyond all reason, in a world that is in order; in a team it is told too."""
    wild = replace(SMALL, learning_rate=1e38, anneal=False, epochs=4)
    for settings in (wild, replace(wild, learners=2)):
        message = refusal(lambda s=settings: trained(settings=s))
        assert message.startswith(("the loss of seed 3 is not", "the network of seed 3 is not"))
        assert "lower learning_rate" in message


@pytest.mark.long
def test_a_team_tells_a_bad_reward():
    message = refusal(lambda: trained(Toy("reward", 20), settings=replace(SMALL, learners=2)))
    assert "the reward of seed 3 is not finite at step 80" in message
