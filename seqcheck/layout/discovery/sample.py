"""The frames that discovery looks at: the first of a capture, copied, since the blocks of a source are used again.

A Sample is filled block by block and bounded: MOST_FRAMES frames and MOST_BYTES bytes. Its buffer has PAD bytes of zero
at both ends, so that a window around a frame's first or last byte never leaves it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import Frames

MOST_FRAMES = 20_000
MOST_BYTES = 32 << 20
PAD = 4096  # more than any window of `columns`


class Sample:
    """The first frames of a capture. `full` once no more are taken."""

    def __init__(self, most: int = MOST_FRAMES) -> None:
        self._most = most
        self._parts: list[tuple[Frames, NDArray[np.uint8], int]] = []
        self._bytes = 0
        self.count = 0
        self.full = False

    def take(self, frames: Frames, low: int, high: int) -> None:
        """Copy rows low..high-1, as far as there is room."""
        if self.full or high <= low:
            return
        keep = min(high - low, self._most - self.count)
        sizes = np.cumsum(frames.cap[low : low + keep].astype(np.int64))
        fit = int(np.searchsorted(sizes, MOST_BYTES - self._bytes, side="right"))
        self.full = fit < high - low or self.count + fit >= self._most
        if not fit:
            return
        part = Frames(fit)
        part.count = fit
        for name in ("off", "cap", "wire", "ns", "link"):
            getattr(part, name)[:] = getattr(frames, name)[low : low + fit]
        begin = int(part.off.min())
        end = int((part.off + part.cap).max())
        if end - begin > 2 * int(sizes[fit - 1]) + (1 << 20):  # rows of several inputs, far apart
            data = np.concatenate(
                [frames.buf[at : at + size] for at, size in zip(part.off.tolist(), part.cap.tolist(), strict=True)]
            )
            part.off[:] = sizes[:fit] - part.cap
        else:
            data = frames.buf[begin:end].copy()
            part.off -= begin
        self._parts.append((part, data, frames.first + low))
        self._bytes += int(sizes[fit - 1])
        self.count += fit

    def frames(self) -> Frames:
        """All of them as one block, with a buffer of its own. `first` is the number of the first one."""
        whole = Frames(self.count)
        whole.count = self.count
        pad = np.zeros(PAD, np.uint8)
        whole.buf = np.concatenate([pad, *(data for _, data, _ in self._parts), pad])
        row, at = 0, PAD
        for part, data, _ in self._parts:
            for name in ("off", "cap", "wire", "ns", "link"):
                getattr(whole, name)[row : row + part.count] = getattr(part, name)
            whole.off[row : row + part.count] += at
            row += part.count
            at += len(data)
        whole.first = self._parts[0][2] if self._parts else 1
        return whole
