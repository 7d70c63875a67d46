"""Frames at the same place that do not carry the counter, and the byte that tells them apart.

Assumes that the counting rows agree in that byte. The first such byte is taken: kinds and versions come first. A frame
whose number belongs to the count must not be left out, whatever its bytes: an old frame of another length, a copy that
was cut short. Where most others differ from such a frame in no byte, nothing tells them apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.layout.discovery.columns import Columns
from seqcheck.layout.model import Word

Bools = NDArray[np.bool_]
AGREE = 0.98  # of the counting rows
DIFFER = 0.75  # of the others
CLOSE = 0.02  # of two bytes that tell as well, the first
FEWEST = 8  # rows that count
DEEP = 256  # columns that are looked at
AHEAD = 64  # numbers above the highest, that are close to it
RARE = 32  # one number in so many of the word is in the stretch that is taken for close
TWICE, MORE = 2, 3  # rows that belong to it; times what chance would give
OWN, CLOSELY = 0.9, 4  # of the steps from one such row to the next that are so small: a count of their own
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


def telling(
    table: Columns, inside: Bools, out: Bools, taken: range, theirs: Bools | None = None
) -> tuple[int, int] | None:
    """The column, outside `taken`, and its value in the rows `inside`; None if no byte tells them from others. It has
    that value in all rows of `theirs`, too."""
    if np.count_nonzero(inside) < FEWEST or not out.any():
        return None
    mine, others = np.flatnonzero(inside), np.flatnonzero(out)
    wide = min(DEEP, table.data.shape[1])
    some = table.data[mine[np.linspace(0, len(mine) - 1, VOTES).astype(np.int64)], :wide]
    value = np.sort(some, axis=0)[VOTES // 2]  # of a column that agrees, the value
    agree = np.mean((table.data[mine, :wide] == value) & table.there[mine, :wide], axis=0)
    differ = np.mean((table.data[others, :wide] != value) | ~table.there[others, :wide], axis=0)
    good = (agree >= AGREE) & (differ >= DIFFER)
    if theirs is not None and theirs.any():
        good &= ((table.data[theirs, :wide] == value) & table.there[theirs, :wide]).all(axis=0)
    good[[column for column in taken if column < wide]] = False
    if not good.any():
        return None
    column = int(np.flatnonzero(good & (differ >= differ[good].max() - CLOSE))[0])
    return column, int(value[column])


def belonging(
    table: Columns, group: NDArray[np.int64], seq: Word, rows: NDArray[np.int64], column: int, *, deep: bool
) -> Bools:
    """bool[n]: rows outside `rows` whose number in `seq` is one that the stream has had by then, or is close to; not
    where so few are that this may be chance, and not where they follow one another, as those of another kind of frames
    do that is counted as well, or are the last number or the next one, which another kind may quote. `column`: the
    byte that leaves them out; `deep`: it is no header's, so that there is no other kind."""
    value, whole = table.words(seq.offset, seq.width, big=seq.big)
    number = (value & np.uint64(seq.mask)) >> np.uint64(seq.shift)
    mine = np.zeros(len(number), np.bool_)
    mine[rows] = True
    found = np.zeros(len(number), np.bool_)
    others = np.flatnonzero(~mine & whole)
    mine &= whole
    if not len(others) or not mine.any():
        return found
    for each in np.unique(group[others]).tolist():
        here = np.flatnonzero(mine & (group == each))
        asked = others[group[others] == each]
        if len(here) < FEWEST:
            continue
        highest = np.maximum.accumulate(number[here])
        at = np.searchsorted(here, asked)
        asked, at = asked[at > 0], at[at > 0]
        top = highest[at - 1]
        ahead = np.uint64(min(AHEAD, seq.top // RARE))
        low = number[here].min()
        if int(highest[-1] - low) * RARE > seq.top:  # of so many numbers, only those that came recently
            low = top - np.minimum(top, np.uint64(seq.top // RARE))
        near = (number[asked] >= low) & (number[asked] <= top + ahead) & (number[asked] > 1)
        following = number[here[np.minimum(at, len(here) - 1)]]
        quoted = (number[asked] == top) | (number[asked] == following)
        near &= deep | ~quoted | ~table.there[asked, column]
        theirs = number[asked[near]]
        if len(theirs) < TWICE + MORE * len(asked) / RARE or len(np.unique(theirs)) * 2 <= len(theirs):
            continue
        step = theirs[1:] - theirs[:-1]
        if not deep and len(theirs) >= FEWEST and np.mean((step >= 1) & (step <= CLOSELY)) >= OWN:
            continue
        found[asked[near]] = True
    return found
