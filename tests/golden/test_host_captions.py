"""The host's captioner of MiniGrid against the device's, on the same layouts and actions, and the codes of captions."""

import numpy as np
import pytest

import walks
from outrider.worlds import host
from outrider.worlds.host.crafter import ACHIEVEMENTS, CrafterCaptioner
from outrider.worlds.host.grids import GridCaptioner
from outrider.worlds.host.table import Lookup, Table
from outrider.worlds.minigrid import tiles as t
from outrider.worlds.minigrid.words import event_text
from outrider.worlds.names import situation_text

SAMPLES = 1500
ACTION = {"forward": 2, "turn right": 1, "turn left": 0, "pick up": 3, "drop": 4, "toggle": 5}  # MiniGrid's
BOTH = {t.KEY, t.BALL}  # the things that both kinds of MiniGrid have


def theirs():
    """An empty environment of the package minigrid, to be filled."""
    from minigrid.minigrid_env import MiniGridEnv, MissionSpace

    class Filled(MiniGridEnv):
        def _gen_grid(self, width, height):
            raise AssertionError("filled by hand")

    return Filled(MissionSpace(lambda: "walk about"), grid_size=8, max_steps=10**6)


def thing(cell):
    """A cell of a device world as an object of the package minigrid."""
    from minigrid.core import world_object as w

    tile, colour = divmod(int(cell), t.COLOURS)
    name = t.COLOUR_NAMES.get(colour, "")
    doors = {t.DOOR_LOCKED: (False, True), t.DOOR_CLOSED: (False, False), t.DOOR_OPEN: (True, False)}
    if tile in doors:
        return w.Door(name, *doors[tile])
    made = {t.WALL: w.Wall, t.GOAL: w.Goal, t.KEY: lambda: w.Key(name), t.BALL: lambda: w.Ball(name)}
    return made[tile]() if tile in made else None


