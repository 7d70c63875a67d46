"""How far a point's view reaches to the first and the last record that it captured. Pure.

If it is not known that a capture was running before its first record, numbers behind that one may have come by before
it all the same: as far as records change places, and if the first record was an old one that came again.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass
from ..kernel.border import DUPLICATE
from .copies import distinct

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """`behind`, by group: by how much any point saw a number late that no point saw twice. `twice`, by group and epoch:
    the positions (int64[n], in order) of numbers that came twice."""

    behind: dict[int, int]
    twice: dict[tuple[int, int], Ints]

    def first(self, epoch: tuple[int, int], length: int, shift: int, absent: Sequence[tuple[int, int]]) -> int:
        """The first position of an epoch (of group and epoch) from which on a point surely saw what came by, where it
        has `length` positions, those of the `absent` stretches aside, and `shift` is added to them."""
        twice = set(self.twice[epoch].tolist()) if epoch in self.twice else set()
        gaps, at = dict(absent), 0
        while at < length and at + shift in twice:
            at = gaps.get(at + 1, at + 1)
        return min(at + self.behind.get(epoch[0], 0), length) + shift

    def last(self, epoch: tuple[int, int], length: int, shift: int) -> int:
        """The position up to which it surely did."""
        return max(length - self.behind.get(epoch[0], 0), 0) + shift


def edges(columns: tuple[Ints, Ints, Ints], kind: Ints, behind: Ints) -> Edges:
    """Of anomalies: group, epoch and position, what they are, and how far behind the count."""
    firsts, which = distinct(columns)
    again = np.zeros(len(firsts), np.bool_)
    again[which[kind == DUPLICATE]] = True
    group, epoch, x = (column[firsts[again]] for column in columns)
    twice: dict[tuple[int, int], Ints] = {}
    bounds = np.flatnonzero((np.diff(group, prepend=-1) != 0) | (np.diff(epoch, prepend=-1) != 0))
    for start, stop in pairwise([*bounds.tolist(), len(x)]):
        twice[int(group[start]), int(epoch[start])] = x[start:stop]
    late = ~again[which]
    groups, where = np.unique(columns[0][late], return_inverse=True)
    most = np.zeros(len(groups), np.int64)
    np.maximum.at(most, where.ravel(), behind[late])
    return Edges(behind=dict(zip(groups.tolist(), most.tolist(), strict=True)), twice=twice)
