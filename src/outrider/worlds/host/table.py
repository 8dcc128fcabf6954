"""Sentences of a host world and their codes: a table that only grows. No jax."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

MANY = 200  # numbers, from which on a table of places is quicker than a dictionary
SLOT_BITS = 14
NOBODY = np.iinfo(np.int64).min  # in an empty place
SLOTS = 2**SLOT_BITS
# Fibonacci hashing (Knuth, volume 3, section 6.4): 2 ** 64 over the golden ratio.
HASH = np.uint64(0x9E3779B97F4A7C15)


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

    A number's sentence is written when it is first met. Few numbers are looked up one by one. Many are looked up in a
    table of `SLOTS` places first: a hash leads many numbers to a place, which holds the newest of them. As nearly all
    have been met before, that takes a tenth of the time.
    """

    def __init__(self, table: Table, write: Callable[[int], str]) -> None:
        super().__init__()
        self._table, self._write = table, write
        self._keys, self._codes = np.full(SLOTS, NOBODY, np.int64), np.zeros(SLOTS, np.int32)

    def __missing__(self, key: int) -> int:
        code = self[key] = self._table.code(self._write(key))
        return code

    def __call__(self, keys: np.ndarray) -> np.ndarray:
        """Codes `[n]` int32 of numbers `[n]` int64, any but the least there is."""
        if len(keys) < MANY:
            return self._one_by_one(keys)
        place = (keys.view(np.uint64) * HASH >> np.uint64(64 - SLOT_BITS)).view(np.int64)
        found = self._codes[place]
        missed = np.flatnonzero(self._keys[place] != keys)
        if len(missed):
            found[missed] = self._one_by_one(keys[missed])
            self._keys[place[missed]], self._codes[place[missed]] = keys[missed], found[missed]
        return found

    def _one_by_one(self, keys: np.ndarray) -> np.ndarray:
        return np.fromiter(map(self.__getitem__, keys.tolist()), np.int32, len(keys))
