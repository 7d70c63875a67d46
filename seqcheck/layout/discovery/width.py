"""From the low end of a counter to its word: byte order, width, mask. What decides is carries.

Theory
    Let u be the number from the counter's lowest bit on, over all bytes that may belong to it. Where the w bits below
    bit w go up by one (or a few), bit w flips if they wrap, and stays if they do not. Going up bit by bit, the counter
    reaches as high as that holds. Where a flip fails, the counter wraps below that bit; where a bit moves without
    cause, it is a neighbour. Where no carry came so high, nothing tells, and custom does: bytes that are zero belong to
    the number, bytes that are constant otherwise do not, and words lie at multiples of their width.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import dataclass
from seqcheck.layout.discovery.columns import Columns
from seqcheck.layout.discovery.grouping import Grouping
from seqcheck.layout.discovery.scan import Spot
from seqcheck.layout.model import BITS, Word

STEADY = 0.985  # of the pairs without a carry, in which a bit of the counter has to stay
STRANGERS = 0.12  # frames that are no part of the count, for which a bit of the lowest byte is allowed to move
CARRIED = 0.6  # of the carries, that have to be taken (a few may fall into gaps)
LAG = 5  # records
NEAR = 4  # steps that are taken for counting, with a few numbers left out
SURE = 4  # bits that are looked at before a bit above them is judged
NEARBY, FARTHER = 1.0, 0.3  # worth of a byte of zeros, up to 32 bits and above
NONZERO, MOVES = -1.0, 1.0  # of another constant; of one that changes where the number starts over
OVER = 0.6  # of the changes of such a byte: it becomes 0 (and carries come in between)
STRAY = 0.03  # frames of other kinds, that may hold anything
NETWORK = 0.3  # worth of the network's byte order
_AT = {0: 2.0, 2: 1.0, 1: 0.0, 3: 0.0}  # worth of an offset, by what is left of it when divided by four
_ODD = dict.fromkeys(range(4), -0.5)
ALIGNED = {16: {0: 2.0, 2: 2.0}, 24: _ODD, 32: _AT, 48: _ODD, 64: _AT}
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How high a counter goes in one byte order: up to `seen` bits its carries were seen, up to `most` bits nothing
    speaks against it; `wraps`: it was seen to wrap at `most`. `carries` counts those out of the lowest byte."""

    big: bool
    seen: int
    most: int
    wraps: bool
    carries: int


def word(table: Columns, grouping: Grouping, spot: Spot) -> tuple[Word, Reach] | None:
    """The word that counts at `spot`, None if nothing fits the language."""
    best: tuple[tuple[float, ...], Word, Reach] | None = None
    for big in (True, False):
        low, high = _extent(table, spot.column, big=big)
        value = _read(table, low, high, big=big)
        reach = _reach(
            value, spot.bit, np.all(table.there[:, low : high + 1], axis=1), grouping, 8 * (high - low + 1), big
        )
        for bits in BITS:
            made = _made(table, grouping, spot, reach, bits)
            if made is None:
                continue
            if best is None or made[0] > best[0]:
                best = (*made, reach)
    return (best[1], best[2]) if best else None


def _extent(table: Columns, column: int, *, big: bool) -> tuple[int, int]:
    """First and last column that may belong to a number whose lowest byte is `column`."""
    first, last = (0, table.head - 1) if column < table.head else (table.head, len(table.offsets) - 1)
    return (max(first, column - 7), column) if big else (column, min(last, column + 7))


def _read(table: Columns, low: int, high: int, *, big: bool) -> NDArray[np.uint64]:
    value = np.zeros(len(table.data), np.uint64)
    for at in range(low, high + 1) if big else range(high, low - 1, -1):
        value = (value << np.uint64(8)) | table.data[:, at]
    return value


