"""All records of a point whose counter has few values, with a hash of their bytes: rounds.py tells by them which round
each belongs to.

A sink. Memory: 42 bytes a record, of at most MOST. A record that was not captured whole has no content.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..kernel.border import A_FRAME
from ..kernel.portable.extent import Extents
from ..layout import compile as compile_layout
from ..sink import Block, Sink
from ..track.hashing import mixed
from .sample import MACS, is_short

if TYPE_CHECKING:
    from ..layout import Layout

MOST = 1 << 24  # records of a point
BYTES = 256  # of a record that are hashed
AT_ONCE = 1 << 12  # records
UNKNOWN = 0  # the hash of what was not captured whole
SEEN = np.dtype(
    [("stream", "<i4"), ("source", "<i4"), ("seq", "<u2"), ("content", "<u8"), ("frame", "<i8"), ("ns", "<i8"),
     ("ordinal", "<i8")]
)  # fmt: skip


class Contents(Sink):
    """`release` gives SEEN[n], in order of arrival; none where the counter has many values."""

    def __init__(self) -> None:
        self._extents: Extents | None = None
        self._skip = 0
        self._parts: list[NDArray[Any]] = []
        self._count = 0

    def begin(self, layouts: Sequence[Layout]) -> None:
        """The layout is known: points have one."""
        (layout,) = layouts
        if is_short(layout):
            program = compile_layout(layout)
            self._extents, self._skip = Extents(program), MACS if program.anchor == A_FRAME else 0

    def release(self) -> NDArray[Any]:
        """All of them, which are not kept here any longer."""
        rows, end = np.zeros(self._count, SEEN), self._count
        while self._parts:  # each is let go once it is copied
            part = self._parts.pop()
            rows[end - len(part) : end] = part
            end -= len(part)
        return rows

    def take(self, block: Block) -> None:
        """Its records."""
        records, frames = block.records, block.frames
        if self._extents is None or not records.count:
            return
        self._count += records.count
        if self._count > MOST:
            raise InputError(
                f"more than {MOST:,} records of a counter with few values, all of which have to be kept",
                hint="Take a part of the captures, for instance with editcap -A and -B.",
            )
        rows = np.zeros(records.count, SEEN)
        row = records.row[: records.count].astype(np.int64)
        for name in ("stream", "source", "seq", "ordinal"):
            rows[name] = getattr(records, name)[: records.count]
        rows["frame"], rows["ns"] = row + frames.first, frames.ns[row]
        starts, stops = self._extents.of(frames, block.low, block.high, row)
        starts = np.where(starts >= 0, starts + self._skip, starts)
        whole = (starts >= 0) & (stops <= frames.cap[row])
        begin, size = frames.off[row] + starts, np.minimum(stops - starts, BYTES)
        for low in range(0, len(rows), AT_ONCE):
            part = slice(low, low + AT_ONCE)
            rows["content"][part] = hashed(frames.buf, begin[part], np.where(whole, size, 0)[part])
        self._parts.append(rows)


def hashed(buf: NDArray[np.uint8], begin: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.uint64]:
    """uint64[n] of `size` bytes from `begin` on; UNKNOWN of none."""
    longest = min(int(size.max(initial=1)), len(buf))
    picked = np.zeros((len(size), (longest + 7) // 8 * 8), np.uint8)
    windows = np.ndarray((len(buf) - longest + 1, longest), np.uint8, buf, strides=(1, 1))
    inside = begin <= len(buf) - longest
    picked[inside, :longest] = windows[begin[inside]]
    for row in np.flatnonzero(~inside & (size > 0)).tolist():
        picked[row, : size[row]] = buf[begin[row] : begin[row] + size[row]]
    if (size < longest).any():
        picked[np.arange(picked.shape[1]) >= size[:, None]] = 0
    words = picked.view("<u8")
    words ^= words >> np.uint64(32)
    weights = mixed(np.arange(words.shape[1], dtype=np.uint64)) | np.uint64(1)
    found = mixed((words * weights).sum(axis=1, dtype=np.uint64) ^ size.astype(np.uint64))
    return np.where(size > 0, np.maximum(found, 1), UNKNOWN).astype(np.uint64)
