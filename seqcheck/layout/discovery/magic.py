"""Frames at the same place that do not carry the counter, and the byte that tells them apart.

Assumes that the counting rows agree in that byte. The first such byte is taken: kinds and versions come first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.layout.discovery.columns import Columns

Bools = NDArray[np.bool_]
AGREE = 0.98  # of the counting rows
DIFFER = 0.75  # of the others
CLOSE = 0.02  # of two bytes that tell as well, the first
FEWEST = 8  # rows that count
DEEP = 256  # columns that are looked at
VOTES = 9  # rows that say what value the counting rows have


def sides(counts: Bools, before: NDArray[np.int64]) -> tuple[Bools, Bools]:
    """Rows that are part of the count, and rows that are not: neither the step to them nor the step from them counts.
    A row that is alone in its group is neither. `counts` bool[n]: the step to this row does."""
    followed = np.zeros(len(counts), np.bool_)
    rows = np.flatnonzero(before >= 0)
    followed[before[rows]] = counts[rows]
    known = before >= 0
    known[before[rows]] = True
    inside = counts | followed
    return inside, known & ~inside


def telling(table: Columns, inside: Bools, out: Bools, taken: range) -> tuple[int, int] | None:
    """The column, outside `taken`, and its value in the rows `inside`; None if no byte tells them from others."""
    if np.count_nonzero(inside) < FEWEST or not out.any():
        return None
    mine, others = np.flatnonzero(inside), np.flatnonzero(out)
    wide = min(DEEP, table.data.shape[1])
    some = table.data[mine[np.linspace(0, len(mine) - 1, VOTES).astype(np.int64)], :wide]
    value = np.sort(some, axis=0)[VOTES // 2]  # of a column that agrees, the value
    agree = np.mean((table.data[mine, :wide] == value) & table.there[mine, :wide], axis=0)
    differ = np.mean((table.data[others, :wide] != value) | ~table.there[others, :wide], axis=0)
    good = (agree >= AGREE) & (differ >= DIFFER)
    good[[column for column in taken if column < wide]] = False
    if not good.any():
        return None
    column = int(np.flatnonzero(good & (differ >= differ[good].max() - CLOSE))[0])
    return column, int(value[column])
