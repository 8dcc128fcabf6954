"""Where each range of event codes begins, and the flag that each raises. No jax.

The table of `words` comes first, then the television's pictures; what came later has its place behind these, so that no
code ever moves. A world's `codes` end behind the last that it can emit.
"""

from __future__ import annotations

from outrider.worlds import television
from outrider.worlds.minigrid import words
from outrider.worlds.minigrid.things import DEEDS, MOST

TELEVISION = words.TELEVISION
MATCHED = TELEVISION + television.CHANNELS
MISTOOK = MATCHED + 1
RULES = MISTOOK + 1  # one a production rule, then one for the goal
MOST_RULES = 15
CLUTTER = RULES + MOST_RULES + 1  # deed by deed, thing by thing
HEARSAY = CLUTTER + len(DEEDS) * MOST
MONOLOGUES = HEARSAY + television.MOST_HEARSAY
END = MONOLOGUES + len(television.monologues())

# The flags of worlds that have more than the table's events.
ALL_FLAGS = (*words.FLAGS, "matched", "mistook", "rule", "clutter")

_RANGES = (
    (TELEVISION, "television"),
    (MATCHED, "matched"),
    (MISTOOK, "mistook"),
    (RULES, "rule"),
    (CLUTTER, "clutter"),
    (HEARSAY, "television"),
)


def kind(code: int) -> str:
    """The kind of an event code, as the observation's flags tell kinds apart; "no event" for code 0."""
    if code < TELEVISION:
        flag = words.flag_of(words.EVENTS[code])
        return words.FLAGS[flag] if flag >= 0 else "no event"
    return next(name for start, name in reversed(_RANGES) if code >= start)
