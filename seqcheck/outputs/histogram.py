"""The rows of a histogram of distances: few enough to read, equally wide, split at the ring's laps.

A stale slot shows as a pile at or just below a whole number of laps (D <= kN, docs/verdict.md), so rows are counted
down from these marks and none crosses one. Empty rows are left out, which keeps the others narrow if the distances form
piles far apart. Pure numbers, nothing is drawn here.
"""

from __future__ import annotations

from collections.abc import Sequence

from seqcheck.dataclass import dataclass
from seqcheck.model import Bin

LAPS = 4  # marks beyond the fourth lap tell nobody anything
WIDEST = 1 << 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`count` distances from `low` to `high`. `laps` is k where the ring's k-th lap ends in this row, else 0."""

    low: int
    high: int
    count: int
    laps: int


def rows(bins: Sequence[Bin], ring: int | None, most: int) -> list[Row]:
    """`bins` (ascending, apart) as rows: at most `most` with a count, or as few as the laps allow. The end of a lap on
    which no row falls gets an empty row of its own, up to the first one beyond the data."""
    filled = [bin for bin in bins if bin.count]
    if not filled:
        return []
    ends = laps_ends(ring, filled[-1].high)
    width, found = 1, gather(filled, ends, 1)
    while len(found) > most and width < WIDEST:
        width *= 2
        found = gather(filled, ends, width)
    shown = {row.laps for row in found}
    found += [Row(low=end, high=end, count=0, laps=k) for k, end in enumerate(ends, 1) if k not in shown]
    return sorted(found, key=lambda row: (row.low, row.high))


def laps_ends(ring: int | None, highest: int) -> list[int]:
    """The ends of the laps that the data reach, up to the first one at or above `highest`, at most LAPS."""
    if ring is None:
        return []
    return [k * ring for k in range(1, min(LAPS, -(-highest // ring)) + 1)]


def gather(bins: Sequence[Bin], ends: Sequence[int], width: int) -> list[Row]:
    """The bins by cells of `width`. A row reaches from its first bin to its last, so that it claims no more than is
    known; a bin goes where its upper end lies, since its count cannot be divided."""
    cells: dict[tuple[int, int], list[Bin]] = {}
    for bin in bins:
        cells.setdefault(cell(bin.high, ends, width), []).append(bin)
    found = []
    for members in cells.values():
        low, high = members[0].low, members[-1].high
        laps = next((k for k, end in enumerate(ends, 1) if low <= end <= high), 0)
        found.append(Row(low=low, high=high, count=sum(bin.count for bin in members), laps=laps))
    return found


def cell(value: int, ends: Sequence[int], width: int) -> tuple[int, int]:
    """The cell in which `value` lies, by its lap and its place there: counted down from the lap's end, or up from the
    last end where no further one is marked."""
    lap = sum(end < value for end in ends)
    if lap < len(ends):
        return lap, -((ends[lap] - value) // width)
    return lap, (value - 1 - (ends[-1] if ends else 0)) // width
