"""Frames at the same place that do not carry the counter, and the byte that tells them apart.

Assumes that the counting rows agree in that byte. The first such byte is taken: kinds and versions stand in front.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.layout.discovery.columns import Columns

Bools = NDArray[np.bool_]
AGREE = 0.98  # of the counting rows
DIFFER = 0.75  # of the others
FEWEST = 8  # rows that count


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
    """The column, outside `taken`, and its value in the rows `inside`; None where no byte tells them from others."""
    if np.count_nonzero(inside) < FEWEST or not out.any():
        return None
    best: tuple[float, int, int] | None = None
    for column in range(table.data.shape[1]):
        if column in taken:
            continue
        there = table.there[:, column]
        mine = table.data[inside & there, column]
        if len(mine) < AGREE * np.count_nonzero(inside):
            continue
        value = int(np.bincount(mine, minlength=256).argmax())
        if np.count_nonzero(mine == value) < AGREE * len(mine):
            continue
        others = table.data[out & there, column]
        told = np.count_nonzero(others != value) + np.count_nonzero(out & ~there)
        share = told / np.count_nonzero(out)
        if share >= DIFFER and (best is None or share > best[0] + 0.02):
            best = (share, column, value)
    return (best[1], best[2]) if best else None
