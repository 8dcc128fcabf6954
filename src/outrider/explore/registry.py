"""From a signal's name or expression to the signal."""

from __future__ import annotations

from collections.abc import Callable

from outrider.explore.combine import anneal, chain, clip, normalise, scale
from outrider.explore.counts import count, episodic, episodic_count
from outrider.explore.disagreement import disagreement
from outrider.explore.e3b import e3b
from outrider.explore.events import event_constant, event_count
from outrider.explore.icm import icm
from outrider.explore.names import Expression, parse
from outrider.explore.noveld import noveld
from outrider.explore.ride import ride
from outrider.explore.rnd import rnd
from outrider.explore.shaping import way_gain, way_potential, way_progress
from outrider.explore.signal import Ground, Signal, nothing

# What networks say has no natural size: it is brought to about 1 by the running deviation of its discounted sums.
BUILT: dict[str, Callable[[Ground], Signal]] = {
    "none": lambda ground: nothing(),
    "event-count": lambda ground: event_count(),
    "event-constant": lambda ground: event_constant(),
    "observation-count": lambda ground: count(ground, "observations"),
    "situation-count": lambda ground: count(ground, "situations"),
    "episodic-observation-count": lambda ground: episodic_count(ground, "observations"),
    "episodic-situation-count": lambda ground: episodic_count(ground, "situations"),
    "rnd": lambda ground: normalise(rnd(ground), ground),
    "icm": lambda ground: normalise(icm(ground), ground),
    "noveld": lambda ground: normalise(noveld(ground), ground),
    "ride": lambda ground: normalise(ride(ground), ground),
    "e3b": lambda ground: normalise(e3b(ground), ground),
    "disagreement": lambda ground: normalise(disagreement(ground), ground),
    "way-progress": lambda ground: way_progress(),
    "way-gain": lambda ground: way_gain(),
    "way-potential": lambda ground: way_potential(ground.discount),
}


def build(text: str, ground: Ground) -> Signal:
    """The signal that an expression names. Errors: as `names.parse`."""
    return _built(parse(text), ground)


def _built(one: Expression, ground: Ground) -> Signal:
    inner = [_built(each, ground) for each in one.inner]
    if one.name in BUILT:
        return BUILT[one.name](ground)
    if one.name == "chain":
        return chain(*inner)
    if one.name == "episodic":
        return episodic(inner[0], ground)
    if one.name == "normalise":
        return normalise(inner[0], ground)
    if one.name == "anneal":
        return anneal(inner[0], int(one.number))
    return {"scale": scale, "clip": clip}[one.name](inner[0], one.number)
