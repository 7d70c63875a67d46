"""Numbers that some point saw more than once, or late: at which point each copy appears first. Pure.

The k-th copy of a number beyond the first appears first at the first point that has k of them; it arose after the last
earlier point that saw the number, and that would have seen the copy. Copies that one point saw are lost before the next
point that would have seen them, unless a point behind that has them. A number is late from the first point on at which
it came after a higher one; but if another copy came before and was lost on the way, the late one is that copy.
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
    how often each point saw them beyond the first time; bool[n, k] `late`, `seen`, whether a point saw them, and
    `whole`, whether it would have seen every copy of them, going by when its capture ran."""

    group: Ints
    epoch: Ints
    x: Ints
    extra: Ints
    late: NDArray[np.bool_]
    seen: NDArray[np.bool_]
    whole: NDArray[np.bool_]


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
    last = np.full(count, NOWHERE)  # the last point that saw all that came of the number
    left = np.zeros(count, np.int64)  # copies that came by there
    any_seen, ever_late = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    there = np.where(numbers.seen, numbers.extra, 0)
    came_by = np.maximum.accumulate(there[:, ::-1], axis=1)[:, ::-1]  # a point may have missed what a later one saw
    for at in range(points):
        seen, extra, whole = numbers.seen[:, at], there[:, at], numbers.whole[:, at]
        told = seen & ((last != NOWHERE) | ~any_seen)
        new = np.where(told, np.maximum(extra - most, 0), 0)
        lost = np.where(seen & whole & (last != NOWHERE), np.maximum(left - came_by[:, at], 0), 0)
        late = told & numbers.late[:, at] & ~ever_late & (extra >= most)
        what = (new > 0) | (lost > 0) | late
        for after in np.unique(last[what]).tolist():
            rows = np.flatnonzero(what & (last == after))
            yield Arisen(
                after=after, at=at, rows=rows, new=new[rows], lost=lost[rows], late=late[rows].astype(np.int64)
            )
        most = np.maximum(most, extra)
        ever_late |= seen & numbers.late[:, at]
        any_seen |= seen
        left, last = np.where(seen & whole, came_by[:, at], left), np.where(seen & whole, at, last)


def unjudged(numbers: Numbers) -> int:
    """How many copies show first behind points none of which would have seen them."""
    found = 0
    first = np.argmax(numbers.seen, axis=1)
    none, most = np.ones(len(first), np.bool_), np.zeros(len(first), np.int64)
    for at in range(numbers.extra.shape[1]):
        extra = np.where(numbers.seen[:, at], numbers.extra[:, at], 0)
        found += int(np.maximum(extra - most, 0)[none & (first < at)].sum())
        most = np.maximum(most, extra)
        none &= ~(numbers.seen[:, at] & numbers.whole[:, at])
    return found


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
