"""Who saw which numbers: the positions of one epoch of a stream as stretches, in each of which every point saw all
numbers or none. Pure; there are as many stretches as gaps, whatever their width.

A point *judges* a number if it would have seen it: within what it saw of the epoch, and before and after that if its
capture is known to have been running. If it is not, numbers near the first and the last one that it saw may have come
before or after the capture, as far as records came behind the count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one point saw of an epoch: of low <= x < high all but the `absent` stretches (int64[n, 2], from and up to,
    in order and apart), and `ahead` (int64[n]) of x >= high. It would have seen all of `first` <= x < `last`, what came
    before that if `head`, and what came behind it if `tail`."""

    low: int
    high: int
    absent: Ints
    ahead: Ints
    first: int
    last: int
    head: bool
    tail: bool

    def judges(self, begin: Ints, end: Ints) -> Bools:
        """Whether it would have seen all that came of a number, from position `begin` up to `end`."""
        found: Bools = ((begin >= self.first) | self.head) & ((end < self.last) | self.tail)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretches:
    """`starts` int64[n] and `lengths`; `present` and `judged` bool[n, k], a column for each of `points`."""

    points: tuple[int, ...]
    starts: Ints
    lengths: Ints
    present: Bools
    judged: Bools

    def at(self, x: Ints) -> Bools:
        """bool[m, k]: who saw each of these positions."""
        if not len(self.starts):
            return np.zeros((len(x), len(self.points)), np.bool_)
        row = np.searchsorted(self.starts, x, "right") - 1
        inside = (row >= 0) & (x < self.starts[-1] + self.lengths[-1])
        found: Bools = self.present[np.maximum(row, 0)] & inside[:, None]
        return found


def stretches(views: Mapping[int, View]) -> Stretches:
    """Of the points that have the epoch, by their place on the way."""
    points = tuple(sorted(views))
    edges = [np.array([], np.int64)]
    for view in views.values():
        ends = np.array([view.low, view.high, view.first, view.last], np.int64)
        edges += [ends, view.absent.ravel(), view.ahead, view.ahead + 1]
    bounds = np.unique(np.concatenate(edges))
    starts, lengths = bounds[:-1], np.diff(bounds)
    present = np.zeros((len(starts), len(points)), np.bool_)
    judged = np.zeros_like(present)
    for column, point in enumerate(points):
        view = views[point]
        inside = (starts >= view.low) & (starts < view.high)
        row = np.searchsorted(view.absent[:, 0], starts, "right") - 1
        away = np.zeros(len(starts), np.bool_)
        if len(view.absent):
            away = (row >= 0) & (starts < view.absent[np.maximum(row, 0), 1])
        present[:, column] = (inside & ~away) | np.isin(starts, view.ahead)
        judged[:, column] = view.judges(starts, starts)
    # No count passed these, and no point saw them.
    judged &= (present.any(1) | (starts < max(view.high for view in views.values())))[:, None]
    return Stretches(points=points, starts=starts, lengths=lengths, present=present, judged=judged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fates:
    """What became of the numbers of each stretch, by columns of Stretches: `after`, the last point that saw them (-1:
    none did), and `at`, the first one behind it that would have (-1: none; then nothing is lost). `missed` bool[n, k]:
    the point did not see them and a later one did. `edge`: a point that saw nothing of them does not judge them."""

    after: Ints
    at: Ints
    missed: Bools
    edge: Bools


def fates(found: Stretches) -> Fates:
    """For every stretch."""
    count = len(found.points)
    rows = np.arange(len(found.starts))
    seen = found.present.any(1)
    after = np.where(seen, count - 1 - np.argmax(found.present[:, ::-1], axis=1), -1)
    behind = found.judged & (np.arange(count)[None, :] > after[:, None])
    at = np.where(behind.any(1), np.argmax(behind, axis=1), -1)
    later = np.zeros_like(found.present)
    for column in range(count - 2, -1, -1):
        later[:, column] = later[:, column + 1] | found.present[:, column + 1]
    missed = found.judged & ~found.present & later
    last = np.zeros(len(rows), np.bool_)
    for column in range(count):
        last |= ~found.judged[:, column] & ~found.present[:, column]
    return Fates(after=after, at=at, missed=missed, edge=last & seen)


def complement(low: int, high: int, there: Sequence[int]) -> list[tuple[int, int]]:
    """The stretches of low <= x < high that hold none of `there` (in order)."""
    found, start = [], low
    for x in there:
        if x > start:
            found.append((start, x))
        start = x + 1
    if high > start:
        found.append((start, high))
    return found
