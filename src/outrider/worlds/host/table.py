"""Sentences of a host world and their codes: a table that only grows. No jax."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np


class Table:
    """Sentences numbered in the order of their first appearance, from 1; code 0 is silence, the empty sentence.

    One sentence has one code, and a code keeps its sentence: codes are told to others while the table grows. It has no
    limit; 10,000 sentences take about a megabyte.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts = [""]
        self._codes = {"": 0}
        for text in texts:
            self.code(text)

    def __len__(self) -> int:
        """Codes so far, silence among them: every code is below this."""
        return len(self._texts)

    @property
    def texts(self) -> tuple[str, ...]:
        """Every sentence but silence, in the order of codes: `Table(texts)` is the same table."""
        return tuple(self._texts[1:])

    def code(self, text: str) -> int:
        """The code of a sentence, a new one where it is new."""
        found = self._codes.setdefault(text, len(self._texts))
        if found == len(self._texts):
            self._texts.append(text)
        return found

    def text(self, code: int) -> str:
        """The sentence of a code, as `code` gave it."""
        return self._texts[code]


class Lookup(dict[int, int]):
    """From numbers that stand for sentences to the codes of a table, whole arrays at once.

    A number's sentence is written when it is first met. Some hundred copies take less time one by one in a dictionary
    than together in a sorted array.
    """

    def __init__(self, table: Table, write: Callable[[int], str]) -> None:
        super().__init__()
        self._table, self._write = table, write

    def __missing__(self, key: int) -> int:
        code = self[key] = self._table.code(self._write(key))
        return code

    def __call__(self, keys: np.ndarray) -> np.ndarray:
        """Codes `[n]` int32 of numbers `[n]` int64."""
        return np.fromiter(map(self.__getitem__, keys.tolist()), np.int32, len(keys))
