"""Where in the ring do the duplicates sit: anywhere, in one slot, or in every eighth?

Events strike anywhere. One slot again and again points at its descriptor or buffer; every 8th or 32nd at write-back
batches; the last slot at the wrap of the ring (netmap 905: always the last one). The place of a duplicate is counted
in frames of the source since the first, lost ones included, modulo the ring; where the sender stamped its slots, the
stamp is the place. Without stamps the count has no known beginning, and loss that nobody saw blurs it. Pure."""

from __future__ import annotations

import numpy as np

from .case import Case
from .odds import agreement
from .ring import Ring
from .table import Bools, Ints

PERIODS = (64, 32, 16, 8, 4)
FEWEST = 4
CLEAR = -4.0  # log10 of the odds against chance from which on it is worth a line


def hint(case: Case, ring: Ring, rows: Bools) -> str:
    """One sentence where they cluster, else nothing."""
    at, stamped = _places(case, ring, rows)
    if len(at) < FEWEST:
        return ""
    slots, counts = np.unique(at, return_counts=True)
    most = int(np.argmax(counts))
    often = int(counts[most])
    if agreement(often, len(at), 1 / ring.size, ring.size) <= CLEAR and often >= 0.5 * len(at):
        last = ", the ring's last" if stamped and int(slots[most]) == ring.size - 1 else ""
        which = f"slot {int(slots[most])}{last}" if stamped else "one and the same slot"
        return f"{often:,} of {len(at):,} sit in {which}: look at its descriptor and its buffer, not at the traffic."
    for period in PERIODS:
        if ring.size % period or ring.size <= period:
            continue
        often = int(np.bincount(at % period).max())
        if agreement(often, len(at), 1 / period, period) <= CLEAR and often >= 0.8 * len(at):
            return f"{often:,} of {len(at):,} sit in every {period}th slot: look at how descriptors are written back "
            "in batches."
    return ""


def _places(case: Case, ring: Ring, rows: Bools) -> tuple[Ints, bool]:
    stamps = [evidence.slot for evidence in case.judged(rows) if evidence.slot is not None]
    if len(stamps) >= FEWEST:
        return np.array(stamps, np.int64), True
    if ring.exact < 0.9 * np.count_nonzero(rows):
        return np.zeros(0, np.int64), False
    table = case.table
    mine = rows & (table.rows["source"] == table.rows["source"][rows][0])
    first = int(table.rows["ordinal"][mine].min())
    places: Ints = (table.rows["ordinal"][mine] - first) % ring.size
    return places, False
