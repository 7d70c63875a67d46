"""Rows that are kept: the first ones of a kind, up to a limit, in one array that grows with them.

One array, since a capture that goes on for weeks finds them one at a time: each in an array of its own would take
several times its size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .kernel.border import EVENT

LEAST = 16  # rows that there is room for, to begin with


class Kept:
    """At most `most` rows of EVENT, in the order in which they were added."""

    def __init__(self, most: int) -> None:
        self._most, self._count = most, 0
        self._space: NDArray[Any] = np.empty(0, EVENT)

    @property
    def room(self) -> int:
        """How many more there may be."""
        return self._most - self._count

    @property
    def rows(self) -> NDArray[Any]:
        """Those that are kept, until the next `add` or `drop`."""
        return self._space[: self._count]

    def add(self, rows: NDArray[Any]) -> None:
        """Keep these; there must be room."""
        count = self._count + len(rows)
        if count > len(self._space):
            space = np.empty(min(max(2 * len(self._space), count, LEAST), self._most), EVENT)
            space[: self._count] = self.rows
            self._space = space
        self._space[self._count : count] = rows
        self._count = count

    def drop(self, gone: NDArray[np.bool_]) -> None:
        """Forget these of `rows`."""
        left = self.rows[~gone]
        self._space[: len(left)] = left
        self._count = len(left)
