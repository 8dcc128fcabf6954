"""The clutter's things and what can be done with them, in words. No jax.

Neither their kinds nor their colours occur in any mission.
"""

from __future__ import annotations

KINDS = (
    "vase", "feather", "spoon", "bottle", "candle", "mirror", "shoe", "hat", "coin", "book", "bell", "flute", "plate",
    "rope", "bucket", "comb",
)  # fmt: skip
COLOURS = ("orange", "white", "brown", "pink")
NAMES = tuple(f"{colour} {kind}" for colour in COLOURS for kind in KINDS)
MOST = len(NAMES)
AMOUNTS = (4, 16, 64)

# Stepping on its cell, picking up and toggling it, in the order of event codes.
DEEDS = (
    "You stepped over the {}.",
    "You picked up the {} and put it back.",
    "You looked under the {}.",
)
STEPPED, LIFTED, TURNED = range(len(DEEDS))
