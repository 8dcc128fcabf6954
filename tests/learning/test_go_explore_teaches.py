"""Ways of many layouts, found by Go-Explore, teach a policy for layouts never searched; one way teaches less."""

import pytest

import walks
from outrider.learn.evaluate import EPISODES
from outrider.learn.go_explore import GoExplore, explore
from outrider.learn.go_settings import GoSettings
from outrider.learn.imitation_settings import BCSettings
from outrider.learn.trails import demonstrations
from outrider.learn.train import train

WORLD, STEPS = "minigrid/doorkey-5x5", 51_200


def taught(layouts, steps, folder):
    """Which share of fresh episodes a policy solves that was cloned from the best ways of so many layouts."""
    from outrider.learn.datasets import save

    go = GoExplore(walks.world(WORLD), GoSettings(layouts=layouts))
    ((search, rounds),) = explore(go, [0], steps)
    assert search.best.solved.all()
    save(folder, demonstrations(go, search, rounds), go.world.space)
    return train(WORLD, BCSettings(demonstrations=str(folder)), "none", None, [0], STEPS).solved[0] / EPISODES


@pytest.mark.long
def test_many_ways_teach_more_than_one(tmp_path):
    pytest.importorskip("minari")
    many, one = taught(128, 1_000_000, tmp_path / "many"), taught(1, 100_000, tmp_path / "one")
    assert many >= 0.9
    assert one < 0.8  # 0.63 where this was written, against 1.0: the world is small
