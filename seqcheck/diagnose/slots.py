"""Where in the ring do the duplicates sit: anywhere, in one slot, or in every eighth? And do the sender's own stamps
say that they came out of their slots?

Events strike anywhere. One slot again and again points to its descriptor or buffer; every 8th or 32nd at write-back
batches; the last slot at the wrap of the ring (netmap 905: always the last one). The place of a duplicate is counted
in frames of the source since the first, lost ones included, modulo the ring; where the sender stamped its slots, the
stamp is the place. Without stamps the count has no known beginning, and loss that nobody saw blurs it. Pure.
"""

from __future__ import annotations

import math

import numpy as np

from ..dataclass import replace
from .arrays import distinct
from .facts import Evidence, Facts
from .keys import Bools, Ints
from .result import Account, Cluster, Ring
from .table import Table

PERIODS = (64, 32, 16, 8, 4)
FEWEST = 4
CLEAR = -4.0  # log10 of the odds against chance from which on it is worth a line


def placed(one: Account, table: Table, facts: Facts) -> Account:
    """The account with what its places in the ring say; one without a ring as it is."""
    if one.ring is None:
        return one
    frames = table.rows["frame"][one.rows].tolist()
    found = [facts.evidence[frame] for frame in frames if frame in facts.evidence]
    stamped = [(each.slot, each.due) for each in found if each.slot is not None and each.due is not None]
    own = sum((due - slot) % one.ring.best == 0 for slot, due in stamped)
    figures = replace(one.figures, own_slot=own, other_slot=len(stamped) - own)
    return replace(one, figures=figures, ring=replace(one.ring, cluster=_cluster(table, one.ring, one.rows, found)))


def _cluster(table: Table, ring: Ring, rows: Bools, found: list[Evidence]) -> Cluster | None:
    at, stamped = _places(table, ring, rows, found)
    if len(at) < FEWEST:
        return None
    slots = distinct(at)
    counts = np.bincount(np.searchsorted(slots, at))
    most = int(np.argmax(counts))
    often, slot = int(counts[most]), int(slots[most])
    if agreement(often, len(at), 1 / ring.best, ring.best) <= CLEAR and often >= 0.5 * len(at):
        return Cluster(often=often, of=len(at), slot=slot if stamped else None, last=stamped and slot == ring.best - 1)
    for period in PERIODS:
        if ring.best % period or ring.best <= period:
            continue
        often = int(np.bincount(at % period).max())
        if agreement(often, len(at), 1 / period, period) <= CLEAR and often >= 0.8 * len(at):
            return Cluster(often=often, of=len(at), period=period)
    return None


def _places(table: Table, ring: Ring, rows: Bools, found: list[Evidence]) -> tuple[Ints, bool]:
    stamps = [each.slot for each in found if each.slot is not None]
    if len(stamps) >= FEWEST:
        return np.array(stamps, np.int64), True
    if ring.exact < 0.9 * np.count_nonzero(rows):
        return np.zeros(0, np.int64), False
    mine = rows & (table.rows["source"] == table.rows["source"][rows][0])
    first = int(table.rows["ordinal"][mine].min())
    places: Ints = (table.rows["ordinal"][mine] - first) % ring.best
    return places, False


def agreement(often: int, of: int, chance: float, places: int) -> float:
    """log10 of the odds that `often` or more of `of` fall by chance on one of `places`, each with that chance: the
    binomial tail, bounded by Chernoff, times the places that were looked at."""
    share = often / of
    if share <= chance:
        return 0.0
    divergence = share * math.log(share / chance)
    if share < 1:
        divergence += (1 - share) * math.log((1 - share) / (1 - chance))
    return min(0.0, (-of * divergence + math.log(places)) / math.log(10))
