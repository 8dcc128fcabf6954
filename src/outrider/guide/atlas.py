"""From weights by caption to device arrays by event code: why a guided agent trains as fast as an unguided one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax.numpy as jnp
import numpy as np

from outrider.errors import OutriderError
from outrider.guide.vocabulary import Vocabulary
from outrider.types import Atlas


def compile_atlas(words: Vocabulary, by_caption: Mapping[str, float | None], codes: int) -> Atlas:
    """The atlas of a vocabulary. An abstention leaves its codes unknown: they pay nothing and are not held for 0.

    Errors: a caption that was never asked about, or a weight outside [0, 1].
    """
    weight = np.zeros(codes, np.float32)
    known = np.zeros(codes, bool)
    for code, caption in words.by_code.items():
        if caption not in by_caption:
            raise OutriderError(
                f"no answer about {caption!r}: the weights were made for another world; ask again"
            )
        value = by_caption[caption]
        if value is None:
            continue
        if not 0 <= value <= 1:
            raise OutriderError(f"the weight of {caption!r} is {value}; an engine must answer in [0, 1]")
        weight[code], known[code] = value, True
    return Atlas(jnp.asarray(weight), jnp.asarray(known))


def stack(atlases: Sequence[Atlas]) -> Atlas:
    """One atlas for all learners of a group as it is, or one for each learner `[n, E]`."""
    if len(atlases) == 1:
        return atlases[0]
    return Atlas(jnp.stack([a.weight for a in atlases]), jnp.stack([a.known for a in atlases]))


def empty_atlas(codes: int) -> Atlas:
    """The atlas of an arm that asks nobody."""
    return Atlas(jnp.zeros(codes), jnp.zeros(codes, bool))
