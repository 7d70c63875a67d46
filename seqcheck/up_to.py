"""A live reader, up to so many frames: its blocks, and what it says of itself without the frames beyond."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from .kernel.border import Frames
from .model import Capture, Damage
from .sink import Store

if TYPE_CHECKING:
    from .sources.live import LiveReader


class UpTo:
    """A reader's blocks, no more than `most` frames of them (None: all); and what is to be said of those. `lost` is
    called before a block in front of which frames were lost."""

    def __init__(self, reader: LiveReader, most: int | None, lost: Callable[[], None]) -> None:
        self.frames = 0
        self._reader, self._most, self._lost = reader, most, lost
        self._beyond = self._cut_beyond = 0  # bytes and cut frames of what came when it was over,
        self._last_ns: int | None = None  # and the time of the last frame before that

    @property
    def store(self) -> Store:
        """Gives single frames again."""
        return self._reader.store

    @property
    def dropped(self) -> int:
        """What our side has lost so far."""
        return self._reader.dropped

    def __iter__(self) -> Iterator[tuple[Frames, int, int]]:
        for frames, low, high in self._reader:
            if self._reader.lost:
                self._lost()
            if self._most is not None and self._reader.frames >= self._most:
                high, whole = max(low, high - (self._reader.frames - self._most)), high
                self._leave_out(frames, low, high, whole)
                self._reader.stop()
            self.frames += high - low
            yield frames, low, high
            if self._most is not None and self.frames >= self._most:
                return

    def capture(self, damage: tuple[Damage, ...]) -> Capture:
        """What was captured; `damage` beside the reader's."""
        reader = self._reader
        return Capture(
            inputs=reader.inputs,
            frames=self.frames,
            bytes=reader.wire_bytes - self._beyond,
            first_ns=reader.first_ns,
            last_ns=reader.last_ns if self._last_ns is None else self._last_ns,
            dropped=reader.dropped,
            cut_frames=reader.cut_frames - self._cut_beyond,
            damage=(*reader.damage, *damage),
        )

    def _leave_out(self, frames: Frames, low: int, high: int, whole: int) -> None:
        """Rows high..whole-1 came when it was over: they are in the reader's totals, and not to be in ours."""
        self._beyond += int(frames.wire[high:whole].sum())
        self._cut_beyond += int(np.count_nonzero(frames.cap[high:whole] < frames.wire[high:whole]))
        if high > low:
            self._last_ns = int(frames.ns[low:high].max())
