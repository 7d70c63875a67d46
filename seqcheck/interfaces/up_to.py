"""A live reader, up to a number of frames: its blocks, and what it says of itself without the frames beyond."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..kernel.border import Frames
from ..model import Capture, Damage
from ..sink import Store

if TYPE_CHECKING:
    from .ongoing import Ongoing


class UpTo:
    """A reader's blocks, no more than `most` frames of them (None: all); and what is to be said of those. `lost` is
    called before a block before which frames were lost, with the number of its first frame and how many."""

    def __init__(self, reader: Ongoing, most: int | None, lost: Callable[[int, int], None]) -> None:
        self.frames = 0
        self._reader, self._most, self._lost = reader, most, lost
        self._taken = Taken()

    @property
    def store(self) -> Store:
        """Gives single frames again."""
        return self._reader.store

    @property
    def dropped(self) -> int | None:
        """What our side has lost so far."""
        return self._reader.dropped if self._reader.tells_drops else None

    def __iter__(self) -> Iterator[tuple[Frames, int, int]]:
        for frames, low, high in self._reader:
            if self._reader.lost:
                self._lost(frames.first + low, self._reader.lost)
            if self._most is not None and self._reader.frames >= self._most:
                high = max(low, high - (self._reader.frames - self._most))
                self._reader.stop()
            self.frames += high - low
            if self._most is not None and high > low:
                self._taken.add(frames, low, high)
            yield frames, low, high
            if self._most is not None and self.frames >= self._most:
                return

    def capture(self, damage: tuple[Damage, ...]) -> Capture:
        """What was captured; `damage` beside the reader's."""
        reader = self._reader
        figures = reader if self._most is None else self._taken
        return Capture(
            inputs=reader.inputs,
            frames=self.frames,
            bytes=figures.wire_bytes,
            first_ns=reader.first_ns,
            last_ns=figures.last_ns,
            dropped=self.dropped,
            cut_frames=figures.cut_frames,
            damage=(*reader.damage, *damage),
        )


class Taken:
    """Figures of the frames that were taken, for where that is not all that came: a reader counts the block that the
    last one lies in, and what waits to be put in order, too."""

    def __init__(self) -> None:
        self.wire_bytes = self.cut_frames = 0
        self.last_ns: int | None = None

    def add(self, frames: Frames, low: int, high: int) -> None:
        """Rows low..high-1, at least one."""
        self.wire_bytes += int(frames.wire[low:high].sum(dtype=np.int64))
        self.cut_frames += int(np.count_nonzero(frames.cap[low:high] < frames.wire[low:high]))
        self.last_ns = max(int(frames.ns[low:high].max()), self.last_ns or 0)
