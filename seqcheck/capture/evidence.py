"""Frames again, by number: the bytes of an earlier copy, while the input is still being read.

There are two ways, each nearly free if nobody asks. A Trail, for plain files, has the offset of every STRIDE-th frame,
from where the file is read again. A Window, for pipes and compressed inputs, holds the blocks read last, as far back as
the pool has slots. Both are bounded; what they no longer know is None. If a plain file was changed meanwhile, the frame
at which the walk begins shows it (its length and time stamp): the answer is then None, never another frame.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque

import numpy as np
from numpy.typing import NDArray

from seqcheck.capture.bytestream import PlacedBytes
from seqcheck.capture.container import Walker
from seqcheck.capture.cursor import Cursor
from seqcheck.capture.slots import Block, Pool
from seqcheck.dataclass import dataclass
from seqcheck.sink import StoredFrame, stored
from seqcheck.wire.pcapng import Section

STRIDE = 256  # frames from one remembered offset to the next, to begin with
MAX_MARKS = 1 << 16  # remembered offsets; then every second one is forgotten
NEAR = 1 << 16  # bytes to read again at a time


def in_block(block: Block, number: int) -> StoredFrame | None:
    """Frame `number` of the input, where it lies in this block."""
    row, frames = number - block.first, block.frames
    if block.gone or not 0 <= row < frames.count:
        return None
    return stored(frames, row)


class Window:
    """The blocks of an input that are still there."""

    def __init__(self) -> None:
        self._blocks: deque[Block] = deque()

    def note(self, cursor: Cursor, low: int, high: int) -> None:
        """The cursor has given rows low..high-1."""
        blocks = self._blocks
        if not blocks or blocks[-1] is not cursor.block:
            blocks.append(cursor.block)
            while blocks[0].gone:
                blocks.popleft()

    def get(self, number: int) -> StoredFrame | None:
        """Frame `number` of the input, or None if it is no longer there."""
        return next((frame for block in reversed(self._blocks) if (frame := in_block(block, number))), None)


@dataclass(slots=True, kw_only=True)
class _Marks:
    """Frames first, first + stride, ...: where their bytes lie in the input, how many they are, when they came."""

    first: int
    stride: int
    off: NDArray[np.int64]
    cap: NDArray[np.uint32]
    ns: NDArray[np.int64]
    section: Section | None


class Trail:
    """Offsets in a plain file, and a cursor of its own to read from them."""

    def __init__(self, placed: PlacedBytes, walker: Walker) -> None:
        self._marks: list[_Marks] = []
        self._count, self._stride = 0, STRIDE
        self._due = 0  # the frame from which on another mark is needed
        self._placed, self._walker = placed, walker
        self._reader: Cursor | None = None
        self._latest: Cursor | None = None

    def note(self, cursor: Cursor, low: int, high: int) -> None:
        """The cursor has given rows low..high-1."""
        frames, stride, first = cursor.block.frames, self._stride, cursor.block.first
        self._latest = cursor
        ends = [*(begin for begin, _ in cursor.pieces[1:]), high]
        for (begin, section), end in zip(cursor.pieces, ends, strict=True):
            if begin > low and first + end <= self._due:  # near enough to the mark before: sections are walked through
                continue
            rows = slice(begin, end, stride)
            off = frames.off[rows] + cursor.origin
            self._marks.append(
                _Marks(
                    first=first + begin, stride=stride, off=off, section=section,
                    cap=frames.cap[rows].copy(), ns=frames.ns[rows].copy(),
                )
            )  # fmt: skip
            self._count += len(off)
            self._due = first + begin + len(off) * stride
        if self._count > MAX_MARKS:
            self._thin()

    def get(self, number: int) -> StoredFrame | None:
        """Frame `number` of the input, or None if it was not read yet or the file was changed."""
        if self._latest and (now := in_block(self._latest.block, number)):
            return now
        if self._reader and (near := in_block(self._reader.block, number)):
            return near
        at = bisect_right(self._marks, number, key=lambda marks: marks.first) - 1
        return self._read(self._marks[at], number) if at >= 0 else None

    def _read(self, marks: _Marks, number: int) -> StoredFrame | None:
        """Walk from the last remembered frame at or before that number."""
        step = min((number - marks.first) // marks.stride, len(marks.off) - 1)
        first, off, cap = marks.first + step * marks.stride, int(marks.off[step]), int(marks.cap[step])
        walker = self._walker.fresh(marks.section)
        before = self._placed.at(max(off - 28, 0), min(off, 28))
        start = off - walker.lead(before, cap)
        if self._reader is None:
            self._reader = Cursor(self._placed, walker, Pool(1).take(), _ignore)
        reader = self._reader
        reader.place(start, walker, first=first)
        reader.most = NEAR
        self._placed.place(start)
        known = False
        while reader.fill() is not None:
            frames = reader.block.frames
            if not known and (int(frames.cap[0]), int(frames.ns[0])) != (cap, int(marks.ns[step])):
                break
            known = True
            if found := in_block(reader.block, number):
                return found
        frames = reader.block.frames
        frames.count = 0
        return None

    def _thin(self) -> None:
        """Forget every second offset, and every second set of them where these are small."""
        self._stride *= 2
        marks = self._marks if len(self._marks) < MAX_MARKS // 4 else self._marks[::2]
        for each in marks:
            each.stride *= 2
            each.off, each.cap, each.ns = each.off[::2].copy(), each.cap[::2].copy(), each.ns[::2].copy()
        self._marks = marks
        self._count = sum(len(each.off) for each in marks)


def _ignore(offset: int, what: str) -> None:
    """Damage met when reading again was told of when it was read first."""
