"""Weights of a placebo that draws reach the learner of their own seed, through jobs, files, worker and atlas."""

import contextlib
import json
from dataclasses import replace

import jax.numpy as jnp
import numpy as np

import toy_study
from outrider.guide.vocabulary import vocabulary
from outrider.learn import worker
from outrider.types import Atlas
from outrider.verify.jobs import jobs_of, prepare
from outrider.verify.plan import SEEDS_PER_JOB, parse_plan

WORLD = "minigrid/doorkey-8x8"
CAPTIONS = vocabulary(WORLD).captions


def text(weight):
    """A weights file in which every caption has this weight."""
    return json.dumps({"by_caption": dict.fromkeys(CAPTIONS, weight)})


def test_each_seed_trains_with_its_own_draw(tmp_path, monkeypatch):
    seeds = 2 * SEEDS_PER_JOB - 1  # two groups, the second smaller
    shuffled = '[arms.shuffled]\nsignal = "event-count"\nengine = "shuffled(relevance(toy))"\n'
    plan = replace(parse_plan(toy_study.PLAN + shuffled, names=None), seeds=seeds, world=WORLD)
    draws = [text(seed / 100) for seed in range(seeds)]
    given = dict.fromkeys(plan.engines, (text(0.5),)) | {"shuffled(relevance(toy))": tuple(draws)}
    jobs = {job.name: job for job in jobs_of(plan, given)}
    assert jobs["shuffled-4"].weights == tuple(draws[4:])
    assert jobs["guided-4"].weights == (text(0.5),)

    trained = {}

    def train(world, settings, signal, atlas, seeds, steps, heard, rates):
        trained["atlas"] = atlas
        raise StopIteration

    monkeypatch.setattr(worker, "train", train)
    for name, want in (("shuffled-0", [0.0, 0.01, 0.02, 0.03]), ("shuffled-4", [0.04, 0.05, 0.06])):
        path = prepare(jobs[name], tmp_path)
        with contextlib.suppress(StopIteration):
            worker.work_alike([json.loads(path.read_text())])
        atlas: Atlas = trained["atlas"]
        known = np.asarray(atlas.known)
        assert known.shape[0] == len(want)
        found = [row[told] for row, told in zip(np.asarray(atlas.weight), known, strict=True)]
        for weight, rows in zip(want, found, strict=True):
            np.testing.assert_allclose(rows, weight, rtol=1e-6)
    path = prepare(jobs["guided-4"], tmp_path)
    with contextlib.suppress(StopIteration):
        worker.work_alike([json.loads(path.read_text())])
    assert jnp.ndim(trained["atlas"].weight) == 1  # one atlas for all seeds


def test_another_draw_is_another_job():
    plan = replace(parse_plan(toy_study.PLAN, names=None), world=WORLD)
    one, other = (
        jobs_of(plan, dict.fromkeys(plan.engines, (text(0.5),) if same else (text(0.5), text(0.6)) * 4))
        for same in (True, False)
    )
    assert [a.sha256 == b.sha256 for a, b in zip(one, other, strict=True)] == [
        job.arm == "unguided" for job in one
    ]
