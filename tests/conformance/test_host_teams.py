"""PettingZoo's worlds: every agent is a row; those that leave early wait, and their ends are told apart."""

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from outrider.errors import OutriderError
from outrider.worlds import host

LEAVES = {"a": 2, "b": 4, "c": 3}  # the step after which each agent leaves
CUT = "c"  # by truncation; the others by termination


class Leaving:
    """A parallel world of three agents that leave one after another; a sight is (agent, episode, clock)."""

    possible_agents = ["a", "b", "c"]  # noqa: RUF012
    wide = {}  # noqa: RUF012

    def __init__(self):
        self.episode = -1

    def observation_space(self, agent):
        return Box(0, 99, (self.wide.get(agent, 3),), np.float32)

    def action_space(self, agent):
        return Discrete(2)

    def reset(self, seed=None, options=None):
        self.episode, self.clock, self.agents = self.episode + 1, 0, list(self.possible_agents)
        return self.sights(), {}

    def sights(self):
        return {a: np.array(["abc".index(a), self.episode, self.clock], np.float32) for a in self.agents}

    def step(self, actions):
        assert set(actions) == set(self.agents)
        self.clock += 1
        obs = self.sights()
        over = {a: LEAVES[a] == self.clock for a in self.agents}
        rewards = {a: float(self.clock) for a in self.agents}
        terminated = {a: over[a] and a != CUT for a in self.agents}
        truncated = {a: over[a] and a == CUT for a in self.agents}
        self.agents = [a for a in self.agents if not over[a]]
        return obs, rewards, terminated, truncated, {a: {} for a in obs}

    def close(self):
        pass


def test_agents_leave_one_after_another():
    from outrider.worlds.host.pettingzoo import PettingZooWorlds

    worlds = PettingZooWorlds(Leaving, "pettingzoo/leaving", 2)
    assert worlds.copies == 6
    rows = worlds.reset(0)
    np.testing.assert_array_equal(rows[:3], [[0, 0, 0], [1, 0, 0], [2, 0, 0]])
    for clock in range(1, 9):
        worlds.send(np.zeros(6, np.int32))
        turn = worlds.receive()
        within, episode = (clock - 1) % 4 + 1, (clock - 1) // 4
        for k, (agent, leaves) in enumerate(LEAVES.items()):
            for row in (k, k + 3):
                assert turn.idle[row] == (within > leaves)
                assert turn.terminated[row] == (within == leaves and agent != CUT)
                assert turn.truncated[row] == (within == leaves and agent == CUT)
                assert turn.reward[row] == (within if within <= leaves else 0)
                assert turn.fresh[row] == (within == 4)
                if within == 4:
                    assert tuple(turn.rows[row]) == (k, episode + 1, 0)
                else:  # who has left goes on seeing its last sight
                    assert tuple(turn.rows[row]) == (k, episode, min(within, leaves))
        if within == 4:
            np.testing.assert_array_equal(turn.final[1], [1, episode, 4])
            assert not turn.final[[0, 2, 3, 5]].any()
        else:
            assert turn.final is None


def test_agents_that_differ_are_refused_in_one_line(monkeypatch):
    from outrider.worlds.host.pettingzoo import PettingZooWorlds

    monkeypatch.setattr(Leaving, "wide", {"b": 5})
    with pytest.raises(OutriderError, match="agents that differ") as told:
        PettingZooWorlds(Leaving, "pettingzoo/leaving", 1)
    assert "\n" not in str(told.value)


def test_a_real_team_is_cut_together():
    """Simple spread is truncated after 25 steps; all agents of a world share their reward's sign and their end."""
    pytest.importorskip("mpe2")
    worlds = host.make("pettingzoo/mpe2/simple_spread_v3", 6)
    worlds.reset(0)
    for clock in range(1, 51):
        worlds.send(np.full(6, clock % 5, np.int32))
        turn = worlds.receive()
        assert not turn.terminated.any()
        assert not turn.idle.any()
        assert turn.truncated.all() == turn.fresh.all() == (clock % 25 == 0)
        assert (turn.final is not None) == (clock % 25 == 0)
        assert (turn.reward < 0).all()
    worlds.close()


def test_half_a_team_is_refused_in_one_line():
    pytest.importorskip("mpe2")
    with pytest.raises(OutriderError, match="take a multiple of 3"):
        host.make("pettingzoo/mpe2/simple_spread_v3", 4)


@pytest.mark.long
def test_a_team_is_trained():
    pytest.importorskip("mpe2")
    from outrider.learn.host import train_host
    from outrider.learn.settings import Settings

    settings = Settings(envs=12, rollout=16, epochs=1, minibatches=1, width=8)
    trained = train_host("pettingzoo/mpe2/simple_spread_v3", settings, 0, 800)
    assert np.isfinite(trained.lines.loss).all()
