"""Fields that change rarely, and where they do the count begins again: epochs, sessions, keys, boots.

Such a field is no help while it stays; where it changes, the new count is another stream. It changes nowhere else, and
it never comes back to a value that it had: the old frames of a stale slot bring back old bytes of all kinds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.layout.discovery.columns import Columns
from seqcheck.layout.discovery.grouping import Grouping

LOST = 0.75  # of the places where the count is lost, at which the field has to change, unless
NEW = 1  # the number is this or lower wherever it does


def session(
    table: Columns, grouping: Grouping, number: NDArray[np.uint64], counts: NDArray[np.bool_], taken: range
) -> int:
    """The column of such a field, -1 if there is none. `number` uint64[n]; `counts` bool[n]: the step to this row
    counts."""
    rows = np.flatnonzero(grouping.before >= 0)
    lost, kept = rows[~counts[rows]], rows[counts[rows]]
    if not len(lost) or not len(kept):
        return -1
    changes = table.data[lost] != table.data[grouping.before[lost]]
    moves = table.data[kept] != table.data[grouping.before[kept]]
    good = changes.any(axis=0) & ~moves.any(axis=0) & table.there.all(axis=0)
    good[list(taken)] = False
    for column in np.flatnonzero(good).tolist():
        changed = changes[:, column]
        if np.mean(changed) < LOST and int(number[lost[changed]].max()) > NEW:
            continue
        runs = grouping.count + int(np.count_nonzero(changed))
        if len(np.unique(grouping.group * 256 + table.data[:, column])) == runs:
            return column
    return -1
