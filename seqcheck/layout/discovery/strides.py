"""Numbers that go up by a constant that is neither one nor a small power of two: offsets in bytes, ticks, samples.

A pair of neighbouring bytes, in either order, whose difference from a record to the next is nearly always the same, is
the low end of one. Time stamps and totals of senders that keep a steady pace do that, too, so that such a candidate is
never beyond doubt; but the counts by it are right.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import dataclass
from seqcheck.layout.discovery.columns import Columns
from seqcheck.layout.discovery.grouping import Grouping
from seqcheck.layout.discovery.scan import some
from seqcheck.layout.model import Word

LEAST = 16  # pairs
CONSTANT = 0.75  # of the differences
AS_GOOD = 0.02
CARRIED = 0.6  # of the carries out of the lowest 16 bits, that a wider word has to take
FOUND = {1 << bit for bit in range(7)}  # steps that `scan` sees
MOST = 3  # of one grouping
DEEP = 128  # columns
WIDTHS = (64, 48, 32, 24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stride:
    """The word, its constant step, the column of its lowest byte, and the share of the differences that are it."""

    word: Word
    step: int
    column: int
    share: float


def strides(table: Columns, grouping: Grouping) -> list[Stride]:
    """The numbers of that kind, the best first."""
    rows = np.flatnonzero(grouping.before >= 0)
    if len(rows) < LEAST:
        return []
    sample = some(rows)
    found: list[Stride] = []
    for big in (True, False):
        for column, step, share in _constant(table, sample, grouping.before[sample], big=big):
            found.append(_widened(table, rows, grouping.before[rows], column=column, step=step, share=share, big=big))
    found.sort(key=lambda one: (-round(one.share / AS_GOOD), one.step, one.column))
    kept: list[Stride] = []
    for one in found:
        if not any(abs(one.column - other.column) < other.word.width for other in kept):
            kept.append(one)
    return kept[:MOST]


def _constant(
    table: Columns, new: NDArray[np.int64], old: NDArray[np.int64], *, big: bool
) -> Iterator[tuple[int, int, float]]:
    """Columns of lowest bytes, with the step of the 16 bits there, and how often it is that."""
    whole = np.all(table.there[:, : min(table.head, DEEP)], axis=0)
    data = table.data[:, : len(whole)].astype(np.int64)
    if data.shape[1] < 2:
        return
    value = data[:, :-1] << 8 | data[:, 1:] if big else data[:, 1:] << 8 | data[:, :-1]
    moved = (value[new] - value[old]) & 0xFFFF
    usual = np.median(moved, axis=0).astype(np.int64)
    share = np.mean(moved == usual, axis=0)
    good = (share >= CONSTANT) & whole[:-1] & whole[1:] & (usual > 0) & (usual < 0x8000)
    for at in np.flatnonzero(good).tolist():
        step = int(usual[at])
        if step not in FOUND:
            yield at + (1 if big else 0), step, float(share[at])


def _widened(
    table: Columns,
    new: NDArray[np.int64],
    old: NDArray[np.int64],
    *,
    column: int,
    step: int,
    share: float,
    big: bool,
) -> Stride:
    """The widest word that goes up by the step as well, of which the highest byte is 0 or moves."""
    best = Word(bits=16, offset=int(table.offsets[column]) - (1 if big else 0), big=big)
    for bits in WIDTHS:
        width = bits // 8
        offset = int(table.offsets[column]) - (width - 1 if big else 0)
        if offset < 0:
            continue
        value, whole = table.words(offset, width, big=big)
        if not whole.all():
            continue
        full = np.uint64((1 << bits) - 1) if bits < 64 else np.uint64(0xFFFFFFFFFFFFFFFF)
        up = ((value[new] - value[old]) & full) == step
        low = value & np.uint64(0xFFFF)
        wraps = (low[new] < low[old]) & (((low[new] - low[old]) & np.uint64(0xFFFF)) == step)
        if np.mean(up) < share - AS_GOOD or np.count_nonzero(up[wraps]) < CARRIED * np.count_nonzero(wraps):
            continue
        top = value >> np.uint64(bits - 8)
        if not top.any() or (top != top[0]).any():
            best = Word(bits=bits, offset=offset, big=big)
            break
    return Stride(word=best, step=step, column=column, share=share)
