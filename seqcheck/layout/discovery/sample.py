"""The frames that discovery looks at: the first of a capture, copied, since the blocks of a source are used again.

A Sample is filled block by block and bounded: it is full once it has MOST_FRAMES frames or MOST_BYTES bytes, and holds
no more than one block beyond that.
"""

from __future__ import annotations

import numpy as np

from seqcheck.kernel.border import Frames

MOST_FRAMES = 20_000
MOST_BYTES = 32 << 20
PAD = 4096  # more than any window of `columns`
APART = 1 << 20  # bytes between the frames of a block that are copied with them
COLUMNS = ("off", "cap", "wire", "ns", "link")


class Sample:
    """The first frames of a capture. `parts` are the blocks as they came, each with a buffer of its own; `full` once no
    more are taken."""

    def __init__(self, most: int = MOST_FRAMES) -> None:
        self._most = most
        self._bytes = 0
        self.parts: list[Frames] = []
        self.count = 0

    @property
    def full(self) -> bool:
        return self.count >= self._most or self._bytes >= MOST_BYTES

    def take(self, frames: Frames, low: int, high: int) -> None:
        """Copy rows low..high-1, unless it is full."""
        if self.full or high <= low:
            return
        part = _part(frames, low, high)
        self.parts.append(part)
        self._bytes += int(part.cap.sum())
        self.count += high - low

    def frames(self) -> Frames:
        """The first of them, as many as are looked at, as one block with PAD bytes of zero at both ends."""
        count = min(self.count, self._most)
        whole = Frames(count)
        whole.count = count
        whole.first = self.parts[0].first if self.parts else 1
        pad = np.zeros(PAD, np.uint8)
        whole.buf = np.concatenate([pad, *(part.buf for part in self.parts), pad])
        row, at = 0, PAD
        for part in self.parts:
            rows = min(part.count, count - row)
            for name in COLUMNS:
                getattr(whole, name)[row : row + rows] = getattr(part, name)[:rows]
            whole.off[row : row + rows] += at
            row += rows
            at += len(part.buf)
        return whole


def _part(frames: Frames, low: int, high: int) -> Frames:
    """These rows and their bytes."""
    part = Frames(high - low)
    part.count, part.first = high - low, frames.first + low
    for name in COLUMNS:
        getattr(part, name)[:] = getattr(frames, name)[low:high]
    begin, end = int(part.off.min()), int((part.off + part.cap).max())
    size = int(part.cap.sum())
    if end - begin <= 2 * size + APART:
        part.buf = frames.buf[begin:end].copy()
        part.off -= begin
        return part
    part.buf = np.concatenate(
        [frames.buf[at : at + cap] for at, cap in zip(part.off.tolist(), part.cap.tolist(), strict=True)]
    )  # rows of several inputs, far apart
    part.off[:] = np.cumsum(part.cap, dtype=np.int64) - part.cap
    return part
