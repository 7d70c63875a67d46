"""The rows of a histogram of distances: few enough to read, cut where the ring's laps end.

A stale slot shows as a pile at or just below a whole number of laps (D <= kN, DESIGN section 3), so a row never
reaches across such a mark. Rows need not be equally wide: neighbours are joined where that costs the least width, so a
pile of three slots stays apart from one far away. Pure numbers, nothing is drawn here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from seqcheck.model import Bin

LAPS = 4  # marks beyond the fourth lap tell nobody anything


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`count` distances from `low` to `high`. `laps` is k where the row ends the ring's k-th lap or holds its end,
    else 0."""

    low: int
    high: int
    count: int
    laps: int


def rows(bins: Sequence[Bin], ring: int | None, most: int) -> list[Row]:
    """`bins` (ascending, apart) in at most about `most` rows. A lap's end on which no row falls gets an empty row of
    its own, as long as it is no further than the data's reach."""
    filled = [bin for bin in bins if bin.count]
    if not filled:
        return []
    marks = laps_ends(ring, filled[-1].high)
    joined = join(filled, list(marks.values()), most)
    found = [Row(low=row.low, high=row.high, count=row.count, laps=lap_in(row, marks)) for row in joined]
    shown = {row.laps for row in found}
    found += [Row(low=end, high=end, count=0, laps=k) for k, end in marks.items() if k not in shown]
    return sorted(found, key=lambda row: (row.low, row.high))


def laps_ends(ring: int | None, highest: int) -> dict[int, int]:
    """k -> k * ring for the laps that the data reach: up to and with the first one that ends at or above `highest`."""
    if ring is None:
        return {}
    reached = min(LAPS, -(-highest // ring))
    return {k: k * ring for k in range(1, max(reached, 1) + 1)}


def lap_in(row: Bin, marks: dict[int, int]) -> int:
    """The lap whose end lies in the row, 0 for none."""
    return next((k for k, end in marks.items() if row.low <= end <= row.high), 0)


def join(bins: Sequence[Bin], ends: Sequence[int], most: int) -> list[Bin]:
    """Join neighbours, the closest first, until `most` rows are left; never across one of `ends`."""
    rows: list[Bin | None] = list(bins)
    after = list(range(1, len(rows) + 1))
    before = list(range(-1, len(rows) - 1))
    heap: list[tuple[int, int, int]] = []

    def offer(left: int, right: int) -> None:
        one, other = rows[left], rows[right]
        if one and other and not any(one.high <= end < other.low for end in ends):
            heappush(heap, (other.high - one.low, left, right))

    for left in range(len(rows) - 1):
        offer(left, left + 1)
    heapify(heap)
    left_over = len(rows)
    while left_over > most and heap:
        width, left, right = heappop(heap)
        one, other = rows[left], rows[right]
        if not one or not other or after[left] != right or other.high - one.low != width:
            continue  # one of the two has grown or gone since
        rows[left], rows[right] = Bin(low=one.low, high=other.high, count=one.count + other.count), None
        after[left] = after[right]
        if after[left] < len(rows):
            before[after[left]] = left
            offer(left, after[left])
        if before[left] >= 0:
            offer(before[left], left)
        left_over -= 1
    return [row for row in rows if row]