def _reach(
    value: NDArray[np.uint64], bit: int, whole: NDArray[np.bool_], grouping: Grouping, bits: int, big: bool
) -> Reach:
    """How high it counts."""
    limit = bits - bit
    number = value >> np.uint64(bit)
    later, earlier, neighbours = _pairs(grouping.before, whole)
    new, old = number[later], number[earlier]
    step = new - old
    first = min(SURE, 8 - bit, limit)
    seen, carries = first, 0
    byte = step[:neighbours] & np.uint64((1 << min(8 - bit, limit)) - 1)
    others = 1 - np.count_nonzero((byte >= 1) & (byte <= NEAR)) / max(neighbours, 1)
    for width in range(first, limit):
        mask = np.uint64((1 << width) - 1)
        low = step & mask
        counts = (low >= 1) & (low <= min(NEAR * LAG, 1 << width >> 2))
        wraps = counts & ((new & mask) < (old & mask))
        further = (((new ^ old) >> np.uint64(width)) & np.uint64(1)).astype(np.bool_)  # the next bit flips
        steady = (counts & ~wraps)[:neighbours]
        moves = 1 - STEADY + (min(others, STRANGERS) if width < 8 else 0)  # so few bits go up by chance, too
        if np.count_nonzero(further[:neighbours] & steady) > moves * np.count_nonzero(steady):
            return Reach(big=big, seen=seen, most=width, wraps=False, carries=carries)
        taken = further & wraps
        if wraps.any() and np.count_nonzero(taken) >= CARRIED * np.count_nonzero(wraps):
            seen = width + 1
            if width == 8 - bit:
                carries = max(int(np.count_nonzero(taken[:neighbours])), 1)
        elif (here := wraps[:neighbours] & (low[:neighbours] <= NEAR)).any() and not np.any(taken[:neighbours] & here):
            return Reach(big=big, seen=width, most=width, wraps=True, carries=carries)
    return Reach(big=big, seen=seen, most=limit, wraps=False, carries=carries)


def _pairs(before: Ints, whole: NDArray[np.bool_]) -> tuple[Ints, Ints, int]:
    """Rows with the row before them (so many), then with the row LAG before them: a wrap is then seen several times,
    also where a lost or repeated frame hides it from neighbours."""
    far = before.copy()
    for _ in range(LAG - 1):
        far = np.where(far >= 0, before[far], -1)
    rows = [np.flatnonzero((each >= 0) & whole & whole[each]) for each in (before, far)]
    return np.concatenate(rows), np.concatenate([before[rows[0]], far[rows[1]]]), len(rows[0])


def _moves(table: Columns, grouping: Grouping, column: int) -> bool:
    """Whether a byte falls to 0 within groups, and does not change otherwise: where the number starts over."""
    rows = np.flatnonzero((grouping.before >= 0) & table.there[:, column])
    data = table.data[:, column]
    changed = data[rows] != data[grouping.before[rows]]
    fell = int(np.count_nonzero(changed & (data[rows] == 0)))
    return fell > 0 and fell >= OVER * int(np.count_nonzero(changed))


def _made(
    table: Columns, grouping: Grouping, spot: Spot, reach: Reach, bits: int
) -> tuple[tuple[float, ...], Word] | None:
    """The word of `bits` bits, and how well it suits."""
    width = bits // 8
    need, most = spot.bit + reach.seen, spot.bit + reach.most
    if bits < need or (bits - 8 >= need and bits - 8 >= most):  # too narrow; or a whole byte more than it reaches
        return None
    top = min(bits, most)
    if top < bits and any(need <= other <= most for other in BITS):
        return None  # a mask where a plain word would do
    first = spot.column - width + 1 if reach.big else spot.column
    begin, end = (0, table.head) if spot.column < table.head else (table.head, len(table.offsets))
    if first < begin or first + width > end:
        return None
    reached = np.count_nonzero(table.there[:, first : first + width].all(axis=1))
    if reached < (1 - STRAY) * np.count_nonzero(table.there[:, spot.column]):
        return None  # shorter payloads have the number, too
    offset = int(table.offsets[first])
    worth = ALIGNED.get(bits, {}).get(offset % 4, 0.0) + (NETWORK if reach.big else 0.0)
    proved = -(-need // 8)
    above = (spot.column - at if reach.big else spot.column + at for at in range(proved, -(-top // 8)))
    zero = True
    for far, column in enumerate(above, proved):
        data = table.data[table.there[:, column], column]
        zero = zero and int(np.count_nonzero(data)) <= STRAY * len(data)
        moves = not zero and _moves(table, grouping, column)
        worth += (NEARBY if far < 4 else FARTHER) if zero else MOVES if moves else NONZERO
    mask = ((1 << top) - 1) & ~((1 << spot.bit) - 1)
    made = Word(bits=bits, offset=offset, big=reach.big, mask=0 if mask == (1 << bits) - 1 else mask)
    return (float(reach.carries > 0), worth, -float(bits)), made
