"""One floor of nine: craftax's rules work on the floor where the player is, so that only that one is copied about.

craftax keeps all floors in arrays `[9, 48, 48]` and writes them anew many times a step, though a step changes one. A
`Floor` stands in the place of such an array while the rules run: it takes the same indices and leaves out the first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
from jaxtyping import Array, Int

MAPS = ("map", "item_map", "mob_map", "light_map")  # fields of craftax's state with a floor first


@jax.tree_util.register_pytree_node_class
class Floor:
    """The cells of one floor, `[48, 48]`, that answer as an array of all floors would at the player's floor."""

    def __init__(self, cells: Array) -> None:
        self.cells = cells

    def tree_flatten(self) -> tuple[tuple[Array], None]:
        """For jax."""
        return (self.cells,), None

    @classmethod
    def tree_unflatten(cls, _: None, cells: tuple[Array]) -> Floor:
        """For jax."""
        return cls(*cells)

    def __getitem__(self, index: Any) -> Array:
        return self.cells[index[1:]] if isinstance(index, tuple) else self.cells

    @property
    def at(self) -> _At:
        """As of an array: `floor.at[level, row, column].set(value)`."""
        return _At(self)


class _At(NamedTuple):
    floor: Floor

    def __getitem__(self, index: Any) -> _Place:
        return _Place(self.floor, index)


class _Place(NamedTuple):
    floor: Floor
    index: Any

    def set(self, value: Any) -> Floor:
        if isinstance(self.index, tuple):
            return Floor(self.floor.cells.at[self.index[1:]].set(value))
        return Floor(value)


def alone(state: Any) -> Any:
    """The state with its player's floor in the place of all."""
    return state.replace(**{name: Floor(getattr(state, name)[state.player_level]) for name in MAPS})


def first(state: Any) -> Any:
    """The same as arrays of one floor, number 0: for a rule that asks for nothing but the floor's own cells."""
    return state.replace(player_level=0, **{name: getattr(state, name).cells[None] for name in MAPS})


def back(state: Any, level: Int[Array, ""]) -> Any:
    """From `first` to `alone`, the player's floor being number `level`."""
    return state.replace(player_level=level, **{name: Floor(getattr(state, name)[0]) for name in MAPS})


def among(whole: Any, state: Any) -> Any:
    """The state with its floor written into all floors of `whole`."""
    level = state.player_level
    return state.replace(
        **{name: getattr(whole, name).at[level].set(getattr(state, name).cells) for name in MAPS}
    )
