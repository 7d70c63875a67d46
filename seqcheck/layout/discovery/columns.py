"""The bytes of a place as a table: one row a frame, one column an offset, counted from the start and from the end.

Offsets from the end are there only where the payloads differ in length; where all are equally long they would name the
same bytes twice. A row is not whole in every column: `there` says where it has a byte.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import dataclass
from seqcheck.kernel.border import Frames
from seqcheck.layout.discovery.places import Place

Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
HEAD, TAIL = 1024, 128  # bytes from the start and from the end
ROWS = 4096
CELLS = 3 << 20  # of the table


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """`data` uint8[n, c]; `there` bool[n, c]; `offsets` int64[c], as a layout writes them; `head` columns come first.
    Row i is the i-th frame of the place."""

    data: Bytes
    there: Bools
    offsets: Ints
    head: int

    def column(self, offset: int) -> int:
        """Where an offset is in the table; -1 where it does not."""
        if offset >= 0:
            return offset if offset < self.head else -1
        at = len(self.offsets) + offset
        return at if at >= self.head else -1

    def words(self, offset: int, width: int, *, big: bool) -> tuple[NDArray[np.uint64], Bools]:
        """uint64[n] and where it is whole, of `width` bytes at `offset`; nowhere where the table does not reach."""
        at = self.column(offset)
        last = self.column(offset + width - 1)
        value = np.zeros(len(self.data), np.uint64)
        if at < 0 or last != at + width - 1:
            return value, np.zeros(len(self.data), np.bool_)
        for place in range(width):
            byte = self.data[:, at + place if big else last - place]
            value = (value << np.uint64(8)) | byte
        whole: Bools = np.all(self.there[:, at : last + 1], axis=1)
        return value, whole

    def only(self, rows: Ints) -> Columns:
        """These rows alone."""
        return Columns(data=self.data[rows], there=self.there[rows], offsets=self.offsets, head=self.head)


def columns(frames: Frames, place: Place, *, head: int = HEAD, rows: int = ROWS) -> Columns:
    """The table of the first `rows` frames of a place."""
    length, seen = place.length[:rows], place.seen[:rows]
    alike = bool((length == length[0]).all())
    wide = 0 if place.trailer else min(head, max(int(seen.max()), 0))
    tail = place.trailer or (0 if alike or head < HEAD else min(TAIL, max(int(length.max()), 0)))
    n = min(len(length), max(CELLS // max(wide + tail, 1), 256))
    length, seen = length[:n], seen[:n]
    begin = frames.off[place.rows[:n]] + place.start[:n]
    front = _windows(frames.buf, begin, wide)
    there = np.arange(wide) < seen[:, None]
    back = _windows(frames.buf, np.minimum(begin + length, len(frames.buf)) - tail, tail)
    steps = np.arange(-tail, 0) + length[:, None]  # how far behind the start
    return Columns(
        data=np.concatenate([front, back], axis=1),
        there=np.concatenate([there, (steps >= 0) & (steps < seen[:, None])], axis=1),
        offsets=np.concatenate([np.arange(wide), np.arange(-tail, 0)]),
        head=wide,
    )


def _windows(buf: Bytes, at: Ints, width: int) -> Bytes:
    """uint8[n, width]: the bytes from `at` on; where they leave the buffer, the nearest that do not."""
    if not width:
        return np.zeros((len(at), 0), np.uint8)
    every = np.lib.stride_tricks.sliding_window_view(buf, width)
    picked: Bytes = every[np.clip(at, 0, len(buf) - width)]
    return picked
