"""Foreign frames as records: what a layout with numbers did not take, told apart by its bytes.

`Foreign` is a decoder like those of the kernels. The other decoder goes first, over the same rows, and its statuses say
which frames are left; of those, the ones that may be records themselves (cut, too many streams) are ignored. The
kernel's content decoder sees only the rest, in order, so that its window holds nothing else. Sources and ordinals are
those of all frames, as the other decoder has them: a lap of the ring counts them all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernel.border import PROTOCOL, RECORD, Frames, RecordColumns
from ..kernel.protocols import Kernel
from ..layout.program import EVERY_FRAME
from .decoder import OWN_FAULT


class Foreign:
    """protocols.ContentLike."""

    def __init__(self, engine: Kernel) -> None:
        self._content = engine.Content()
        self._everything = engine.Decoder(EVERY_FRAME)
        self._all = RecordColumns(0)
        self._status: NDArray[np.uint8] = np.zeros(0, np.uint8)
        self._taken = 0  # frames that the content decoder was given

    def go_by(self, status: NDArray[np.uint8]) -> None:
        """What the other decoder said of the rows that come next, by row."""
        self._status = status

    def decode(self, frames: Frames, low: int, high: int, records: RecordColumns) -> None:
        """protocols.DecoderLike.decode."""
        if len(self._all.row) < frames.capacity:
            self._all = RecordColumns(frames.capacity)
        self._everything.decode(frames, low, high, self._all)
        rows = low + np.flatnonzero(~np.isin(self._status[low:high], (RECORD, *OWN_FAULT)))
        records.count = 0
        if len(rows):
            part = self._part(frames, rows)
            self._content.decode(part, 0, part.count, records)
            self._place(records, rows, low, high)
        told = records.status[: len(rows)].copy()
        records.status[low:high] = PROTOCOL
        records.status[rows] = told

    def admit(self, which: int) -> None:
        """protocols.DecoderLike.admit."""
        self._content.admit(which)

    def keys(self) -> NDArray[Any]:
        """protocols.DecoderLike.keys."""
        return self._content.keys()

    def sources(self) -> NDArray[Any]:
        """protocols.DecoderLike.sources, of the frames that were looked at; its ids are not those of the records."""
        return self._content.sources()

    def flows(self) -> NDArray[Any]:
        """protocols.ContentLike.flows."""
        return self._content.flows()

    def often(self) -> NDArray[Any]:
        """protocols.ContentLike.often."""
        return self._content.often()

    def _part(self, frames: Frames, rows: NDArray[np.int64]) -> Frames:
        """These rows alone, as a block."""
        part = Frames(0)
        part.buf, part.count, part.first = frames.buf, len(rows), self._taken + 1
        for name in ("off", "cap", "wire", "ns", "link"):
            setattr(part, name, getattr(frames, name)[rows])
        self._taken += len(rows)
        return part

    def _place(self, records: RecordColumns, rows: NDArray[np.int64], low: int, high: int) -> None:
        """Rows, sources and ordinals of the records as all frames have them."""
        count, every = records.count, self._all
        row = rows[records.row[:count]]
        at = row - low if every.count == high - low else np.searchsorted(every.row[: every.count], row)
        records.row[:count] = row
        records.source[:count], records.ordinal[:count] = every.source[at], every.ordinal[at]
