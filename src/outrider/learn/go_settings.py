"""How Go-Explore searches. No jax."""

from __future__ import annotations

from dataclasses import dataclass

from outrider.errors import OutriderError

CELLS = ("auto", "situations", "observations")


@dataclass(frozen=True)
class GoSettings:
    """The defaults were tried on few worlds: benchmarks/go_explore.py."""

    copies: int = 256  # of the world, that explore at once
    length: int = 32  # steps that each explores after it has returned
    sticky: float = 0.0  # how often an action is the one before it, and not drawn anew
    # What tells cells apart: "situations", what captions say; "observations", what is seen; "auto", observations where
    # a world is a grid, whose situations do not say where one is, and else situations.
    cells: str = "auto"
    columns: tuple[int, ...] = ()  # the numbers of a situation that count, by their places; all by default
    layouts: int = 1  # worlds that are drawn, once and for all; a cell belongs to one of them
    most_cells: int = 0  # room in the archive; 0: 65,536, or as many as take half a gigabyte

    def __post_init__(self) -> None:
        for name, least in (("copies", 1), ("length", 1), ("layouts", 1), ("most_cells", 0)):
            if (value := getattr(self, name)) < least:
                raise OutriderError(f"search setting {name} is {value}; it must be at least {least}")
        if not 0 <= self.sticky < 1:
            raise OutriderError(f"search setting sticky is {self.sticky}; it must be at least 0 and below 1")
        if self.cells not in CELLS:
            raise OutriderError(
                f"search setting cells is {self.cells!r}; it must be one of {', '.join(CELLS)}"
            )
        if self.columns and self.cells != "situations":
            raise OutriderError(
                "search setting columns is of situations: set cells to situations, or leave it out"
            )
        if 0 < self.most_cells < self.layouts:
            raise OutriderError(
                f"search setting most_cells is {self.most_cells}, but each of {self.layouts} layouts needs a cell"
            )

    @property
    def batch(self) -> int:
        """Environment steps of a round."""
        return self.copies * self.length
