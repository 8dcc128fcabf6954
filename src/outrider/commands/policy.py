"""`outrider watch` and `outrider export`."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, cast

from outrider.errors import OutriderError
from outrider.files import beside

if TYPE_CHECKING:
    from outrider.agents.released import Policy
    from outrider.learn.episode import Episode

PAID = {"event-count": 2.0, "event-constant": 0.5}  # what these pay for a new event of weight 1


def watch(policy: Path, out: Path, seed: int, weights: Path | None) -> Path:
    """Play episodes with a policy and draw one. An event's bonus is shown as it was paid when it was new.

    Of other signals, and of expressions, no bonus is shown.
    """
    from outrider.agents.released import load
    from outrider.report.gif import draw_episode
    from outrider.worlds.names import is_host

    trained = load(policy)
    weights = weights or beside(policy)
    try:
        by_caption = json.loads(weights.read_text())["by_caption"] if weights.exists() else {}
    except (ValueError, KeyError, TypeError) as error:
        raise OutriderError(f"{weights} holds no weights ({error}); delete it, or train anew") from None
    watched = _watched_on_the_host if is_host(trained.world) else _watched
    episode, texts = watched(trained, seed)
    captions = [texts.get(event, "") for event in episode.events]
    scale = PAID.get(str(trained.about["training"].get("signal")), 0.0)
    paid = [
        scale * (by_caption.get(c) or 0.0) if new else 0.0
        for c, new in zip(captions, episode.first, strict=True)
    ]
    paid[-1] = 0.0  # what ends the episode is the reward's business
    out.parent.mkdir(parents=True, exist_ok=True)
    draw_episode(episode.frames, captions, paid, episode.rewards, trained.world, out)
    return out


def _watched(trained: Policy, seed: int) -> tuple[Episode, dict[int, str]]:
    """An episode in a device world, and its sentences by code. Errors: a world that cannot be drawn."""
    import jax

    from outrider.guide.vocabulary import vocabulary
    from outrider.learn.episode import play
    from outrider.worlds.names import check_world
    from outrider.worlds.registry import make
    from outrider.worlds.world import Drawn

    world_id = trained.world
    world, facts = make(world_id), check_world(world_id)[0]
    if not facts.drawn:
        raise OutriderError(f"world {world_id} cannot be drawn yet, so there is nothing to watch")
    episode = play(trained.network, cast(Drawn, world), jax.random.key(seed), above=facts.solved_above)
    return episode, dict(vocabulary(world_id).by_code)


def _watched_on_the_host(trained: Policy, seed: int) -> tuple[Episode, dict[int, str]]:
    """As `_watched`, in a host world."""
    from outrider.learn.host_episode import play_host
    from outrider.worlds import host

    worlds = host.alone(trained.world)
    try:
        episode = play_host(trained.network, worlds, seed)
    finally:
        worlds.close()
    said = worlds.teller.captioner.events.texts if worlds.teller else ()
    return episode, dict(enumerate(said, start=1))


def export(policy: Path, out: Path, licence: str) -> None:
    """Release a policy: its file, its header as config.json and a model card, in a new folder."""
    if out.exists():
        raise OutriderError(f"{out} exists: name another folder, or delete it")
    from outrider.agents.released import FILE, load
    from outrider.files import write_file
    from outrider.report.card import card
    from outrider.verify.evidence import write_json

    about = {**load(policy).about, "licence": licence}
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    write_file(partial / FILE, (policy / FILE if policy.is_dir() else policy).read_bytes())
    write_json(partial / "config.json", about)
    write_file(partial / "README.md", card(about))
    os.replace(partial, out)
    print(f"released: {out}   its model card is {out / 'README.md'}")