def fill(env, grid):
    from minigrid.core.grid import Grid

    cells, agent = grid.cells, grid.agent
    env.grid = Grid(cells.shape[1], cells.shape[0])
    for row, column in np.argwhere(cells // t.COLOURS != t.FLOOR):
        env.grid.set(int(column), int(row), thing(cells[row, column]))
    env.agent_pos = (int(agent.column), int(agent.row))
    env.agent_dir = (int(agent.direction) + 3) % 4  # theirs begins at right, ours at up
    env.carrying = thing(agent.pocket) if agent.pocket else None
    env.step_count = 0


@pytest.mark.parametrize("world_id", ["minigrid/doorkey-8x8", "minigrid/blocked-unlock-pickup"])
def test_host_and_device_say_the_same(world_id):
    """Events word for word; situations in every part that the agent has in sight."""
    pytest.importorskip("minigrid")
    import jax

    found = walks.walk(world_id)
    grids, actions, codes = (walks.flat(x) for x in (found.world.grid, found.action, found.after.events))
    tiles = np.concatenate([grids.cells.reshape(len(codes), -1) // t.COLOURS], 1)
    strange = np.isin(tiles, [o for o in t.OBJECTS if o not in BOTH]).any(1)
    strange |= np.isin(grids.agent.pocket // t.COLOURS, [o for o in t.OBJECTS if o not in BOTH])
    fit = np.flatnonzero(~strange)
    # Of every event some, so that rare ones are among them.
    kinds = codes[fit, 0]
    chosen = np.concatenate([fit[kinds == code][: SAMPLES // len(set(kinds))] for code in sorted(set(kinds))])
    env, before, after, said = theirs(), [], [], []
    for row in chosen:
        grid = jax.tree.map(lambda x, row=row: x[row], grids)
        fill(env, grid)
        before.append(env.gen_obs())
        said.append(ACTION[t.ACTION_NAMES[actions[row]]])
        after.append(env.step(said[-1])[0])
    captioner = GridCaptioner()

    def read(seen):
        obs = {"image": np.stack([o["image"] for o in seen]), "mission": [o["mission"] for o in seen]}
        return captioner.read(obs, {}, len(seen))

    ours = captioner.event(read(before)[0], np.asarray(said), read(after)[0])
    want = [event_text(int(code)) for code in codes[chosen, 0]]
    assert [captioner.events.text(code) for code in ours] == want
    assert len(set(want)) >= 12
    device = walks.world(world_id)
    seen = 0
    for row, code in list(zip(chosen, captioner.situation(read(before)), strict=True))[::7]:
        state = jax.tree.map(lambda x, row=row: x[row], walks.flat(found.world))
        told = situation_text(world_id, tuple(np.asarray(device.situation(state)).tolist()))
        parts = captioner.situations.text(code).rstrip(".").split("; ")
        for mine, other in zip(parts, told.rstrip(".").split("; "), strict=False):
            if "in sight" not in mine:
                assert mine == other
                seen += 1
    assert seen > 50


def test_the_last_sight_of_an_ended_episode_is_what_its_event_is_told_from():
    """Each of Gymnasium's modes says the same, although the sight of an ended episode stands elsewhere."""
    gym = pytest.importorskip("gymnasium")
    pytest.importorskip("minigrid")
    from gymnasium.vector import AutoresetMode, SyncVectorEnv

    said = {}
    for mode in AutoresetMode:
        env = SyncVectorEnv([lambda: gym.make("MiniGrid-Empty-5x5-v0")] * 2, autoreset_mode=mode)
        worlds = host.GymnasiumWorlds(env, "gymnasium/MiniGrid-Empty-5x5-v0", GridCaptioner())
        worlds.reset(0)
        said[mode] = []
        script = [2, 2, 1, 2, 2, 2, 2]  # to the goal, then on in the next episode
        while script:
            worlds.send(np.full(2, script[0]))
            turn = worlds.receive()
            if not turn.idle.any():
                said[mode].append(worlds.captioner.events.text(turn.said.event[0]))
                script.pop(0)
            else:
                assert not turn.said.event.any()
        worlds.close()
    want = ["", "", "", "", "You reached the green goal.", "", ""]
    assert list(said.values()) == [want] * 3


def gathering(length):
    """An environment of so many steps that collects wood in the second; only its info tells, in Crafter's form."""
    import gymnasium as gym

    class Gathering(gym.Env):
        observation_space, action_space = gym.spaces.Box(0, 1, (1,)), gym.spaces.Discrete(2)

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            self.clock = 0
            return np.zeros(1, np.float32), self.told()

        def step(self, action):
            self.clock += 1
            return np.zeros(1, np.float32), 0.0, self.clock == length, False, self.told()

        def told(self):
            wood = self.clock >= 2
            achieved = np.array([wood, *[0] * (len(ACHIEVEMENTS) - 1)], np.int64)
            return {"achieved": achieved, "inventory": np.array([9] * 4 + [0, wood] + [0] * 10, np.int64)}

    return Gathering


def test_what_info_alone_tells_is_heard_alike_in_every_mode_also_by_copies_beside_one_that_ends():
    pytest.importorskip("gymnasium")
    from gymnasium.vector import AutoresetMode, SyncVectorEnv

    wood = ACHIEVEMENTS[0][1]
    for mode in AutoresetMode:
        env = SyncVectorEnv([gathering(3), gathering(99)], autoreset_mode=mode)
        worlds = host.GymnasiumWorlds(env, "mine/gathering", CrafterCaptioner())
        worlds.reset(0)
        short, long, carried = [], [], []
        for _ in range(9):
            worlds.send(np.zeros(2, np.int64))
            turn = worlds.receive()
            events = [worlds.captioner.events.text(code) for code in turn.said.event]
            short += events[:1] * (not turn.idle[0])
            long.append(events[1])
            carried.append(worlds.captioner.situations.text(worlds.teller.situation()[1]))
        worlds.close()
        assert short[:6] == 2 * ["", wood, ""]
        assert long == ["", wood, *7 * [""]]
        assert carried == [f"You carry {what}; all needs are met." for what in ["nothing", *8 * ["wood"]]]


@pytest.mark.parametrize(
    ("world_id", "package"),
    [
        ("envpool/MiniGrid-KeyCorridorS3R1-v0", "envpool"),
        ("gymnasium/MiniGrid-KeyCorridorS3R1-v0", "minigrid"),
        ("atari/breakout", "ale_py"),
    ],
)
def test_a_step_is_told_the_same_at_once_and_while_the_next_is_under_way(world_id, package):
    pytest.importorskip(package)
    told = []
    for at_once in (True, False):
        worlds = host.make(world_id, 4)
        worlds.reset(5)
        draw, before, action = np.random.default_rng(1), None, np.zeros(4, np.int32)
        told.append([])
        for _ in range(150):
            action[:] = draw.integers(1, worlds.actions.space.outputs, 4)  # over the last one
            worlds.send(action)
            if before:
                told[-1].append(before.event)
            now = worlds.receive().said
            if at_once:
                told[-1].append(now.event)
            else:
                before = now
        if before:
            told[-1].append(before.event)
        assert np.any(told[-1])
        worlds.close()
    np.testing.assert_array_equal(*told)


def test_envpools_key_corridors_and_babyai_speak():
    pytest.importorskip("envpool")
    for name, some in (
        ("MiniGrid-KeyCorridorS3R2-v0", "You opened the "),
        ("BabyAI-BossLevel-v0", "You picked up the "),
    ):
        worlds = host.make(f"envpool/{name}", 16)
        worlds.reset(1)
        assert all(len(mission) > 5 and mission == mission.strip() for mission in worlds.teller.missions())
        draw = np.random.default_rng(0)
        for _ in range(150):
            worlds.send(draw.integers(0, 6, 16).astype(np.int32))
            turn = worlds.receive()
            assert not turn.said.event[turn.idle].any()
        texts = worlds.captioner.events.texts
        assert any(text.startswith(some) for text in texts)
        assert any(text.startswith("You dropped the ") for text in texts)
        worlds.close()


def test_a_table_keeps_ten_thousand_sentences_apart():
    table = Table()
    lookup = Lookup(table, lambda key: f"Picture {key // 2}.")
    draw = np.random.default_rng(0)
    for _ in range(50):
        keys = draw.integers(0, 40_000, 1000)
        codes = lookup(keys)
        assert [table.text(code) for code in codes[:20]] == [f"Picture {key // 2}." for key in keys[:20]]
    assert len(table) > 15_000
    assert len(set(table.texts)) == len(table.texts) == len(table) - 1
    assert (table.code(""), table.text(0)) == (0, "")
    again = Table(table.texts)
    assert all(again.code(text) == table.code(text) for text in table.texts[::97])


def test_many_numbers_are_told_as_one_by_one_those_below_zero_too():
    rng = np.random.default_rng(3)
    for keys in (np.full(300, -1), rng.integers(-5, 5, 1000), rng.integers(0, 2**40, 1000)):
        table, few = Table(), Table()
        many, single = Lookup(table, str), Lookup(few, str)
        for _ in range(2):
            at_once = many(keys.astype(np.int64))
            alone = np.concatenate([single(keys[i : i + 1].astype(np.int64)) for i in range(len(keys))])
            assert [table.text(code) for code in at_once] == [few.text(code) for code in alone]
            assert [table.text(code) for code in at_once] == [str(key) for key in keys]
