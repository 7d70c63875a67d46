"""The search over all offsets and bits at once: where does a byte go up by one from a record to the next of its group?

Only the low end of a counter is sought here: a byte, and the bit in it from which on it counts. What belongs to it
above that is the business of width.py. A sample of PAIRS pairs of rows is enough to rule nearly everything out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import dataclass
from seqcheck.layout.discovery.columns import Columns
from seqcheck.layout.discovery.grouping import Grouping

PAIRS = 192  # their count fits in a byte
LEAST = 8  # pairs that have the byte
RISING = 0.3  # of the pairs in which it changes, it goes up by one in this share or more
MOVING = 0.04  # and it does so in this share of all pairs
BITS = 7  # where a counter may begin in its byte; of the highest bit alone, every change is a step of one
NEAR = 0.5  # of the best bit of its byte
MOST = 20  # spots of one grouping


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """The low end of what may be a counter: column and bit, and how well it counts (0..1)."""

    column: int
    bit: int
    fit: float


def scan(table: Columns, grouping: Grouping) -> list[Spot]:
    """The spots that count, the best first."""
    rows = np.flatnonzero(grouping.before >= 0)
    if len(rows) < LEAST:
        return []
    rows = some(rows)
    earlier = grouping.before[rows]
    new, old = table.data[rows], table.data[earlier]
    whole = table.there[rows] & table.there[earlier]
    valid = _count(whole)
    fits = np.zeros((BITS, table.data.shape[1]))
    for bit in range(BITS):
        chance = 1 / (0xFF >> bit)  # of the values that a change may lead to, one is the next
        step = ((new >> bit) - (old >> bit)) & (0xFF >> bit)
        up = _count((step == 1) & whole)
        moved = _count((step != 0) & whole)
        rising = (up / np.maximum(moved, 1) - chance) / (1 - chance)
        share = up / np.maximum(valid, 1)
        enough = (valid >= LEAST) & (rising >= RISING) & (share >= MOVING)
        fits[bit] = np.where(enough, rising * np.sqrt(share), 0)
    good = (fits > 0) & (fits >= NEAR * fits.max(axis=0))
    spots = [
        Spot(column=int(column), bit=int(bit), fit=float(fits[bit, column]))
        for bit, column in zip(*np.nonzero(good), strict=True)
    ]
    return sorted(spots, key=lambda spot: (-spot.fit, spot.column, spot.bit))[:MOST]


def some(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """At most PAIRS of the rows, evenly spread."""
    return rows[np.linspace(0, len(rows) - 1, min(PAIRS, len(rows))).astype(np.int64)]


def _count(holds: NDArray[np.bool_]) -> NDArray[np.int64]:
    """int64[c]: in how many rows of bool[n, c] it does, PAIRS at most. Bytes add up faster than wider words."""
    counts: NDArray[np.uint8] = np.add.reduce(holds.view(np.uint8), axis=0, dtype=np.uint8)
    return counts.astype(np.int64)
