"""Whether a spot is the low end of a number, or the middle of one that runs faster: a clock, a number of bytes.

The number that has one byte more below it then goes up by a constant that is not one at the spot; also where that byte
wraps, which tells it from a neighbour that goes up on its own. Or its steps differ: the spot stays only where the byte
below goes up, and goes up where that wraps. Within a byte, the bits below the spot must stay, or the count must not
care.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seqcheck.layout.discovery.columns import Columns
from seqcheck.layout.discovery.grouping import Grouping
from seqcheck.layout.discovery.scan import Spot

RESTLESS, STRICT = 0.4, 0.95  # pairs in which bits below the spot move; then this share has to count by one
CONSTANT = 0.8  # of the steps of the longer number
SLOPE = 0.9  # of the changes of low bits, that go the same way
FEWEST = 3  # wraps of the byte below
STRETCH = 3  # neighbouring values of low bits
FEWEST_STAYS, CARRIED = 6, 0.5  # steps of 0; the share of the steps of 1 where the byte below wraps
Bytes = NDArray[np.uint8]


Below = Literal["none", "zero", "constant", "flags", "moving"]


def below(table: Columns, grouping: Grouping, spot: Spot) -> Below:
    """What the bits of the byte below the spot do. Flags change without the count: it goes up by one there, too. The
    low bits of a value that rises by about a step do not: where they change, every other step is another one, or they
    change by the same amount each time."""
    if not spot.bit:
        return "none"
    rows = np.flatnonzero((grouping.before >= 0) & table.there[:, spot.column])
    new, old = table.data[rows, spot.column], table.data[grouping.before[rows], spot.column]
    low = (1 << spot.bit) - 1
    moved = ((new ^ old) & low) != 0
    if not moved.any():
        return "constant" if (new & low).any() else "zero"
    steps = np.bincount((new - old)[moved] & low, minlength=low + 1)
    if spot.bit > 1 and steps.max() >= FEWEST and steps.max() >= SLOPE * steps.sum():
        return "moving"
    if _wanders(new & low, low):
        return "moving"
    up = ((new >> spot.bit) - (old >> spot.bit)) & (0xFF >> spot.bit) == 1
    return "flags" if np.count_nonzero(moved) >= FEWEST and np.mean(up[moved]) >= CONSTANT else "moving"


def _wanders(values: Bytes, top: int) -> bool:
    """Whether they are a stretch of neighbouring values, somewhere in the middle: a reading with some noise."""
    seen = np.unique(values)
    first, last = int(seen[0]), int(seen[-1])
    return len(seen) >= STRETCH and last - first + 1 == len(seen) and first > 0 and last < top


def lowest(table: Columns, grouping: Grouping, spot: Spot) -> bool:
    """Whether it is."""
    rows = np.flatnonzero((grouping.before >= 0) & table.there[:, spot.column])
    rows = rows[table.there[grouping.before[rows], spot.column]]
    earlier = grouping.before[rows]
    new, old = table.data[rows, spot.column], table.data[earlier, spot.column]
    if spot.bit and not _bits(new, old, spot.bit):
        return False
    first, last = (0, table.head) if spot.column < table.head else (table.head, len(table.offsets))
    return not any(
        first <= below < last and _runs(new, old, table.data[rows, below], table.data[earlier, below], spot.bit)
        for below in (spot.column + 1, spot.column - 1)
    )


def _bits(new: Bytes, old: Bytes, bit: int) -> bool:
    """Whether the bits below `bit` stay, or the count does not care; and are no part of a constant step."""
    below = (1 << bit) - 1
    moved = ((new ^ old) & below) != 0
    up = ((new >> bit) - (old >> bit)) & (0xFF >> bit) == 1
    step = np.bincount(new - old, minlength=256)
    if step.max() >= CONSTANT * len(new) and int(step.argmax()) & below:
        return False
    return bool(np.mean(moved) < RESTLESS or np.mean(up) > STRICT)


def _runs(new: Bytes, old: Bytes, new_below: Bytes, old_below: Bytes, bit: int) -> bool:
    """Whether the two bytes are one number with a constant step, or one that carries from one byte into the other."""
    wraps = new_below < old_below
    if not bit and _carries(new, old, new_below, old_below):
        return True
    step = ((new.astype(np.int64) << 8 | new_below) - (old.astype(np.int64) << 8 | old_below)) & 0xFFFF
    values, counts = np.unique(step, return_counts=True)
    at = int(np.argmax(counts))
    if counts[at] < CONSTANT * len(step) or not int(values[at]) & ((1 << 8 + bit) - 1):
        return False
    alike = step[wraps] == values[at]
    return len(alike) >= FEWEST and bool(np.mean(alike) >= CONSTANT)


def _carries(new: Bytes, old: Bytes, new_below: Bytes, old_below: Bytes) -> bool:
    """Whether the byte goes up where the one below it wraps, and stays only where that one goes up."""
    stays, up = new == old, new - old == 1
    if np.count_nonzero(stays) < FEWEST_STAYS or not up.any():
        return False
    risen, wrapped = np.mean((new_below > old_below)[stays]), np.mean((new_below < old_below)[up])
    return bool(risen >= STRICT and wrapped >= CARRIED)
