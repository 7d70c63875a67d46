"""Frames of a run, kept for the run that continues from it: the first ones, and the last ones, as many as are kept of
pipes. Both are bounded in bytes.

A later copy of an earlier number is compared with the earlier frame, and the layout is judged by the first frames; so
both must be available, although their files may be gone.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernel.border import Frames
from ..saved import Saved
from ..sink import Block, Sink, StoredFrame

FIRST, FIRST_BYTES = 2000, 8 << 20  # frames, and bytes of them
LAST_BYTES = 32 << 20
COLUMNS = {"cap": "<u4", "wire": "<u4", "ns": "<i8", "link": "<u2"}
MOST_FRAMES = 1 << 25


class Stretch:
    """Frames number `first` on, copied: `data` holds them one after the other, at `off`."""

    def __init__(self, first: int, data: NDArray[np.uint8], columns: dict[str, NDArray[Any]]) -> None:
        self.first, self.data, self.columns = first, data, columns
        self.off = np.cumsum(columns["cap"], dtype=np.int64) - columns["cap"]

    def __len__(self) -> int:
        return len(self.off)

    def get(self, number: int) -> StoredFrame | None:
        """None if it is none of these."""
        row = number - self.first
        if not 0 <= row < len(self.off):
            return None
        cap, wire, ns, link = (int(self.columns[name][row]) for name in COLUMNS)
        data = self.data[self.off[row] : self.off[row] + cap].tobytes()
        return StoredFrame(data=data, wire=wire, ns=ns, link=link)


def copied(frames: Frames, low: int, high: int) -> Stretch:
    """Rows low..high-1."""
    columns = {name: getattr(frames, name)[low:high].astype(kind) for name, kind in COLUMNS.items()}
    off, cap = frames.off[low:high], columns["cap"].astype(np.int64)
    begin = np.cumsum(cap) - cap
    places = np.arange(int(cap.sum())) + np.repeat(off - begin, cap)
    return Stretch(frames.first + low, frames.buf[places], columns)


class FramesKept(Sink):
    """A sink; `get` at any time."""

    def __init__(self) -> None:
        self._first: list[Stretch] = []
        self._last: deque[Stretch] = deque()
        self._bytes = 0  # of the last ones
        self._room = FIRST_BYTES

    def take(self, block: Block) -> None:
        """Keep its frames, as far as they are among the first or the last ones."""
        stretch = copied(block.frames, block.low, block.high)
        if stretch.first + len(stretch) - 1 <= FIRST or stretch.first <= FIRST:
            self._begin(stretch)
        self._last.append(stretch)
        self._bytes += len(stretch.data)
        while self._bytes - len(self._last[0].data) >= LAST_BYTES:
            self._bytes -= len(self._last.popleft().data)

    def get(self, number: int) -> StoredFrame | None:
        """A frame that is kept, or None."""
        for stretches in (self._last, self._first):
            for stretch in stretches:
                if (found := stretch.get(number)) is not None:
                    return found
        return None

    def now(self) -> FramesKept:
        """The same frames, whatever comes."""
        kept = FramesKept()
        kept._first, kept._last = [*self._first], deque(self._last)
        return kept

    def save(self, into: Saved) -> None:
        """All of them."""
        for name, stretches in (("first", self._first), ("last", list(self._last))):
            inner = into.within(name)
            inner.note("first", stretches[0].first if stretches else 1)
            inner.put("data", np.concatenate([np.zeros(0, np.uint8), *(each.data for each in stretches)]))
            for column, kind in COLUMNS.items():
                rows = [np.zeros(0, kind), *(each.columns[column] for each in stretches)]
                inner.put(column, np.concatenate(rows))

    @classmethod
    def load(cls, saved: Saved, frames: int) -> FramesKept:
        """What was saved, of that many frames; ValueError if that cannot be."""
        kept = cls()
        first, last = (_stretch(saved.within(name), frames) for name in ("first", "last"))
        if len(first):
            kept._begin(first)
        if len(last):
            kept._last.append(last)
            kept._bytes = len(last.data)
        return kept

    def _begin(self, stretch: Stretch) -> None:
        """One that begins among the first frames."""
        count = min(len(stretch), FIRST + 1 - stretch.first)
        ends = np.cumsum(stretch.columns["cap"][:count], dtype=np.int64)
        count = int(np.searchsorted(ends, self._room, "right"))
        if count == 0 or (self._first and self._first[-1].first + len(self._first[-1]) != stretch.first):
            self._room = 0
            return
        columns = {name: column[:count] for name, column in stretch.columns.items()}
        size = int(ends[count - 1])
        self._room -= size
        self._first.append(Stretch(stretch.first, stretch.data[:size].copy(), columns))


def _stretch(saved: Saved, frames: int) -> Stretch:
    columns = {name: saved.rows(name, kind, MOST_FRAMES) for name, kind in COLUMNS.items()}
    data, cap = saved.rows("data", np.uint8), columns["cap"]
    count, first = len(cap), saved.number("first", 1)
    if {len(column) for column in columns.values()} != {count} or first + count - 1 > frames:
        raise ValueError("frames that did not come")
    if int(cap.sum(dtype=np.int64)) != len(data) or (columns["wire"] < cap).any():
        raise ValueError("lengths of frames")
    return Stretch(first, data, columns)
