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


class Lookup:
    """From numbers that stand for sentences to the codes of a table, whole arrays at once.

    A number's sentence is written when it is first met. Finding `n` known ones takes a binary search each.
    """

    def __init__(self, table: Table, write: Callable[[int], str]) -> None:
        self._table, self._write = table, write
        self._keys, self._codes = np.zeros(0, np.int64), np.zeros(0, np.int32)

    def __call__(self, keys: np.ndarray) -> np.ndarray:
        """Codes `[n]` int32 of numbers `[n]` int64."""
        at = np.searchsorted(self._keys, keys)
        if len(self._keys):
            known = self._keys.take(at, mode="clip") == keys
            if known.all():
                return self._codes[at]
            new = np.unique(keys[~known])
        else:
            new = np.unique(keys)
        codes = [self._table.code(self._write(int(key))) for key in new]
        place = np.searchsorted(self._keys, new)
        self._codes = np.insert(self._codes, place, np.asarray(codes, np.int32))
        self._keys = np.insert(self._keys, place, new)
        return self._codes[np.searchsorted(self._keys, keys)]
