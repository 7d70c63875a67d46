"""Numbers that come again: which columns they rule out as a stream field, and which one they ask for.

    carried(table, base, column, spot)  -> whether a column is the next byte of the counter at the spot
    continued(table, base, column, spot)  -> whether the counter at the spot goes on where a column changes
    turns(table, grouping, number, taken)  -> the column of a field that tells streams apart whose numbers are the same
    hidden(stream, seq, digest, …)  -> the records that came before, where the laps of a short counter hide them
    fresh(table, group), late_copies(…)  -> the rows without those that came before; the records that came before

A copy that comes a multiple of 256 numbers later makes the low byte of a counter look like one of its own, for each
value of the byte above it. What tells them apart, however often numbers come again: a byte that carries takes a new
value where the one before it is full, and not before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.layout.discovery.columns import Columns
from seqcheck.layout.discovery.grouping import LEAST_EACH, LOOK, MOST_COLUMNS, MOST_VALUES, Grouping, cut
from seqcheck.layout.discovery.measure import NEAR
from seqcheck.layout.discovery.scan import Spot

FEWEST, MOSTLY = 2, 0.6  # new values of the byte above; the share of them that are carries
ROWS, FIRST = 16, 4  # rows that a value has; the first of them (others may be frames that are no part of the count)
NEW, RECENT = 6, 8  # new values; rows that may lie between, copies of earlier ones
SHORT = 63  # a low byte counts up to more than that
CLOSE = 6  # numbers next to a carry that may be lost
REPEATED, ENOUGH = 0.05, 8  # of the rows, so many at least, whose numbers came before
MOST_HIDING = 1 << 16  # numbers of a counter whose laps may hide copies
MIXED = 0.6  # of the steps that do not count: more than that is no counter
LEFT = 0.1  # of them, that may come again in streams that a field tells apart, and of the steps that do not count
GAPS = 0.02  # numbers missing for each row
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def carried(table: Columns, base: Grouping, column: int, spot: Spot) -> bool:
    """Whether the column, next to the spot, goes up where the spot's byte has been full."""
    if abs(column - spot.column) != 1:
        return False
    there = table.there[:, column] & table.there[:, spot.column]
    high, low = table.data[:, column].astype(np.int64), table.data[:, spot.column].astype(np.int64) >> spot.bit
    full = 0xFF >> spot.bit
    key = np.where(there, base.group * 256 + high, -1)
    order = np.argsort(key, kind="stable")
    values, at, counts = np.unique(key[order], return_index=True, return_counts=True)
    often = (values >= 0) & (counts >= ROWS)
    rows = {
        int(value): order[begin : begin + count]
        for value, begin, count in zip(values[often], at[often], counts[often], strict=True)
    }
    new = carries = 0
    for value, mine in rows.items():
        first = mine[:FIRST]
        if first[0] < ROWS:
            continue  # it was there from the start
        new += 1
        before = rows.get(value - 1 if value % 256 else value + 255, order[:0])
        before = before[before < first[-1]]
        carries += bool((low[first] < CLOSE).sum() > FIRST // 2 and (low[before] > full - CLOSE).any())
    return carries >= FEWEST and carries >= MOSTLY * new


def continued(table: Columns, base: Grouping, column: int, spot: Spot) -> bool:
    """Whether the spot goes on where the column takes a new value, as beside the higher bytes of a clock."""
    full = 0xFF >> spot.bit
    if full < SHORT:
        return False
    key = base.group * 256 + table.data[:, column]
    first = np.sort(np.unique(key, return_index=True)[1])
    first = first[base.before[first] >= 0]
    if len(first) < NEW:
        return False
    low = table.data[:, spot.column].astype(np.int64) >> spot.bit
    goes_on, earlier = np.zeros(len(first), np.bool_), first
    for _ in range(RECENT):
        earlier = np.where(earlier >= 0, base.before[earlier], -1)
        goes_on |= (earlier >= 0) & ((low[first] - low[earlier]) & full == 1)
    return float(np.mean(goes_on)) >= MOSTLY


def turns(table: Columns, grouping: Grouping, number: NDArray[np.uint64], taken: range) -> int:
    """The column of such a field, -1 if there is none. With it the numbers of each stream follow one another without
    gaps, which those of frames that are sent again do not."""
    again = _again(grouping.group, number)
    if np.count_nonzero(again) < max(ENOUGH, REPEATED * len(number)):
        return -1
    lost = _lost(grouping.before, number)
    if lost > MIXED * len(number):
        return -1
    look = table.data[:LOOK]
    good = np.all(table.there, axis=0) & (table.data != table.data[:1]).any(axis=0)
    good[list(taken)] = False
    tried = 0
    for column in np.flatnonzero(good).tolist():
        values = int(np.count_nonzero(np.bincount(look[:, column], minlength=256)))
        if values > min(MOST_VALUES, len(look) // LEAST_EACH):
            continue
        if (tried := tried + 1) > MOST_COLUMNS:
            break
        apart = cut(grouping, table, column)
        if (
            np.count_nonzero(_again(apart.group, number)) <= LEFT * np.count_nonzero(again)
            and _lost(apart.before, number) <= LEFT * lost
            and _missing(apart.group, number) <= GAPS * len(number)
        ):
            return column
    return -1


def late_copies(stream: Ints, seq: NDArray[np.uint64], digest: Ints, earlier: Ints) -> Bools:
    """bool[n]: records whose number and bytes came before in their stream, out of their turn: the first of them neither
    follows the number before it nor repeats it. `earlier`: the record before, -1 for the first."""
    again = np.zeros(len(seq), np.bool_)
    twice = np.flatnonzero(digest >= 0)
    if not len(twice):
        return again
    order = twice[np.lexsort((digest[twice], stream[twice]))]  # the same bytes are the same number
    same = (digest[order][1:] == digest[order][:-1]) & (stream[order][1:] == stream[order][:-1])
    again[order[1:][same]] = True
    step = np.where(earlier >= 0, seq - seq[earlier], 0)
    turn = np.argsort(stream, kind="stable")
    flags = again[turn]
    begins = flags & ~np.concatenate([[False], flags[:-1] & (stream[turn][1:] == stream[turn][:-1])])
    jumps = begins & (step[turn] > 1)
    run = np.cumsum(begins)  # each stretch of copies, by number
    late = np.zeros(len(seq), np.bool_)
    late[turn] = flags & np.isin(run, run[jumps])
    return late


def hidden(stream: Ints, seq: NDArray[np.uint64], digest: Ints, earlier: Ints, modulus: int) -> Ints:
    """The records whose bytes came before in their stream, if that hides them all: by the laps of the counter no number
    came twice. `earlier`: the record before, -1 for the first."""
    twice = np.flatnonzero(digest >= 0)
    if not modulus or modulus > MOST_HIDING or not len(twice):
        return twice[:0]
    step = np.where(earlier >= 0, (seq.astype(np.int64) - seq[earlier].astype(np.int64)) % modulus, 0)
    step[step > modulus // 2] -= modulus
    turn = np.argsort(stream, kind="stable")
    place = np.empty(len(seq), np.int64)
    place[turn] = np.cumsum(step[turn])
    order = twice[np.lexsort((place[twice], digest[twice], stream[twice]))]
    same = (digest[order][1:] == digest[order][:-1]) & (stream[order][1:] == stream[order][:-1])
    visible = same & (place[order][1:] == place[order][:-1])
    return order[1:][same] if not visible.any() else order[:0]


def fresh(table: Columns, group: Ints) -> Ints:
    """The rows whose bytes did not come before in their group; of those with equal bytes in a row, all."""
    marks = np.array([hash(each.tobytes()) for each in np.where(table.there, table.data, 0)], np.int64)
    order = np.lexsort((marks, group))
    same = (marks[order][1:] == marks[order][:-1]) & (group[order][1:] == group[order][:-1])
    again = np.zeros(len(marks), np.bool_)
    again[order[1:][same]] = True
    turn = np.argsort(group, kind="stable")
    again[turn[1:]] &= marks[turn][1:] != marks[turn][:-1]
    return np.flatnonzero(~again)


def _again(group: Ints, number: NDArray[np.uint64]) -> Bools:
    """Rows whose number came before in their group."""
    order = np.lexsort((number, group))
    same = (group[order][1:] == group[order][:-1]) & (number[order][1:] == number[order][:-1])
    found = np.zeros(len(group), np.bool_)
    found[order[1:][same]] = True
    return found


def _lost(before: Ints, number: NDArray[np.uint64]) -> int:
    """Steps that do not count."""
    rows = np.flatnonzero(before >= 0)
    step = number[rows] - number[before[rows]]
    return int(np.count_nonzero((step < 1) | (step > NEAR)))


def _missing(group: Ints, number: NDArray[np.uint64]) -> float:
    """Numbers of all groups that did not come, between the lowest and the highest."""
    order = np.lexsort((number, group))
    group, number = group[order], number[order]
    new = np.append(True, group[1:] != group[:-1])
    other = new | np.append(True, number[1:] != number[:-1])
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(group)) - 1
    between = (number[last] - number[first]).astype(np.float64) + 1
    return float(between.sum()) - int(np.count_nonzero(other))
