"""Random keys beside those that a split gives."""

from __future__ import annotations

import jax

from outrider.types import Key

BEYOND = 1 << 20  # more keys than anything here is split into


def apart(key: Key) -> Key:
    """A key that no `split` of the same key gives, as `fold_in` of a small number does: `fold_in(key, i)` is one."""
    return jax.random.fold_in(key, BEYOND)
