"""Which frame of which input a number over the whole capture means.

Kept as stretches of one input, and for merged stretches, the input of each frame. Bounded: the oldest are forgotten,
and such a number is then None.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import dataclass

MAX_STRETCHES = 1 << 16
MAX_BYTES = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Numbers from `first` on; `places` and `firsts` as in merge.Slice."""

    first: int
    places: NDArray[np.uint16] | int
    firsts: dict[int, int]


class Numbering:
    """`count`: frames so far."""

    def __init__(self) -> None:
        self.count = 0
        self._stretches: list[_Stretch] = []
        self._bytes = 0

    def add(self, places: NDArray[np.uint16] | int, firsts: dict[int, int], count: int) -> None:
        """The next `count` frames."""
        if not self._goes_on(places, firsts):
            if not isinstance(places, int):
                places = places.copy()
                self._bytes += places.nbytes
            self._stretches.append(_Stretch(first=self.count + 1, places=places, firsts=firsts))
            if self._bytes > MAX_BYTES or len(self._stretches) > MAX_STRETCHES:
                self._forget()
        self.count += count

    def find(self, number: int) -> tuple[int, int] | None:
        """(place of the input, number in it), or None if that is not known."""
        at = bisect_right(self._stretches, number, key=lambda each: each.first) - 1
        if at < 0 or number > self.count:
            return None
        stretch, row = self._stretches[at], number - self._stretches[at].first
        if isinstance(stretch.places, int):
            return stretch.places, stretch.firsts[stretch.places] + row
        place = int(stretch.places[row])
        return place, stretch.firsts[place] + int(np.count_nonzero(stretch.places[:row] == place))

    def _goes_on(self, places: NDArray[np.uint16] | int, firsts: dict[int, int]) -> bool:
        """Whether these frames just follow the last ones of the same input."""
        if not self._stretches or not isinstance(places, int):
            return False
        last = self._stretches[-1]
        return last.places is places or (
            isinstance(last.places, int)
            and last.places == places
            and last.firsts[places] + self.count + 1 - last.first == firsts[places]
        )

    def _forget(self) -> None:
        """The older half."""
        self._stretches = self._stretches[len(self._stretches) // 2 :]
        self._bytes = sum(each.places.nbytes for each in self._stretches if not isinstance(each.places, int))
