"""Numbers that some point saw more than once, or late: at which point each copy appears first. Pure.

The k-th copy of a number beyond the first appears first at the first point that has k of them; it arose after the last
earlier point that saw the number at all. A number is late from the first point on at which it came after a higher one;
but if another copy came before and was lost on the way, the late one is that copy.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass

Ints = NDArray[np.int64]
NOWHERE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Numbers with an anomaly anywhere: int64[n] `group`, `epoch` and position `x`, in this order; int64[n, k] `extra`,
    how often each point saw them beyond the first time; bool[n, k] `late`, and `seen`, whether a point saw them."""

    group: Ints
    epoch: Ints
    x: Ints
    extra: Ints
    late: NDArray[np.bool_]
    seen: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arisen:
    """What arose between `after` (NOWHERE: before the first point that saw the number) and `at`: for rows of Numbers,
    int64[m], how many copies are new, were lost, and whether it is late."""

    after: int
    at: int
    rows: Ints
    new: Ints
    lost: Ints
    late: Ints


def arisen(numbers: Numbers) -> Iterator[Arisen]:
    """For each pair of points between which anything arose, those with the same `at` in a row."""
    count, points = numbers.extra.shape
    most = np.zeros(count, np.int64)
    last = np.full(count, NOWHERE)
    before = np.zeros(count, np.int64)  # copies at the last point that saw the number
    ever_late = np.zeros(count, np.bool_)
    for at in range(points):
        seen, extra = numbers.seen[:, at], np.where(numbers.seen[:, at], numbers.extra[:, at], 0)
        new = np.where(seen, np.maximum(extra - most, 0), 0)
        lost = np.where(seen & (last != NOWHERE), np.maximum(before - extra, 0), 0)
        late = seen & numbers.late[:, at] & ~ever_late & (extra >= most)
        what = (new > 0) | (lost > 0) | late
        for after in np.unique(last[what]).tolist():
            rows = np.flatnonzero(what & (last == after))
            yield Arisen(
                after=after, at=at, rows=rows, new=new[rows], lost=lost[rows], late=late[rows].astype(np.int64)
            )
        most = np.maximum(most, extra)
        ever_late |= seen & numbers.late[:, at]
        before, last = np.where(seen, extra, before), np.where(seen, at, last)


def distinct(columns: tuple[Ints, ...]) -> tuple[Ints, Ints]:
    """Rows of equal-long columns, made one where they are equal: the first of each in order of the columns, int64[m],
    and for every row, int64[n], which of them it is."""
    order = np.lexsort(columns[::-1])
    fresh = np.zeros(len(order), np.bool_)
    fresh[:1] = True
    for column in columns:
        fresh[1:] |= column[order][1:] != column[order][:-1]
    which = np.empty(len(order), np.int64)
    which[order] = np.cumsum(fresh) - 1
    return order[fresh], which
